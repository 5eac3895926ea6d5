import type { Read } from '../log/facts.ts'
import { lookupOf, newestOf, type Key, type Lookup } from '../store/lookup.ts'

/** The rows that decisions look at, and the columns that name one. */
export const runById = lookupOf('run', 'namespace', 'run')
export const lineByJob = lookupOf('line', 'namespace', 'job', 'partition')
export const windowByPartition = lookupOf('partition_window', 'namespace', 'job', 'partition')
export const checkpointByDigest = lookupOf('checkpoint', 'namespace', 'digest')
export const checkpointBySlot = lookupOf('checkpoint', 'namespace', 'run', 'step', 'tier')
export const lastOfRun = newestOf('checkpoint', 'step', 'namespace', 'run')
/** The newest evidence of a namespace with an outcome. */
export const newestEvidence = newestOf('evidence', 'log_index', 'namespace', 'outcome')
export const environmentByDigest = lookupOf('environment', 'namespace', 'digest')
export const jobByName = newestOf('job', 'log_index', 'namespace', 'job')
export const formatByVersion = lookupOf('format_version', 'namespace', 'format', 'version')
export const acknowledgementOf = lookupOf(
  'drift_acknowledgement',
  'namespace',
  'job',
  'difference',
  'rule_set',
)
export const restoreById = lookupOf('restore', 'namespace', 'restore')
export const tombstoneByCheckpoint = lookupOf('tombstone', 'namespace', 'checkpoint')
export const reservationById = lookupOf('reservation', 'namespace', 'reservation')
/** The newest reservation of a run, step and tier; only it can be open. */
export const reservationBySlot = newestOf(
  'reservation',
  'opened_index',
  'namespace',
  'run',
  'step',
  'tier',
)
export const leaseById = lookupOf('reservation_lease', 'namespace', 'reservation')
export const shardByRank = lookupOf('reservation_shard', 'namespace', 'reservation', 'rank')

/** One row to look at, by its lookup and key. */
export function read(lookup: Lookup, ...key: Key): Read {
  return { lookup, key }
}
