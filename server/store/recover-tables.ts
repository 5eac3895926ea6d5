import type { Digest } from '../../schema/digest.ts'
import type { Rehearsal } from '../../schema/drill.ts'
import type { DrillId, JobName, LogIndex, NamespaceName, Partition } from '../../schema/names.ts'
import { integer, text } from './column.ts'

/** What partitions are about, and what was rehearsed. */
export const recoverTables = {
  /** The half-open span of time that a partition is about. */
  partition_window: {
    namespace: text<NamespaceName>(),
    job: text<JobName>(),
    partition: text<Partition>(),
    log_index: integer<LogIndex>(),
    from_ms: integer(),
    to_ms: integer(),
  },
  /** Restores into a scratch folder that were reported. */
  rehearsal: {
    namespace: text<NamespaceName>(),
    job: text<JobName>(),
    outcome: text<Rehearsal['outcome']>(),
    log_index: integer<LogIndex>(),
    drill: text<DrillId>(),
    checkpoint: text<Digest>(),
    at: text(),
  },
} as const
