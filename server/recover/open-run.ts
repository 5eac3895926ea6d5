import { nothingAbandoned, type Abandoned } from '../../schema/abandoned.ts'
import type { Skipped } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import type { EntryOf } from '../../schema/entry.ts'
import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { LogIndex, NamespaceName, Partition, RunId } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { RecoveryPlan } from '../../schema/recovery-plan.ts'
import type { RestoredFrom, Run } from '../../schema/run.ts'
import { parseWindow, type WindowMs } from '../../schema/window.ts'
import type { Context } from '../context.ts'
import { allowedBy, type Decision, type Draft } from '../log/command.ts'
import type { Facts } from '../log/facts.ts'
import { proveEntry } from '../log/read-proofs.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { describeRuns } from '../timeline/describe-runs.ts'
import { findLatest } from '../timeline/find-latest.ts'
import {
  environmentByDigest,
  lineByJob,
  read,
  runById,
  windowByPartition,
} from '../timeline/lookups.ts'
import type { Filter } from '../timeline/standing.ts'
import { buildPlan } from './build-plan.ts'
import { checkDrift } from './check-drift.ts'
import { chooseCheckpoint, type Chosen } from './choose-checkpoint.ts'
import { chooseSources } from './choose-sources.ts'
import { filterCandidates } from './filter-candidates.ts'
import { findAbandoned } from './find-abandoned.ts'
import { findDrift } from './find-drift.ts'
import { readResume, type Resume } from './read-resume.ts'
import { checkFloating, windowToRecord } from './rules.ts'

type Input = InputOf<'openRun'>

/** Under the head lock, everything recorded so far. */
const NOW = Number.MAX_SAFE_INTEGER as LogIndex

/** A run that is open, and the way back to where it goes on from. */
export interface OpenedRun {
  readonly run: Run
  readonly plan: RecoveryPlan | null
  readonly skipped: readonly Skipped[]
  /** What of the line until now is left behind; with `latest`, what was skipped says it. */
  readonly abandons: Abandoned
  /** That the run's opening is recorded, as tlog-proof text. */
  readonly proof: string
}

/** What the log answers: small, so that a repeat under the same key can be answered from it. */
interface Opened {
  readonly run: RunId
  readonly index: LogIndex
  readonly restored: Digest | null
  readonly skipped: readonly Skipped[]
}

/**
 * Opens a run, fences every older attempt of its job and partition, and picks the state to go on from,
 * all under the head lock; then plans the way back.
 *
 * @throws {NAMESPACE_NOT_FOUND | FORBIDDEN | ENVIRONMENT_NOT_FOUND | REGISTRATION_CONFLICT}
 * @throws {NO_GOOD_CHECKPOINT | CHECKPOINT_NOT_FOUND | CHECKPOINT_NOT_GOOD | RESUME_MISMATCH}
 * @throws {RESUME_TOKEN_INVALID | RESUME_TOKEN_EXPIRED | RESUME_TOKEN_MISMATCH | RESUME_TOKEN_STALE}
 * @throws {WINDOW_MISMATCH | PLAN_TOO_LARGE | DRIFT_REFUSED | DRIFT_UNACKNOWLEDGED}
 */
export async function openRun(
  context: Context,
  principal: Principal,
  input: Input,
): Promise<OpenedRun> {
  const { namespace, body } = input
  const grant = requireOnJob(principal, 'append', { namespace, job: body.job })
  const resume = readResume(context, input)
  const window = body.window && parseWindow(body.window)
  const run = body.run ?? (context.newId() as RunId)
  const partition = body.partition ?? ('' as Partition)
  const { environment } = body
  const moment = { namespace, asOf: NOW, momentMs: context.nowMs() }
  const filter = await filterCandidates(context, body, moment)
  const opened = await context.log.append<Opened>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, grant),
    reads: [
      read(lineByJob, namespace, body.job, partition),
      read(runById, namespace, run),
      ...(environment === undefined ? [] : [read(environmentByDigest, namespace, environment)]),
      ...(window === undefined ? [] : [read(windowByPartition, namespace, body.job, partition)]),
    ],
    decide: (facts) =>
      decide(facts, { namespace, run, partition, body, principal, filter, resume, window }),
  })
  const proof = await proveEntry(context, namespace, opened.index)
  const described = await describe(context.db, namespace, {
    ...opened,
    choice: choiceOf(resume),
    body,
  })
  const plan = described.plan && (await chooseSources(context, described.plan, body))
  const abandons = await leftBehind(context.db, described.run, resume)
  return { ...described, plan, abandons, proof }
}

interface Opening {
  readonly namespace: NamespaceName
  readonly run: RunId
  readonly partition: Partition
  readonly body: Input['body']
  readonly principal: Principal
  readonly filter: Filter | undefined
  readonly resume: Resume
  readonly window: WindowMs | undefined
}

