import type { Projection } from '../log/projection.ts'

/** Entries to the rows of tombstones, and to where each checkpoint's withdrawal stands. */
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
  },
}
