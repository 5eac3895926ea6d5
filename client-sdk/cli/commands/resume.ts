import type { OpenRun } from '../../api.ts'
import { drawAbandoned } from '../abandoned.ts'
import { s3Flags } from '../blob-stores.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { constraintFlags, constraintsOf } from '../constraint-flags.ts'
import { defined } from '../defined.ts'
import { optional, repeated, required, toggle } from '../flag.ts'
import { collectPairs, readDigest, readName, readPair, readText } from '../flag-values.ts'
import { planNotes, summarizePlan } from '../plan-text.ts'
import { minGrade, partition } from '../recovery-flags.ts'
import { drawRestored, restorePlan } from '../restore-plan.ts'
import { drawFacts } from '../table.ts'
import { readWindow, windowWords } from '../window.ts'

export const resume = command({
  words: 'resume',
  summary: 'open a run and go on from the last good state',
  heading: 'Jobs',
  details:
    'Opens a run, fences every older attempt of the job and partition, and plans the way back to the last good state, in one step. A job without checkpoints starts fresh; one whose checkpoints are all not good ends with exit code 3, and --from says what to do then. What --json prints is what --run-file of "register" and "runs close" takes.',
  takes: {
    job: required({ usage: '--job <job>', summary: 'declared if it is not yet' }, readName),
    partition,
    from: optional(
      {
        usage: '--from <state>',
        summary: 'latest, none, a digest or a resume token; default latest',
      },
      readFrom,
    ),
    rewind: toggle('--rewind', 'going back is meant: with --from a digest, a token or none'),
    window: optional(windowWords, readWindow),
    restoreInto: optional(
      { usage: '--restore-into <folder>', summary: 'also fetch the state into a folder' },
      readText,
    ),
    run: optional({ usage: '--run <run>', summary: 'id of the new run' }, readName),
    minGrade,
    ...constraintFlags,
    environment: optional(
      { usage: '--environment <digest>', summary: 'what the run runs in' },
      readDigest,
    ),
    labels: repeated(
      { usage: '--label <name=value>', summary: 'label of the run; may be given several times' },
      readPair,
    ),
    ...s3Flags,
    ...connection,
  },
  run: async (session, values) => {
    const { job, run: id, from, environment, restoreInto } = values
    const client = await openClient(session, values)
    const opened = await client.runs.resume({
      ...(values.rewind ? { rewind: true } : {}),
      ...defined({
        job,
        run: id,
        partition: values.partition,
        resume: from,
        window: values.window,
        minGrade: values.minGrade,
        environment,
        labels: collectPairs('--label', values.labels),
      }),
      ...constraintsOf(values),
    })
    const { run, plan, skipped, abandons } = opened
    const restored =
      plan === null || restoreInto === undefined
        ? undefined
        : await restorePlan(session, plan, { ...values, into: restoreInto })
    const { id: runId, namespace, attempt } = run
    const identity = { run: runId, namespace, job, partition: run.partition, attempt }
    return {
      document: {
        run: { ...identity, ...(environment === undefined ? {} : { environment }) },
        plan,
        skipped,
        ...(abandons.count === 0 ? {} : { abandons }),
        ...(restored === undefined ? {} : { restored }),
      },
      text: (screen) => {
        const facts = drawFacts(screen, [
          ['run', runId],
          ['job', job],
          ['partition', run.partition],
          ['attempt', attempt],
          ['from', plan === null ? 'a fresh start' : summarizePlan(plan)],
          ['checkpoint', plan?.checkpoint],
        ])
        const notes = planNotes(screen, { warnings: plan?.warnings ?? [], skipped })
        const files = restored === undefined ? [] : [drawRestored(screen, restored)]
        const left = abandons.count === 0 ? [] : [drawAbandoned(screen, abandons)]
        return [facts, ...notes, ...left, ...files].join('\n\n')
      },
    }
  },
})

function readFrom(text: string): OpenRun['resume'] {
  if (text === 'latest' || text === 'none') return text
  return text.startsWith('cairn-resume-') ? { token: text } : readDigest(text)
}
