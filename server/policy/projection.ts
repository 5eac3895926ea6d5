import { canonicalize } from '../../schema/canonical-json.ts'
import type { Projection } from '../log/projection.ts'

/** Entries to the rows of policies, one each time one is set. */
export const policyProjection: Projection = {
  on: {
    'policy.set': ({ namespace, index, entry }) => [
      {
        kind: 'insert',
        table: 'policy',
        row: {
          namespace,
          policy: entry.subject,
          log_index: index,
          at: entry.at,
          spec: canonicalize(entry.spec),
        },
      },
    ],
  },
}
