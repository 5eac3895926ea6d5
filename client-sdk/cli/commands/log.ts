import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { entryColumns } from '../entry-columns.ts'
import { optional } from '../flag.ts'
import { readCount } from '../flag-values.ts'
import { listing, reportList } from '../listing.ts'

export const logEntries = command({
  words: 'log entries',
  summary: 'read the log in order',
  heading: 'Records',
  takes: {
    after: optional(
      { usage: '--after <index>', summary: 'behind this entry; default from the beginning' },
      readCount(-1, Number.MAX_SAFE_INTEGER),
    ),
    ...listing,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const query = defined({ after: values.after })
    return reportList(values, (limit) => client.log.entries({ ...query, limit }), {
      columns: entryColumns,
      none: 'No entries.',
    })
  },
})
