import type { PlanRecovery, RecoveryPlan } from '../../api.ts'
import { CatalogError } from '../../../schema/errors.ts'
import type { RestoredState } from '../../restore/restore.ts'
import { s3Flags } from '../blob-stores.ts'
import { checkpointFacts } from '../checkpoint-columns.ts'
import { command, type ValuesOf } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { constraintFlags, constraintsOf } from '../constraint-flags.ts'
import { defined } from '../defined.ts'
import { optional, required } from '../flag.ts'
import { readDigest, readName, readText } from '../flag-values.ts'
import { readJsonInput } from '../input-file.ts'
import { drawPlan } from '../plan-text.ts'
import { fetching, sourceWishes, wanted } from '../recovery-flags.ts'
import { drawRestored, reportFlags, restoredDocument, restorePlan } from '../restore-plan.ts'
import { drawSkipped } from '../skipped.ts'
import type { Session } from '../session.ts'
import { drawFacts } from '../table.ts'

const checkpointFlag = optional(
  { usage: '--checkpoint <digest>', summary: 'exactly this one; default the latest good one' },
  readDigest,
)

const latest = command({
  words: 'latest',
  summary: 'get the latest good checkpoint, and what was passed over',
  heading: 'Recovery',
  details:
    'Good or an error: never an older line, a withdrawn or a failing state. Exit code 3 when there is no good one.',
  takes: {
    job: required({ usage: '<job>', summary: 'the job' }, readName),
    ...wanted,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const found = await client.recovery.latest({ job: values.job, ...wantedOf(values) })
    return {
      document: found,
      text: (screen) => {
        const facts = drawFacts(screen, [
          ...checkpointFacts(found.checkpoint),
          ['as of', found.asOf],
        ])
        const skipped = found.skipped.length === 0 ? [] : [drawSkipped(screen, found.skipped)]
        return [facts, ...skipped].join('\n\n')
      },
    }
  },
})

const plan = command({
  words: 'plan',
  summary: 'plan a recovery: what to fetch, in order; changes nothing',
  heading: 'Recovery',
  takes: {
    job: required({ usage: '<job>', summary: 'the job' }, readName),
    checkpoint: checkpointFlag,
    ...wanted,
    ...constraintFlags,
    ...fetching,
    runsIn: optional(
      {
        usage: '--runs-in <digest>',
        summary: 'what the restore runs in: says how that differs from what made the state',
      },
      readDigest,
    ),
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const { runsIn } = values
    const found = await client.recovery.plan({
      ...questionOf(values.job, values),
      ...(runsIn === undefined ? {} : { caller: { environment: runsIn } }),
    })
    return { document: found, text: (screen) => drawPlan(screen, found) }
  },
})

const restore = command({
  words: 'restore',
  summary: 'fetch the state of a job, or of a plan, into a folder',
  heading: 'Recovery',
  details:
    'Checks the digest of everything it fetches. When it was stopped, the same command goes on where it stopped: what is there and right is kept. The catalog is told how it ended, and while no place has a blob of the latest good state, the next one takes its place; with --plan nobody is asked.',
  takes: {
    job: optional({ usage: '[job]', summary: 'the job, unless --plan is given' }, readName),
    planFile: optional(
      { usage: '--plan <path>', summary: 'what "cairn plan --json" printed; "-" is stdin' },
      readText,
    ),
    into: required({ usage: '--into <folder>', summary: 'made when it is missing' }, readText),
    checkpoint: checkpointFlag,
    ...wanted,
    ...constraintFlags,
    ...reportFlags,
    ...s3Flags,
    ...fetching,
    ...connection,
  },
  run: async (session, values) => {
    const { job, planFile } = values
    if ((job === undefined) === (planFile === undefined)) {
      throw new CatalogError('INVALID_REQUEST', 'Give either a job or --plan.')
    }
    const state =
      job === undefined
        ? await restorePlan(session, parsePlan(await readJsonInput(planFile ?? '')), values)
        : await restoreJob(session, job, values)
    return {
      document: restoredDocument(state),
      text: (screen) => drawRestored(screen, state),
    }
  },
})

type Wanted = ValuesOf<
  typeof wanted &
    typeof constraintFlags &
    typeof fetching & { readonly checkpoint: typeof checkpointFlag }
>

async function restoreJob(
  session: Session,
  job: string,
  values: Wanted &
    ValuesOf<typeof reportFlags & typeof s3Flags & typeof connection> & { readonly into: string },
): Promise<RestoredState> {
  const client = await openClient(session, values)
  const found = await client.recovery.plan(questionOf(job, values))
  const asked = { ...wantedOf(values), ...constraintsOf(values), ...sourceWishes(values) }
  return restorePlan(session, found, { ...values, client, asked })
}

function questionOf(job: string, values: Wanted): PlanRecovery {
  const checkpoint = defined({ checkpoint: values.checkpoint })
  return {
    job,
    ...checkpoint,
    ...wantedOf(values),
    ...constraintsOf(values),
    ...sourceWishes(values),
  }
}

function wantedOf(values: ValuesOf<typeof wanted>) {
  const { partition, minGrade, environment, includeAbandoned, asOf } = values
  return defined({
    partition,
    minGrade,
    environment,
    includeAbandoned: includeAbandoned ? true : undefined,
    asOf,
  })
}

/** Reads a plan from a file; what its blobs say is checked when they are fetched. */
function parsePlan(document: unknown): RecoveryPlan {
  if (typeof document === 'object' && document !== null) {
    // What "cairn resume --json" printed holds the plan.
    if ('plan' in document && !('stages' in document)) return parsePlan(document.plan)
    if ('stages' in document && Array.isArray(document.stages) && document.stages.every(isStage)) {
      return document as RecoveryPlan
    }
  }
  throw new CatalogError(
    'INVALID_REQUEST',
    '--plan: this is no recovery plan; give what "cairn plan --json" or "cairn resume --json" printed.',
  )
}

function isStage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (!('blobs' in value) || !('step' in value) || !('checkpoint' in value)) return false
  return Number.isSafeInteger(value.step) && Array.isArray(value.blobs) && value.blobs.every(isBlob)
}

function isBlob(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'uri' in value &&
    typeof value.uri === 'string' &&
    'versionId' in value &&
    typeof value.versionId === 'string' &&
    'digest' in value &&
    typeof value.digest === 'string'
  )
}

export const recoverCommands = [latest, plan, restore] as const
