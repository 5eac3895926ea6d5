import type { Job } from '../../api.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional, required } from '../flag.ts'
import { readName } from '../flag-values.ts'
import { asOf, listing, reportList } from '../listing.ts'
import type { Screen } from '../screen.ts'
import { drawFacts, labelsText } from '../table.ts'
import { specFlags, specOf } from './namespaces.ts'

const jobPosition = required({ usage: '<job>', summary: 'its name' }, readName)

const declare = command({
  words: 'jobs declare',
  summary: 'declare a job, or declare it anew',
  heading: 'Records',
  details: 'Declaring it anew replaces all that it said before, its policy included.',
  takes: {
    job: jobPosition,
    ...specFlags,
    policy: optional(
      { usage: '--policy <policy>', summary: 'what it needs; see "cairn policy set"' },
      readName,
    ),
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const spec = { ...specOf(values), ...defined({ policy: values.policy }) }
    return reportJob(await client.jobs.declare(values.job, spec))
  },
})

const get = command({
  words: 'jobs get',
  summary: 'get a job',
  heading: 'Records',
  takes: { job: jobPosition, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    return reportJob(await client.jobs.get(values.job, defined({ asOf: values.asOf })))
  },
})

const list = command({
  words: 'jobs list',
  summary: 'list jobs by name',
  heading: 'Records',
  takes: { ...listing, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const query = defined({ asOf: values.asOf })
    return reportList(values, (limit) => client.jobs.list({ ...query, limit }), {
      none: 'No jobs.',
      columns: [
        { title: 'JOB', value: (row) => row.job },
        { title: 'DECLARED', value: (row) => row.at },
        { title: 'POLICY', value: (row) => row.spec.policy },
        { title: 'LABELS', value: (row) => labelsText(row.spec.labels), minWidth: 12 },
        { title: 'DESCRIPTION', value: (row) => row.spec.description, minWidth: 12 },
      ],
    })
  },
})

function reportJob(job: Job) {
  return { document: job, text: (screen: Screen) => drawJob(screen, job) }
}

function drawJob(screen: Screen, job: Job): string {
  return drawFacts(screen, [
    ['job', job.job],
    ['namespace', job.namespace],
    ['description', job.spec.description],
    ['labels', labelsText(job.spec.labels)],
    ['policy', job.spec.policy],
    ['declared', job.at],
    ['index', job.index],
  ])
}

export const jobCommands = [declare, get, list] as const
