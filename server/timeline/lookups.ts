import type { Read } from '../log/facts.ts'
import type { Key, Lookup } from '../store/database.ts'

/** The rows that decisions look at, and the columns that name one. */
export const runById: Lookup<'run'> = { table: 'run', columns: ['namespace', 'run'] }
export const lineByJob: Lookup<'line'> = {
  table: 'line',
  columns: ['namespace', 'job', 'partition'],
}
export const checkpointByDigest: Lookup<'checkpoint'> = {
  table: 'checkpoint',
  columns: ['namespace', 'digest'],
}
export const checkpointBySlot: Lookup<'checkpoint'> = {
  table: 'checkpoint',
  columns: ['namespace', 'run', 'step', 'tier'],
}
export const environmentByDigest: Lookup<'environment'> = {
  table: 'environment',
  columns: ['namespace', 'digest'],
}
export const tombstoneByCheckpoint: Lookup<'tombstone'> = {
  table: 'tombstone',
  columns: ['namespace', 'checkpoint'],
}

/** One row to look at, by its lookup and key. */
export function read(lookup: Lookup, ...key: Key): Read {
  return { lookup, key }
}
