import { CatalogError } from '../../../schema/errors.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional, required } from '../flag.ts'
import { readDigest, readName, readText } from '../flag-values.ts'
import { asOf, listing, reportList } from '../listing.ts'
import { drawFacts } from '../table.ts'

const digestPosition = required({ usage: '<digest>', summary: 'the checkpoint' }, readDigest)
const namePosition = required({ usage: '<hold>', summary: 'its name' }, readName)

const place = command({
  words: 'hold place',
  summary: "keep a checkpoint's bytes, whatever a policy says",
  heading: 'Records',
  details:
    'While it lasts, neither a retention run nor a sweep takes the checkpoint or what its chain needs. The same name again replaces the reason and the end.',
  takes: {
    digest: digestPosition,
    hold: namePosition,
    reason: required({ usage: '--reason <text>', summary: 'why, for people' }, readText),
    until: optional(
      { usage: '--until <time>', summary: 'when it ends by itself, such as 2027-01-31' },
      readMoment,
    ),
    ...connection,
  },
  run: async (session, values) => {
    const { digest, hold, reason, until } = values
    const client = await openClient(session, values)
    const placed = await client.holds.place(digest, hold, defined({ reason, until }))
    return {
      document: placed,
      text: (screen) =>
        drawFacts(screen, [
          ['held', placed.checkpoint],
          ['hold', placed.hold],
          ['reason', placed.reason],
          ['until', placed.until],
          ['index', placed.index],
        ]),
    }
  },
})

const lift = command({
  words: 'hold lift',
  summary: 'end a hold',
  heading: 'Records',
  takes: { digest: digestPosition, hold: namePosition, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const lifted = await client.holds.lift(values.digest, values.hold)
    return {
      document: lifted,
      text: (screen) =>
        drawFacts(screen, [
          ['checkpoint', lifted.checkpoint],
          ['lifted', lifted.hold],
          ['index', lifted.index],
        ]),
    }
  },
})

const list = command({
  words: 'hold list',
  summary: 'list the holds on a checkpoint',
  heading: 'Records',
  takes: { digest: digestPosition, ...listing, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const query = defined({ asOf: values.asOf })
    return reportList(values, (limit) => client.holds.list(values.digest, { ...query, limit }), {
      none: 'No holds.',
      columns: [
        { title: 'HOLD', value: (row) => row.hold },
        { title: 'PLACED', value: (row) => row.at },
        { title: 'UNTIL', value: (row) => row.until ?? 'lifted' },
        { title: 'BY', value: (row) => row.actor, minWidth: 8 },
        { title: 'REASON', value: (row) => row.reason, minWidth: 12 },
      ],
    })
  },
})

/** A day is its first moment, UTC. */
function readMoment(text: string): string {
  const moment = new Date(text)
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(moment.getTime())) return moment.toISOString()
  throw new CatalogError(
    'INVALID_REQUEST',
    'write a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z',
  )
}

export const holdCommands = [place, lift, list] as const
