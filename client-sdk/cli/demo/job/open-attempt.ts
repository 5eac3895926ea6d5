import { setTimeout as delay } from 'node:timers/promises'
import { canonicalize } from '../../../../schema/canonical-json.ts'
import { CatalogError, isCatalogError } from '../../../../schema/errors.ts'
import type { CatalogClient } from '../../../client.ts'
import type { Environment, InputPin, JsonMap, RecoveryPlan } from '../../../api.ts'
import type { Resumed } from '../../../resources/runs.ts'
import type { JobEvent } from './job-event.ts'

/** What the attempt computes, and in what. */
export interface Attempt {
  readonly job: string
  readonly partition: string
  readonly environment: Environment
  readonly parameters: JsonMap
  readonly inputs: readonly InputPin[]
}

/** Longest wait of a new attempt for the catalog: without it nobody knows where to go on. */
const WAIT_MAX_MS = 60_000
const PAUSE_MS = 500
const TRIES_MAX_COUNT = WAIT_MAX_MS / PAUSE_MS

/**
 * Opens an attempt: sends what an earlier one had spooled, fences it, and plans the way back.
 *
 * @throws {RESUME_MISMATCH} the state to go on from was computed with other parameters or data
 * @throws {CONNECTION_FAILED | DEADLINE_EXCEEDED} the catalog stayed away for a minute
 */
export async function openAttempt(
  catalog: CatalogClient,
  attempt: Attempt,
  report: (event: JobEvent) => void,
): Promise<Resumed & { readonly flushedCount: number }> {
  const { job, partition } = attempt
  let flushedCount = 0
  for (let left = TRIES_MAX_COUNT; ; left -= 1) {
    try {
      // Resuming sends what waits in the spool by itself; here first, to count it for the story.
      flushedCount += (await catalog.flush({ timeoutMs: PAUSE_MS })).sentCount
      const { environment } = await catalog.environments.record(attempt.environment)
      const resumed = await catalog.runs.resume({ job, partition, environment })
      if (resumed.plan !== null) checkSameWork(resumed.plan, attempt)
      return { ...resumed, flushedCount }
    } catch (error) {
      if (!isCatalogError(error) || !error.retryable || left <= 1) throw error
      report({ event: 'waiting', reason: error.code })
      await delay(PAUSE_MS)
    }
  }
}

function checkSameWork(plan: RecoveryPlan, { parameters, inputs }: Attempt): void {
  const same =
    canonicalize(plan.parameters ?? {}) === canonicalize(parameters) &&
    canonicalize(plan.inputs) === canonicalize(inputs)
  if (same) return
  throw new CatalogError(
    'RESUME_MISMATCH',
    `The checkpoint at step ${plan.step} was computed with other parameters or data: use those, or another job name.`,
    { detail: { checkpoint: plan.checkpoint } },
  )
}
