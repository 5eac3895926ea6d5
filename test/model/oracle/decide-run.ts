import { planOf, type Documents } from './plan.ts'
import type { OpenRunBody, RequestOf } from './request.ts'
import {
  candidatesOf,
  faultOf,
  isAbandoned,
  latestOf,
  type Skipped,
  type Wanted,
} from './standing.ts'
import { accepted, recorded, refused, repeated, type Verdict, type Violation } from './verdict.ts'
import { runOf } from './views.ts'
import { currentRun, isFenced, type Saved, type World } from './world.ts'

/** The state from which a run goes on, or why there is none. */
type Choice<From> =
  { readonly from: From; readonly skipped: readonly Skipped[] } | { readonly broken: Violation }

/** What must come of opening a run; one that the server names is named here when its answer is known. */
export function decideOpenRun(
  world: World,
  body: OpenRunBody & { readonly run: string },
  { at, documents }: { readonly at: string; readonly documents: Documents },
): Verdict {
  const { environment, job, labels, partition = '', run } = body
  const choice = chooseState(world, body)
  const broken: Violation[] = 'broken' in choice ? [choice.broken] : []
  if (world.runs.has(run)) broken.push({ code: 'REGISTRATION_CONFLICT' })
  if (environment !== undefined && !world.environments.has(environment)) {
    broken.push({ code: 'ENVIRONMENT_NOT_FOUND' })
  }
  if ('broken' in choice || broken.length > 0) return { broken }
  const { from, skipped } = choice
  const attempt = 1 + (currentRun(world, job, partition)?.opened.attempt ?? 0)
  const { onLine } = candidatesOf(world, job, partition)
  const facts = recorded(world, at, [
    ...(world.jobs.has(job) ? [] : [{ kind: 'job.declared', subject: job, spec: {} } as const]),
    {
      kind: 'run.opened',
      subject: run,
      job,
      partition,
      attempt,
      restoredFrom: from && {
        checkpoint: from.checkpoint,
        run: from.manifest.run,
        step: from.manifest.step,
      },
      environment,
      labels,
    } as const,
  ])
  return accepted(world, facts, (after) => {
    const opened = after.runs.get(run)
    const how = body.resume === 'latest' ? 'latest' : 'named'
    // The state is chosen of what was there before; the plan is of the moment that records the choice.
    const plan =
      from === undefined ? null : planOf(after, from, { skipped, documents, choice: how })
    const left = onLine.filter((saved) => body.resume !== 'latest' && isAbandoned(after, saved))
    const abandons = { count: left.length, checkpoints: left.map(placeOf) }
    return { run: opened && runOf(after, opened), plan, skipped, abandons }
  })
}

const placeOf = ({ checkpoint, manifest: { run, step, kind, tier } }: Saved) => ({
  checkpoint,
  run,
  step,
  kind,
  tier,
})

function chooseState(
  world: World,
  { job, minGrade, partition = '', resume }: OpenRunBody,
): Choice<Saved | undefined> {
  if (resume === 'none') return { from: undefined, skipped: [] }
  if (resume !== 'latest') return chosenState(world, resume, { job, partition, minGrade })
  const candidates = candidatesOf(world, job, partition)
  const { good, skipped } = latestOf(candidates, world, { minGrade })
  // A line that `none` began and that has saved nothing goes on fresh: what lies beside it was left on purpose.
  if (good === undefined && candidates.onLine.length > 0) {
    return { broken: { code: 'NO_GOOD_CHECKPOINT', tells: skipped } }
  }
  return { from: good, skipped }
}

/** A state that the caller names: it may be on a line left behind, but it must be good by itself. */
export function chosenState(
  world: World,
  checkpoint: string,
  wanted: Wanted & { readonly job: string; readonly partition: string },
): Choice<Saved> {
  const saved = world.checkpoints.get(checkpoint)
  if (saved === undefined) return { broken: { code: 'CHECKPOINT_NOT_FOUND' } }
  if (saved.manifest.job !== wanted.job || saved.partition !== wanted.partition) {
    return { broken: { code: 'RESUME_MISMATCH' } }
  }
  const fault = faultOf(world, saved, { ...wanted, includeAbandoned: true })
  if (fault !== undefined) return { broken: { code: 'CHECKPOINT_NOT_GOOD', tells: fault.reason } }
  return { from: saved, skipped: [] }
}

/** What must come of closing a run. */
export function decideCloseRun(
  world: World,
  { run, body }: RequestOf<'closeRun'>,
  at: string,
): Verdict {
  const record = world.runs.get(run)
  if (record === undefined) return refused('RUN_NOT_FOUND')
  if (record.closed?.outcome === body.outcome) return repeated(runOf(world, record))
  const broken: Violation[] = []
  if (record.closed !== undefined) broken.push({ code: 'RUN_CLOSED', tells: record.closed.outcome })
  if (isFenced(world, record)) {
    const { job, partition } = record.opened
    broken.push({
      code: 'ATTEMPT_FENCED',
      tells: currentRun(world, job, partition)?.opened.attempt,
    })
  }
  if (broken.length > 0) return { broken }
  const facts = recorded(world, at, [{ kind: 'run.closed', subject: run, ...body } as const])
  return accepted(world, facts, (after) => {
    const closed = after.runs.get(run)
    return closed && runOf(after, closed)
  })
}
