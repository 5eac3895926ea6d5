import type { PlanRecovery, RecoveryPlan } from '../../api.ts'
import { CatalogError } from '../../../schema/errors.ts'
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
import { wanted } from '../recovery-flags.ts'
import { drawRestored, restorePlan } from '../restore-plan.ts'
import { drawSkipped } from '../skipped.ts'
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
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const found = await client.recovery.plan(questionOf(values.job, values))
    return { document: found, text: (screen) => drawPlan(screen, found) }
  },
})

const restore = command({
  words: 'restore',
  summary: 'fetch the state of a job, or of a plan, into a folder',
  heading: 'Recovery',
  details:
    'Checks the digest of everything it fetches. When it was stopped, the same command goes on where it stopped: what is there and right is kept.',
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
    ...s3Flags,
    ...connection,
  },
  run: async (session, values) => {
    const { job, planFile } = values
    if ((job === undefined) === (planFile === undefined)) {
      throw new CatalogError('INVALID_REQUEST', 'Give either a job or --plan.')
    }
    const found =
      planFile === undefined
        ? await (await openClient(session, values)).recovery.plan(questionOf(job ?? '', values))
        : parsePlan(await readJsonInput(planFile))
    const state = await restorePlan(session, found, values)
    return {
      document: { checkpoint: found.checkpoint, step: found.step, ...state },
      text: (screen) => drawRestored(screen, state),
    }
  },
})

function questionOf(
  job: string,
  values: ValuesOf<
    typeof wanted & typeof constraintFlags & { readonly checkpoint: typeof checkpointFlag }
  >,
): PlanRecovery {
  const checkpoint = defined({ checkpoint: values.checkpoint })
  return { job, ...checkpoint, ...wantedOf(values), ...constraintsOf(values) }
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
