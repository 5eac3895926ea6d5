import type { TombstoneReason } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import type { SweepOutcome } from '../../schema/retention-entry.ts'
import type { JobName, LogIndex, NamespaceName } from '../../schema/names.ts'
import { integer, optional, text } from './column.ts'

/** What is kept, what was withdrawn, and whose bytes were removed. */
export const retentionTables = {
  hold: {
    namespace: text<NamespaceName>(),
    checkpoint: text<Digest>(),
    placed_index: integer<LogIndex>(),
    name: text(),
    reason: text(),
    until: optional(text()),
    actor: text(),
    at: text(),
    /** Where it was lifted or replaced. */
    ended_index: optional(integer<LogIndex>()),
  },
  retention_run: {
    namespace: text<NamespaceName>(),
    retention_run: text(),
    log_index: integer<LogIndex>(),
    job: optional(text<JobName>()),
    facts: text(),
  },
  sweep: {
    namespace: text<NamespaceName>(),
    checkpoint: text<Digest>(),
    /** One name for URI and version, of fixed length. */
    object: text<Digest>(),
    uri: text(),
    version_id: text(),
    intent_index: integer<LogIndex>(),
    /** Null while it is being removed. */
    outcome: optional(text<SweepOutcome>()),
    outcome_index: optional(integer<LogIndex>()),
  },
  tombstone: {
    namespace: text<NamespaceName>(),
    checkpoint: text<Digest>(),
    log_index: integer<LogIndex>(),
    reason: text<TombstoneReason>(),
    note: optional(text()),
    successor: optional(text<Digest>()),
    actor: text(),
    at: text(),
    /** Where the removal of its bytes began, and where nothing was left. */
    sweep_index: optional(integer<LogIndex>()),
    swept_index: optional(integer<LogIndex>()),
  },
} as const
