import { canonicalize } from '../../schema/canonical-json.ts'
import type { Projection } from '../log/projection.ts'

/** Entries to the rows of restores, and of drift that was acknowledged. */
export const recoverProjection: Projection = {
  on: {
    'restore.opened': ({ namespace, index, entry }) => [
      {
        kind: 'insert',
        table: 'restore',
        row: {
          namespace,
          restore: entry.restore,
          checkpoint: entry.subject,
          job: entry.job,
          partition: entry.partition,
          opened_index: index,
          opened_at: entry.at,
          actor: entry.actor,
          ownership: entry.ownership,
          run: entry.run ?? null,
          closed_index: null,
          closed_at: null,
          outcome: null,
          bytes: null,
          duration_ms: null,
          facts: null,
        },
      },
    ],
    'drift.acknowledged': ({ namespace, index, entry }) => [
      {
        kind: 'insert',
        table: 'drift_acknowledgement',
        row: {
          namespace,
          job: entry.job,
          difference: entry.difference,
          rule_set: entry.ruleSet,
          log_index: index,
          checkpoint: entry.subject,
          note: entry.note,
          actor: entry.actor,
          at: entry.at,
        },
      },
    ],
    'restore.recorded': ({ namespace, index, entry }) => {
      const { outcome, checked, bytes, durationMs, sources, failures, note, at, restore } = entry
      const facts = {
        checked,
        ...(sources === undefined ? {} : { sources }),
        ...(failures === undefined ? {} : { failures }),
        ...(note === undefined ? {} : { note }),
      }
      return [
        {
          kind: 'patch',
          table: 'restore',
          key: [namespace, restore],
          set: {
            closed_index: index,
            closed_at: at,
            outcome,
            bytes,
            duration_ms: durationMs,
            facts: canonicalize(facts),
          },
        },
      ]
    },
  },
}
