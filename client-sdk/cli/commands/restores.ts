import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional } from '../flag.ts'
import { readName } from '../flag-values.ts'
import { asOf, listing, reportList } from '../listing.ts'
import { formatBytes, formatDurationMs } from '../quantity.ts'

/** The restores that were begun, and how they ended. */
export const restores = command({
  words: 'restores list',
  summary: 'list restores, newest first, and how they ended',
  heading: 'Recovery',
  takes: {
    job: optional({ usage: '[job]', summary: 'the job; default every job' }, readName),
    asOf,
    ...listing,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const { job, asOf: index } = values
    return reportList(
      values,
      (limit) => client.recovery.restores({ ...defined({ job, asOf: index }), limit }),
      {
        columns: [
          { title: 'OPENED', value: (row) => row.openedAt.slice(0, 16).replace('T', ' ') },
          { title: 'JOB', value: (row) => row.job, minWidth: 8 },
          { title: 'PARTITION', value: (row) => row.partition, minWidth: 9 },
          { title: 'OUTCOME', value: (row) => row.outcome ?? 'not reported' },
          { title: 'OWNERSHIP', value: (row) => row.ownership },
          {
            title: 'FETCHED',
            value: (row) => (row.bytes === undefined ? '' : formatBytes(row.bytes)),
            align: 'right',
          },
          {
            title: 'TOOK',
            value: (row) => (row.durationMs === undefined ? '' : formatDurationMs(row.durationMs)),
            align: 'right',
          },
          { title: 'CHECKPOINT', value: (row) => row.checkpoint, ownLine: true },
        ],
        none: 'No restores.',
      },
    )
  },
})
