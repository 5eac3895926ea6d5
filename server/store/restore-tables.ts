import type { Digest } from '../../schema/digest.ts'
import type { JobName, LogIndex, NamespaceName, Partition, RunId } from '../../schema/names.ts'
import type { Ownership } from '../../schema/restore.ts'
import type { Outcome } from '../../schema/run.ts'
import { integer, optional, text } from './column.ts'

/** What was restored, and under which environment that was meant. */
export const restoreTables = {
  restore: {
    namespace: text<NamespaceName>(),
    restore: text(),
    checkpoint: text<Digest>(),
    job: text<JobName>(),
    partition: text<Partition>(),
    opened_index: integer<LogIndex>(),
    opened_at: text(),
    actor: text(),
    ownership: text<Ownership>(),
    run: optional(text<RunId>()),
    closed_index: optional(integer<LogIndex>()),
    closed_at: optional(text()),
    outcome: optional(text<Outcome>()),
    bytes: optional(integer()),
    duration_ms: optional(integer()),
    /** The rest of how it ended, as JSON. */
    facts: optional(text()),
  },
  /** Differences between environments that somebody goes on in spite of. */
  drift_acknowledgement: {
    namespace: text<NamespaceName>(),
    job: text<JobName>(),
    difference: text<Digest>(),
    rule_set: text<Digest>(),
    log_index: integer<LogIndex>(),
    checkpoint: text<Digest>(),
    note: text(),
    actor: text(),
    at: text(),
  },
} as const
