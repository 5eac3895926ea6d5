import { setTimeout as delay } from 'node:timers/promises'
import { isCatalogError } from '../schema/errors.ts'
import type { LogIndex, NamespaceName } from '../schema/names.ts'
import type { Catalog } from './compose.ts'
import { probeNewBuckets } from './verify/probe-new-buckets.ts'
import { verifyDue, type DueWalk } from './verify/verify-due.ts'

/** Between two slices of verification. */
const SLICE_REST_MS = 1_000
/** After every checkpoint has been looked through: what is due is due by the minute at most. */
const PASS_REST_MS = 60_000
/** Writes gather before their buckets are looked at. */
const PROBE_REST_MS = 1_000
/** A bucket that could not be probed is tried again after this. */
const PROBE_RETRY_MS = 10 * 60 * 1000

/** What works on blobs beside the requests. */
export interface BlobFollower {
  /** Ends what is under way. */
  close(): Promise<void>
}

/**
 * Probes each bucket when a namespace first uses it, and verifies what is due by policy, slice by slice and
 * within a rate.
 */
export function followBlobs(catalog: Catalog, bytesPerSecond: number): BlobFollower {
  const ending = new AbortController()
  const { signal } = ending
  const works = [followBuckets(catalog, signal)]
  if (bytesPerSecond > 0)
    works.push(followDue(catalog, { signal, pace: paceOf(bytesPerSecond, signal) }))
  return {
    close: async () => {
      ending.abort()
      await Promise.all(works)
    },
  }
}

async function followDue(
  { context, logger }: Catalog,
  options: { readonly signal: AbortSignal; readonly pace: (bytes: number) => Promise<void> },
): Promise<void> {
  const { signal } = options
  const walk: DueWalk = { postponed: new Map() }
  while (!signal.aborted) {
    let restMs = SLICE_REST_MS
    try {
      const { isPassEnded } = await verifyDue(context, walk, options)
      if (isPassEnded) restMs = PASS_REST_MS
    } catch (error) {
      walk.pass = undefined
      restMs = PASS_REST_MS
      if (!signal.aborted) logger.warn({ err: error }, 'a verification was not made')
    }
    await rest(restMs, signal)
  }
}

async function followBuckets(catalog: Catalog, signal: AbortSignal): Promise<void> {
  const { logger } = catalog
  const context = { ...catalog.context, ending: signal }
  const upTo = new Map<NamespaceName, LogIndex>()
  const due = new Set<NamespaceName>()
  const retryMs = new Map<NamespaceName, number>()
  catalog.follow((namespace) => due.add(namespace))
  while (!signal.aborted) {
    for (const namespace of due) {
      if ((retryMs.get(namespace) ?? 0) > context.nowMs()) continue
      due.delete(namespace)
      try {
        const { upTo: index } = await probeNewBuckets(context, namespace, upTo.get(namespace))
        upTo.set(namespace, index)
      } catch (error) {
        if (signal.aborted) return
        retryMs.set(namespace, context.nowMs() + PROBE_RETRY_MS)
        due.add(namespace)
        const code = isCatalogError(error) ? error.code : undefined
        logger.warn({ err: error, namespace, code }, 'a bucket was not probed')
      }
    }
    await rest(PROBE_REST_MS, signal)
  }
}

/** Lets so many bytes pass a second, over the whole time. */
function paceOf(bytesPerSecond: number, signal: AbortSignal): (bytes: number) => Promise<void> {
  let freeMs = 0
  return async (bytes) => {
    const nowMs = performance.now()
    freeMs = Math.max(freeMs, nowMs) + (bytes / bytesPerSecond) * 1000
    if (freeMs > nowMs + 1) await rest(freeMs - nowMs, signal)
  }
}

/** Waits, or until the signal. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined)
}
