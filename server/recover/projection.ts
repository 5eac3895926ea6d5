import type { Projection } from '../log/projection.ts'

/** Entries to the rows of rehearsals; a drill that was only planned leaves no row. */
export const recoverProjection: Projection = {
  on: {
    'drill.recorded': ({ namespace, index, entry }) => {
      const { job, rehearsed, subject: drill, at } = entry
      if (job === undefined || rehearsed === undefined) return []
      const { outcome, checkpoint } = rehearsed
      const row = { namespace, job, outcome, log_index: index, drill, checkpoint, at }
      return [{ kind: 'insert', table: 'rehearsal', row }]
    },
  },
}
