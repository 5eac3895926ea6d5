import type { JobName, LogIndex, NamespaceName, Partition } from '../../schema/names.ts'
import { integer, text } from './column.ts'

/** What partitions are about. */
export const segmentTables = {
  /** The half-open span of time that a partition is about. */
  partition_window: {
    namespace: text<NamespaceName>(),
    job: text<JobName>(),
    partition: text<Partition>(),
    log_index: integer<LogIndex>(),
    from_ms: integer(),
    to_ms: integer(),
  },
} as const
