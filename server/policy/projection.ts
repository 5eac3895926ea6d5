import { canonicalize } from '../../schema/canonical-json.ts'
import type { FormatPublished } from '../../schema/entry.ts'
import type { FormatFacts } from '../../schema/format.ts'
import type { Projection } from '../log/projection.ts'

/** Entries to the rows of policies, one each time one is set, and of published versions of formats. */
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
    'format.published': ({ namespace, index, entry }) => [
      {
        kind: 'insert',
        table: 'format_version',
        row: {
          namespace,
          format: entry.subject,
          version: entry.version,
          log_index: index,
          at: entry.at,
          schema_digest: entry.schema,
          facts: canonicalize(factsOf(entry)),
        },
      },
    ],
  },
}

function factsOf({ compatibility, changelog, recovery, upcasts }: FormatPublished): FormatFacts {
  return { compatibility, changelog, recovery, ...(upcasts === undefined ? {} : { upcasts }) }
}
