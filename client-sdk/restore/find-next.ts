import type { PlanRecovery, RecoveryPlan } from '../api.ts'
import type { RunHandle } from '../run.ts'
import type { Candidate, Reporting } from './candidate.ts'
import { isOfBytes, originOf, type RestoreRecord } from './restore-record.ts'

/** What a state in place of the planned one must satisfy. */
export interface Wishes {
  /** The run that goes on from the state. */
  readonly run?: RunHandle
  /** What the plan was asked with, so that another state is chosen by the same. */
  readonly wanted?: Omit<PlanRecovery, 'job' | 'partition' | 'checkpoint' | 'urlSeconds'>
}

/** What has failed, and who knows what is left. */
export interface Failed extends Pick<Reporting, 'client'> {
  /** Every state that was tried, the last one of which has just failed. */
  readonly tried: readonly Candidate[]
  readonly record: RestoreRecord
}

/**
 * The next state to go on from: the newest good one whose blobs are in other places than those that could not be
 * reached. Undefined where the state was asked for by its digest, or nothing is left.
 */
export async function findNext(
  { client, tried, record }: Failed,
  { wanted = {} }: Wishes,
): Promise<Candidate | undefined> {
  const last = tried.at(-1)
  if (last === undefined || last.plan.choice !== 'latest') return undefined
  const { job, partition, step } = last.plan
  const away = record.failures.filter(({ code }) => !isOfBytes(code))
  const { regions = [], buckets = [] } = wanted.unavailable ?? {}
  const unavailable = {
    regions,
    buckets: [...new Set([...buckets, ...away.map(({ uri }) => originOf(uri))])],
  }
  const ask = async (maxStep: number | undefined): Promise<RecoveryPlan | undefined> => {
    const bound = maxStep === undefined ? {} : { maxStep }
    const question = { ...wanted, job, partition, unavailable, ...bound }
    const plan = await client.recovery.plan(question).catch(() => undefined)
    const wasTried = tried.some((one) => one.plan.checkpoint === plan?.checkpoint)
    return wasTried ? undefined : plan
  }
  // What could not be recorded as evidence is answered again: then only older states are left.
  const next = (await ask(wanted.maxStep)) ?? (step === 0 ? undefined : await ask(step - 1))
  if (next === undefined || last.run === undefined) return next && { plan: next }
  return resumeFrom(client, next, last.run)
}

/** Opens a new attempt that goes on from a state, like the one that could not. */
async function resumeFrom(
  client: Reporting['client'],
  { checkpoint, job, partition, skipped }: RecoveryPlan,
  before: RunHandle,
): Promise<Candidate | undefined> {
  const known = await client.runs.get(before.id).catch(() => undefined)
  if (known === undefined) return undefined
  const { environment, labels } = known
  const input = {
    job,
    partition,
    resume: checkpoint,
    ...(environment === undefined ? {} : { environment }),
    ...(labels === undefined ? {} : { labels }),
  }
  const resumed = await client.runs.resume(input).catch(() => undefined)
  if (resumed === undefined || resumed.plan === null) return undefined
  const { run, plan } = resumed
  // The state is the next one of the line, and another may take its place in turn.
  return { plan: { ...plan, choice: 'latest', skipped }, run }
}
