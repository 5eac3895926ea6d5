import type { Drill, DrillCounts, DrillFinding, DrillReceipt, PlanDrill } from '../../api.ts'
import type { CatalogClient } from '../../client.ts'
import { s3Flags } from '../blob-stores.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { rehearse } from '../rehearse.ts'
import { faultFlags, noFaults, readFaults } from '../fault-flags.ts'
import { optional, required, toggle } from '../flag.ts'
import { readName, readText } from '../flag-values.ts'
import { asOf, listing, reportList } from '../listing.ts'
import { formatBytes, formatCount, formatDurationMs } from '../quantity.ts'
import { partition } from '../recovery-flags.ts'
import type { Screen } from '../screen.ts'
import { drawFacts, drawTable } from '../table.ts'

/** Pages of one drill: as many lines as a namespace has at most, by hundreds. */
const PAGES_MAX_COUNT = 10_000
const PAGE_COUNT = 100

const record = toggle('--record', 'keep it in the log, which needs the grant to verify')

const plan = command({
  words: 'drill plan',
  summary: 'show what would lose its last good state under faults',
  heading: 'Recovery',
  details:
    'For one job or all of the namespace; changes nothing. Exit code 8 where anything would fall back or be lost.',
  takes: {
    job: optional({ usage: '[job]', summary: 'default all' }, readName),
    partition,
    ...faultFlags,
    record,
    asOf,
    ...connection,
  },
  run: async (session, values) => {
    const faults = await readFaults(values)
    if (faults.length === 0) throw noFaults()
    const client = await openClient(session, values)
    const { job, partition: slice, asOf: index } = values
    const found = await planAll(client, {
      faults,
      ...defined({ job, partition: slice, asOf: index }),
      ...(values.record ? { record: true } : {}),
    })
    return {
      document: found,
      text: (screen) => drawDrill(screen, found),
      hasFindings: found.items.length > 0,
    }
  },
})

/** A drill over all its pages. */
interface WholeDrill {
  readonly asOf: number
  readonly counts: DrillCounts
  readonly items: readonly DrillFinding[]
  readonly recorded: readonly DrillReceipt[]
}

async function planAll(client: CatalogClient, question: PlanDrill): Promise<WholeDrill> {
  let page = await client.drills.plan({ ...question, limit: PAGE_COUNT })
  const pages: Drill[] = [page]
  while (page.next !== null && pages.length < PAGES_MAX_COUNT) {
    // All pages are of the moment of the first.
    const { next: cursor } = page
    page = await client.drills.plan({ ...question, limit: PAGE_COUNT, cursor })
    pages.push(page)
  }
  const sum = (name: keyof DrillCounts): number =>
    pages.reduce((total, { counts }) => total + counts[name], 0)
  return {
    asOf: page.asOf,
    counts: {
      examined: sum('examined'),
      unaffected: sum('unaffected'),
      fallingBack: sum('fallingBack'),
      lost: sum('lost'),
      beyondRpo: sum('beyondRpo'),
      withoutGood: sum('withoutGood'),
    },
    items: pages.flatMap(({ items }) => items),
    recorded: pages.flatMap(({ recorded }) => recorded ?? []),
  }
}

function drawDrill(screen: Screen, { counts, items, recorded, asOf: index }: WholeDrill): string {
  const facts = drawFacts(screen, [
    ['examined', counts.examined],
    ['unaffected', counts.unaffected],
    ['fall back', counts.fallingBack],
    ['lost', counts.lost],
    ['beyond RPO', counts.beyondRpo],
    ['without good', counts.withoutGood === 0 ? undefined : counts.withoutGood],
    ['as of', index],
    ['recorded', recorded.map(({ drill }) => drill).join(', ')],
  ])
  if (items.length === 0) return facts
  const table = drawTable(
    screen,
    [
      { title: 'JOB', value: (row) => row.job },
      { title: 'PARTITION', value: (row) => row.partition },
      { title: 'FROM', value: (row) => row.from.step, align: 'right' },
      { title: 'TO', value: (row) => row.to?.step ?? 'lost', align: 'right' },
      { title: 'REASON', value: (row) => row.reason },
      { title: 'STEPS', value: (row) => row.lostSteps, align: 'right' },
      { title: 'WORK', value: (row) => formatDurationMs(row.lostSeconds * 1000) },
      { title: 'RPO', value: rpoText },
    ],
    items,
  )
  return `${facts}\n\n${table}`
}

function rpoText({ rpoSeconds, withinRpo }: DrillFinding): string | undefined {
  if (rpoSeconds === undefined) return undefined
  return `${withinRpo === true ? 'within' : 'beyond'} ${formatDurationMs(rpoSeconds * 1000)}`
}

const run = command({
  words: 'drill run',
  summary: 'restore what a job would go on from into a scratch folder, and report',
  heading: 'Recovery',
  details:
    'With faults, what it would go on from if they had happened. Needs no grant but to read, and of the stores nothing but to read: no run is opened, nothing is fenced, and the folder is removed afterwards. Exit code 8 where it took longer than the RTO of the job’s policy.',
  takes: {
    job: required({ usage: '<job>', summary: 'the job' }, readName),
    partition,
    ...faultFlags,
    into: optional(
      { usage: '--into <folder>', summary: 'restore there and keep it; it must not be there yet' },
      readText,
    ),
    record,
    ...s3Flags,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const done = await rehearse(
      { session, client },
      { ...values, faults: await readFaults(values) },
    )
    const { step, durationMs, bytes, rtoSeconds, withinRto, checkpoint, finding } = done
    return {
      document: done,
      text: (screen) =>
        drawFacts(screen, [
          ['restored', `step ${step}, ${formatBytes(bytes)}`],
          ['checkpoint', checkpoint],
          ['instead of', finding && `step ${finding.from.step}: ${finding.reason}`],
          ['took', `${(durationMs / 1000).toFixed(1)} s`],
          ['RTO', rtoSeconds && `${withinRto === true ? 'within' : 'beyond'} ${rtoSeconds} s`],
          ['blobs', formatCount(done.blobCount, 'blob')],
          ['recorded', done.recorded?.drill],
        ]),
      hasFindings: withinRto === false,
    }
  },
})

const due = command({
  words: 'drill due',
  summary: 'list jobs that were not rehearsed as often as their policy says',
  heading: 'Recovery',
  details: 'Exit code 8 where there are any. "cairn drill run --record" is what ends it.',
  takes: { ...listing, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const report = await reportList(values, (limit) => client.drills.due({ limit }), {
      none: 'Nothing is due.',
      columns: [
        { title: 'JOB', value: (row) => row.job },
        { title: 'POLICY', value: (row) => row.policy },
        { title: 'EVERY', value: (row) => formatDurationMs(row.rehearseEverySeconds * 1000) },
        { title: 'LAST', value: (row) => row.lastAt ?? 'never' },
        { title: 'DUE', value: (row) => row.dueAt },
      ],
    })
    return { ...report, hasFindings: report.document.items.length > 0 }
  },
})

export const drillCommands = [plan, run, due] as const
