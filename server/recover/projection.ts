import { canonicalize } from '../../schema/canonical-json.ts'
import type { Projection } from '../log/projection.ts'

/** Entries to the rows of restores, rehearsals and acknowledged drift; a drill that was only planned leaves no row. */
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
    'drill.recorded': ({ namespace, index, entry }) => {
      const { job, rehearsed, subject: drill, at } = entry
      if (job === undefined || rehearsed === undefined) return []
      const { outcome, checkpoint } = rehearsed
      const row = { namespace, job, outcome, log_index: index, drill, checkpoint, at }
      return [{ kind: 'insert', table: 'rehearsal', row }]
    },
  },
}
