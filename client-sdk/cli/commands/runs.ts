import type { Run } from '../../api.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional, required } from '../flag.ts'
import { readAnyText, readChoice, readName, readText } from '../flag-values.ts'
import { asOf, listing, reportList } from '../listing.ts'
import { findRun, runReference } from '../run-reference.ts'
import type { Screen, Style } from '../screen.ts'
import { spoolConnection, withClient } from '../spool-folder.ts'
import { drawFacts, labelsText } from '../table.ts'

/** The flags that narrow a list to a job and a slice of its work. */
export const jobFilter = {
  job: optional({ usage: '--job <job>', summary: 'only this job' }, readName),
  partition: optional(
    { usage: '--partition <partition>', summary: 'only this partition; "" is none' },
    readAnyText,
  ),
}

const list = command({
  words: 'runs list',
  summary: 'list runs, newest first',
  heading: 'Jobs',
  takes: { ...jobFilter, ...listing, asOf, ...connection },
  run: async (session, values) => {
    const { job, partition } = values
    const client = await openClient(session, values)
    const query = defined({ job, partition, asOf: values.asOf })
    return reportList(values, (limit) => client.runs.list({ ...query, limit }), {
      none: 'No runs.',
      columns: [
        { title: 'OPENED', value: (row) => row.openedAt },
        { title: 'JOB', value: (row) => row.job, minWidth: 8 },
        { title: 'PARTITION', value: (row) => row.partition, minWidth: 9 },
        { title: 'TRY', value: (row) => row.attempt, align: 'right' },
        { title: 'STATE', value: stateOf, style: stateStyle },
        { title: 'FROM', value: (row) => row.restoredFrom?.step, align: 'right' },
        { title: 'STEP', value: (row) => row.lastStep, align: 'right' },
        { title: 'RUN', value: (row) => row.run, ownLine: true },
      ],
    })
  },
})

const get = command({
  words: 'runs get',
  summary: 'get a run',
  heading: 'Jobs',
  takes: { run: required({ usage: '<run>', summary: 'its id' }, readName), asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const run = await client.runs.get(values.run, defined({ asOf: values.asOf }))
    return { document: run, text: (screen) => drawRun(screen, run) }
  },
})

const close = command({
  words: 'runs close',
  summary: 'close a run with its outcome',
  heading: 'Jobs',
  takes: {
    outcome: required(
      { usage: '<outcome>', summary: 'succeeded, failed or cancelled' },
      readChoice('succeeded', 'failed', 'cancelled'),
    ),
    ...runReference,
    note: optional({ usage: '--note <text>', summary: 'why, for people' }, readText),
    ...spoolConnection,
  },
  run: async (session, values) => {
    const run = await withClient(session, values, async (client) => {
      const handle = client.runs.handle(await findRun(client, values))
      return await handle.close(values.outcome, values.note)
    })
    return { document: run, text: (screen) => drawRun(screen, run) }
  },
})

function stateOf(run: Run): string {
  return run.outcome ?? run.state
}

function stateStyle(run: Run): Style | undefined {
  if (run.outcome === 'succeeded') return 'green'
  if (run.outcome === 'failed') return 'red'
  return run.state === 'open' ? 'cyan' : undefined
}

function drawRun(screen: Screen, run: Run): string {
  const { restoredFrom } = run
  return drawFacts(screen, [
    ['run', run.run],
    ['job', run.job],
    ['partition', run.partition],
    ['attempt', run.attempt],
    ['state', stateOf(run)],
    ['opened', run.openedAt],
    ['closed', run.closedAt],
    [
      'from',
      restoredFrom === undefined
        ? 'a fresh start'
        : `step ${restoredFrom.step} of ${restoredFrom.run}, ${restoredFrom.checkpoint}`,
    ],
    ['last step', run.lastStep],
    ['last', run.lastCheckpoint],
    ['environment', run.environment],
    ['labels', labelsText(run.labels)],
    ['note', run.note],
  ])
}

export const runCommands = [list, get, close] as const
