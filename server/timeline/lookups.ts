import type { Read } from '../log/facts.ts'
import { lookupOf, newestOf, type Key, type Lookup } from '../store/lookup.ts'

/** The rows that decisions look at, and the columns that name one. */
export const runById = lookupOf('run', 'namespace', 'run')
export const lineByJob = lookupOf('line', 'namespace', 'job', 'partition')
export const checkpointByDigest = lookupOf('checkpoint', 'namespace', 'digest')
export const checkpointBySlot = lookupOf('checkpoint', 'namespace', 'run', 'step', 'tier')
export const lastOfRun = newestOf('checkpoint', 'step', 'namespace', 'run')
/** The newest evidence of a namespace with an outcome. */
export const newestEvidence = newestOf('evidence', 'log_index', 'namespace', 'outcome')
export const environmentByDigest = lookupOf('environment', 'namespace', 'digest')
export const acknowledgementOf = lookupOf(
  'drift_acknowledgement',
  'namespace',
  'job',
  'difference',
  'rule_set',
)
export const restoreById = lookupOf('restore', 'namespace', 'restore')
export const tombstoneByCheckpoint = lookupOf('tombstone', 'namespace', 'checkpoint')

/** One row to look at, by its lookup and key. */
export function read(lookup: Lookup, ...key: Key): Read {
  return { lookup, key }
}
