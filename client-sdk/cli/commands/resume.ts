import type { OpenRun } from '../../api.ts'
import { drawAbandoned } from '../abandoned.ts'
import { s3Flags } from '../blob-stores.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { constraintFlags, constraintsOf } from '../constraint-flags.ts'
import { defined } from '../defined.ts'
import { drawDrift } from '../drift-text.ts'
import { optional, repeated, required, toggle } from '../flag.ts'
import { collectPairs, readDigest, readName, readPair, readText } from '../flag-values.ts'
import { planNotes, summarizePlan } from '../plan-text.ts'
import { minGrade, partition, placeFlags, placesOf } from '../recovery-flags.ts'
import { drawRestored, reportFlags, restoredDocument, restorePlan } from '../restore-plan.ts'
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
    ...placeFlags,
    environment: optional(
      { usage: '--environment <digest>', summary: 'what the run runs in' },
      readDigest,
    ),
    checkDrift: toggle(
      '--check-drift',
      'hold the run to how --environment differs from what made the state',
    ),
    acknowledgeDrift: optional(
      {
        usage: '--acknowledge-drift <note>',
        summary: 'go on in spite of a difference, and why; checks it as well',
      },
      readText,
    ),
    labels: repeated(
      { usage: '--label <name=value>', summary: 'label of the run; may be given several times' },
      readPair,
    ),
    ...reportFlags,
    ...s3Flags,
    ...connection,
  },
  run: async (session, values) => {
    const { job, run: id, from, environment, restoreInto } = values
    const { checkDrift, acknowledgeDrift } = values
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
        acknowledgeDrift,
        caller: checkDrift || acknowledgeDrift !== undefined ? {} : undefined,
        labels: collectPairs('--label', values.labels),
      }),
      ...constraintsOf(values),
      ...placesOf(values),
    })
    const restored =
      opened.plan === null || restoreInto === undefined
        ? undefined
        : await restorePlan(session, opened.plan, {
            ...values,
            into: restoreInto,
            client,
            run: opened.run,
            asked: { ...defined({ minGrade: values.minGrade }), ...constraintsOf(values) },
          })
    // Where no place had a blob of the state, a newer attempt goes on from the next one.
    const { run = opened.run, plan = opened.plan } = restored ?? {}
    const skipped = plan?.skipped ?? opened.skipped
    const { id: runId, namespace, attempt } = run
    const identity = { run: runId, namespace, job, partition: run.partition, attempt }
    return {
      document: {
        run: { ...identity, ...(environment === undefined ? {} : { environment }) },
        plan,
        skipped,
        ...(opened.abandons.count === 0 ? {} : { abandons: opened.abandons }),
        ...(restored === undefined ? {} : { restored: restoredDocument(restored) }),
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
        const drift = plan?.drift === undefined ? [] : [drawDrift(screen, plan.drift)]
        const files = restored === undefined ? [] : [drawRestored(screen, restored)]
        const { abandons } = opened
        const left = abandons.count === 0 ? [] : [drawAbandoned(screen, abandons)]
        return [facts, ...drift, ...notes, ...left, ...files].join('\n\n')
      },
    }
  },
})

function readFrom(text: string): OpenRun['resume'] {
  if (text === 'latest' || text === 'none') return text
  return text.startsWith('cairn-resume-') ? { token: text } : readDigest(text)
}
