import type { CoverageStretch } from '../../api.ts'
import { drawAbandoned } from '../abandoned.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional, required } from '../flag.ts'
import { readDigest, readName, readText } from '../flag-values.ts'
import { asOf, listing, reportList, type ListWords } from '../listing.ts'
import { drawPlan } from '../plan-text.ts'
import { parseDurationSeconds } from '../quantity.ts'
import { minGrade, partition } from '../recovery-flags.ts'
import { drawFacts } from '../table.ts'
import { readMoment } from '../window.ts'

const jobPosition = required({ usage: '<job>', summary: 'the job' }, readName)

const coverage = command({
  words: 'coverage',
  summary: 'show which windows of a range have a good checkpoint',
  heading: 'Recovery',
  details:
    'Windows are half-open spans of time that "resume --window" gives to partitions. Exit code 8 where anything in what was listed is missing or overlaps.',
  takes: {
    job: jobPosition,
    from: required({ usage: '--from <moment>', summary: 'the first moment' }, readMoment),
    to: required({ usage: '--to <moment>', summary: 'the first moment after it' }, readMoment),
    minGrade,
    ...listing,
    asOf,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const { job, from, to } = values
    const query = { job, from, to, ...defined({ minGrade: values.minGrade, asOf: values.asOf }) }
    const report = await reportList(
      values,
      (limit) => client.recovery.coverage({ ...query, limit }),
      stretchWords,
    )
    return { ...report, hasFindings: report.document.items.some(({ state }) => state !== 'good') }
  },
})

const stretchWords: ListWords<CoverageStretch> = {
  none: 'Nothing.',
  columns: [
    { title: 'STATE', value: (row) => row.state },
    { title: 'FROM', value: (row) => row.from },
    { title: 'TO', value: (row) => row.to },
    { title: 'PARTITION', value: (row) => partitionText(row) },
    { title: 'STEP', value: (row) => (row.state === 'good' ? row.step : undefined) },
    { title: 'WHAT', value: (row) => remarkOf(row), minWidth: 16 },
  ],
}

const partitionText = (stretch: CoverageStretch): string | undefined =>
  stretch.state === 'overlapping' ? stretch.partitions.join(' and ') : stretch.partition

function remarkOf(stretch: CoverageStretch): string | undefined {
  if (stretch.state === 'overlapping') return 'two windows'
  const again =
    stretch.rewritten === undefined
      ? []
      : [`rewritten by attempt ${stretch.rewritten.attempt} at ${stretch.rewritten.at}`]
  const what =
    stretch.state === 'missing' ? [missing[stretch.reason]] : stretch.complete ? [] : ['unfinished']
  return [...what, ...again].join('; ')
}

const missing = {
  NO_WINDOW: 'no window',
  NO_CHECKPOINT: 'nothing saved',
  NO_GOOD_CHECKPOINT: 'nothing good',
} as const

const rewind = command({
  words: 'rewind',
  summary: 'show what going back to a checkpoint would leave behind',
  heading: 'Recovery',
  details: 'Changes nothing. "cairn resume --from DIGEST --rewind" goes back.',
  takes: {
    job: jobPosition,
    to: required({ usage: '--to <digest>', summary: 'the checkpoint to go back to' }, readDigest),
    partition,
    asOf,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const { job, to, partition: slice, asOf: index } = values
    const found = await client.recovery.previewRewind({
      job,
      to,
      ...defined({ partition: slice, asOf: index }),
    })
    return {
      document: found,
      text: (screen) =>
        found.count === 0 ? 'Nothing would be left behind.' : drawAbandoned(screen, found),
    }
  },
})

const issue = command({
  words: 'resume-token issue',
  summary: 'get a small signed token of a good state, for an orchestrator to carry',
  heading: 'Recovery',
  details: 'It names a state and grants nothing. "cairn resume --from TOKEN" goes on from it.',
  takes: {
    job: jobPosition,
    partition,
    checkpoint: optional(
      { usage: '--checkpoint <digest>', summary: 'exactly this one; default the latest good one' },
      readDigest,
    ),
    minGrade,
    lifetime: optional(
      { usage: '--lifetime <time>', summary: 'how long it is good, such as 12h; default 7d' },
      parseDurationSeconds,
    ),
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const { job, partition: slice, checkpoint, minGrade: grade, lifetime } = values
    const issued = await client.recovery.issueToken({
      job,
      ...defined({ partition: slice, checkpoint, minGrade: grade, lifetimeSeconds: lifetime }),
    })
    return {
      document: issued,
      text: (screen) =>
        drawFacts(screen, [
          ['token', issued.token],
          ['checkpoint', issued.checkpoint],
          ['step', issued.step],
          ['expires', issued.expiresAt],
        ]),
    }
  },
})

const exchange = command({
  words: 'resume-token plan',
  summary: 'show the plan that a resume token stands for',
  heading: 'Recovery',
  takes: {
    token: required({ usage: '<resume-token>', summary: 'the token' }, readText),
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const found = await client.recovery.exchangeToken(values.token)
    return { document: found, text: (screen) => drawPlan(screen, found) }
  },
})

export const segmentCommands = [coverage, rewind, issue, exchange] as const
