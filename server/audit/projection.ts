import { canonicalize } from '../../schema/canonical-json.ts'
import type { Projection } from '../log/projection.ts'

/** Entries to the rows of published signing keys. */
export const auditProjection: Projection = {
  on: {
    'log-key.published': ({ namespace, index, entry }) => [
      {
        kind: 'insert',
        table: 'log_key',
        row: { namespace, log_index: index, at: entry.at, keys: canonicalize(entry.keys) },
      },
    ],
  },
}
