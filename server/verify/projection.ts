import { canonicalize } from '../../schema/canonical-json.ts'
import type { Projection } from '../log/projection.ts'

/** Entries to the rows of evidence and probes, and to where each checkpoint's newest evidence stands. */
export const verifyProjection: Projection = {
  on: {
    'evidence.recorded': ({ namespace, index, entry }) => [
      {
        kind: 'insert',
        table: 'evidence',
        row: {
          namespace,
          checkpoint: entry.subject,
          log_index: index,
          finding: entry.finding,
          outcome: entry.outcome,
          method: entry.method,
          note: entry.note ?? null,
          actor: entry.actor,
          at: entry.at,
        },
      },
      {
        kind: 'patch',
        table: 'checkpoint',
        key: [namespace, entry.subject],
        set: { evidence_index: index },
      },
    ],
    'bucket.probed': ({ namespace, index, entry }) => [
      {
        kind: 'insert',
        table: 'bucket_probe',
        row: {
          namespace,
          bucket: entry.subject,
          log_index: index,
          findings: canonicalize(entry.findings),
          actor: entry.actor,
          at: entry.at,
        },
      },
    ],
  },
}