async function decide(facts: Facts, opening: Opening): Promise<Decision<Opened>> {
  const { namespace, run, partition, body, resume, window } = opening
  checkNew(facts, opening)
  const db = await facts.query()
  const line = facts.find(lineByJob, [namespace, body.job, partition])
  const { checkpoint, skipped } = await chooseFor(db, opening)
  // A plan that is too large is refused before anything is fenced.
  if (checkpoint !== undefined) {
    await buildPlan(db, { checkpoint, asOf: NOW, skipped, choice: choiceOf(resume) })
  }
  const { drift, acknowledging } = await compareDrift(db, body, checkpoint)
  const before = [...(await declarationOf(db, opening)), ...acknowledging]
  const entry: Draft = {
    kind: 'run.opened',
    subject: run,
    job: body.job,
    partition,
    attempt: (line?.attempt ?? 0) + 1,
    ...(checkpoint === undefined ? {} : { restoredFrom: restoredFrom(checkpoint) }),
    ...(body.environment === undefined ? {} : { environment: body.environment }),
    ...(body.labels === undefined ? {} : { labels: body.labels }),
    ...(window === undefined
      ? {}
      : windowToRecord(window, facts.find(windowByPartition, [namespace, body.job, partition]))),
    ...(body.rewind === true ? { rewind: true } : {}),
    ...(drift === undefined ? {} : { drift }),
  }
  return {
    drafts: [...before, { entry }],
    result: ({ index }) => ({
      run,
      index: (index + before.length) as LogIndex,
      restored: checkpoint?.digest ?? null,
      skipped,
    }),
  }
}

function checkNew(facts: Facts, { namespace, run, body }: Opening): void {
  if (facts.find(runById, [namespace, run]) !== undefined) {
    throw new CatalogError(
      'REGISTRATION_CONFLICT',
      `There already is a run "${run}": leave "run" out to get a new id, or send the same Idempotency-Key to repeat a request.`,
    )
  }
  const { environment } = body
  if (environment === undefined) return
  if (facts.find(environmentByDigest, [namespace, environment]) === undefined) {
    throw new CatalogError(
      'ENVIRONMENT_NOT_FOUND',
      `The environment ${environment} is not recorded: PUT it to /environments/${environment} first.`,
    )
  }
}

async function chooseFor(
  db: Reader,
  { namespace, partition, body, principal, filter, resume }: Opening,
): Promise<Chosen> {
  const { from, isFloating } = resume
  if (from === 'none') return { checkpoint: undefined, skipped: [] }
  const question = {
    namespace,
    job: body.job,
    partition,
    asOf: NOW,
    minGrade: body.minGrade ?? 'committed',
    filter,
    includeAbandoned: false,
  } as const
  const asker = { principal, verb: 'append' } as const
  const chosen = await chooseCheckpoint(db, asker, { ...question, from })
  if (isFloating && chosen.checkpoint !== undefined) {
    checkFloating(chosen.checkpoint, (await findLatest(db, question)).checkpoint)
  }
  return chosen
}

/** What the line had before a run was opened, and has no more. */
async function leftBehind(
  db: Reader,
  { namespace, job, partition, openedIndex, restoredFrom: onto }: Run,
  { from }: Resume,
): Promise<Abandoned> {
  if (from === 'latest') return nothingAbandoned
  const asOf = (openedIndex - 1) as LogIndex
  return findAbandoned(db, { namespace, job, partition, asOf, onto })
}

interface Compared {
  /** What the entry says of it. */
  readonly drift?: EntryOf<'run.opened'>['drift']
  readonly acknowledging: readonly { readonly entry: Draft }[]
}

/** Holds the run to how what it runs differs from what made the state. */
async function compareDrift(
  db: Reader,
  body: Input['body'],
  checkpoint: Row<'checkpoint'> | undefined,
): Promise<Compared> {
  const found = checkpoint && (await findDrift(db, { body, checkpoint, asOf: NOW }))
  if (checkpoint === undefined || found === undefined) return { acknowledging: [] }
  const entry = checkDrift(found, { checkpoint, note: body.acknowledgeDrift })
  const { verdict, difference, ruleSet } = found
  const acknowledging = entry === undefined ? [] : [{ entry }]
  return { drift: { verdict, difference, ruleSet }, acknowledging }
}

/** A job that nobody declared is declared by its first run. */
async function declarationOf(
  db: Reader,
  { namespace, body }: Opening,
): Promise<readonly { readonly entry: Draft }[]> {
  const known = await db
    .selectFrom('job')
    .select('job')
    .where('namespace', '=', namespace)
    .where('job', '=', body.job)
    .limit(1)
    .executeTakeFirst()
  return known === undefined
    ? [{ entry: { kind: 'job.declared', subject: body.job, spec: {} } }]
    : []
}

const choiceOf = ({ from }: Resume): RecoveryPlan['choice'] =>
  from === 'latest' ? 'latest' : 'named'

const restoredFrom = ({ digest, run, step }: Row<'checkpoint'>): RestoredFrom => ({
  checkpoint: digest,
  run,
  step,
})

async function describe(
  db: Reader,
  namespace: NamespaceName,
  {
    run,
    index,
    restored,
    skipped,
    choice,
    body,
  }: Opened & Pick<RecoveryPlan, 'choice'> & Pick<Opening, 'body'>,
): Promise<Omit<OpenedRun, 'proof' | 'abandons'>> {
  const row = await db
    .selectFrom('run')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('run', '=', run)
    .executeTakeFirstOrThrow()
  const [described] = await describeRuns(db, [row], index)
  if (described === undefined) throw new Error('an opened run has a row')
  if (restored === null) return { run: described, plan: null, skipped }
  const checkpoint = await db
    .selectFrom('checkpoint')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('digest', '=', restored)
    .executeTakeFirstOrThrow()
  const drift = await findDrift(db, { body, checkpoint, asOf: index })
  const plan = await buildPlan(db, { checkpoint, asOf: index, skipped, choice, drift })
  return { run: described, plan, skipped }
}
