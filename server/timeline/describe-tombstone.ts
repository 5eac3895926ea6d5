import type { Tombstone } from '../../schema/checkpoint.ts'
import type { Row } from '../store/tables.ts'

/** A tombstone as callers see it. */
export function tombstoneOf(row: Row<'tombstone'>): Tombstone {
  return {
    checkpoint: row.checkpoint,
    reason: row.reason,
    ...(row.note === null ? {} : { note: row.note }),
    ...(row.successor === null ? {} : { successor: row.successor }),
    actor: row.actor,
    index: row.log_index,
    at: row.at,
  }
}
