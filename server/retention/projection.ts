import { canonicalize } from '../../schema/canonical-json.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { Projection, Recorded, RowChange } from '../log/projection.ts'
import type { Row } from '../store/tables.ts'

/** Entries to the rows of tombstones, holds and retention runs, and to where each checkpoint's withdrawal stands. */
export const retentionProjection: Projection = {
  on: {
    'checkpoint.tombstoned': ({ namespace, index, entry }) => [
      {
        kind: 'insert',
        table: 'tombstone',
        row: {
          namespace,
          checkpoint: entry.subject,
          log_index: index,
          reason: entry.reason,
          note: entry.note ?? null,
          successor: entry.successor ?? null,
          actor: entry.actor,
          at: entry.at,
        },
      },
      {
        kind: 'patch',
        table: 'checkpoint',
        key: [namespace, entry.subject],
        set: { tombstoned_index: index },
      },
    ],
    'retention.decided': ({ namespace, index, entry }) => {
      const { kind: _, v: __, subject, ...facts } = entry
      return [
        {
          kind: 'insert',
          table: 'retention_run',
          row: {
            namespace,
            retention_run: subject,
            log_index: index,
            job: entry.job ?? null,
            facts: canonicalize(facts),
          },
        },
      ]
    },
    'hold.placed': placedHold,
    'hold.lifted': (recorded) => [ended(recorded, recorded.entry.placed)],
  },
}

function placedHold(recorded: Recorded<'hold.placed'>): readonly RowChange[] {
  const { namespace, index, entry } = recorded
  const row: Row<'hold'> = {
    namespace,
    checkpoint: entry.subject,
    placed_index: index,
    name: entry.hold,
    reason: entry.reason,
    until: entry.until ?? null,
    actor: entry.actor,
    at: entry.at,
    ended_index: null,
  }
  const placed: RowChange = { kind: 'insert', table: 'hold', row }
  const { replaces } = entry
  return replaces === undefined ? [placed] : [ended(recorded, replaces), placed]
}

/** A hold ends, lifted or replaced. */
function ended(
  { namespace, index, entry }: Recorded<'hold.placed'> | Recorded<'hold.lifted'>,
  placed: LogIndex,
): RowChange {
  const key = [namespace, entry.subject, placed]
  return { kind: 'patch', table: 'hold', key, set: { ended_index: index } }
}
