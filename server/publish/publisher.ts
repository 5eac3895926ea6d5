import { once } from 'node:events'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { readSignedHead } from '../log/read-proofs.ts'
import { readTreeHead } from '../log/read-tiles.ts'
import type { Signer } from '../signing/signer.ts'
import type { Cosignatures } from '../cosign/witnessed-head.ts'
import type { Reader } from '../store/database.ts'
import { publishLog, type PublishedLog } from './publish-log.ts'
import type { PublishTarget } from './tile-sink.ts'

/** Between two passes: a busy log publishes one head a second, and not one a batch. */
const REST_MS = 1_000
/** So often all logs are looked at, also those that other servers write. */
const SWEEP_MS = 10_000
/** A head waits this long for its witnesses, so that what is published is cosigned while they answer. */
const WITNESSING_MAX_MS = 5_000

/** Closing publishes what was written last, and takes no longer: a process that is stopped is soon killed. */
const LAST_PASS_MAX_MS = 10_000

/** What a publisher works with. */
export interface PublisherOptions {
  readonly db: Reader
  readonly signer: Signer
  readonly cosignatures: Cosignatures | undefined
  readonly target: PublishTarget
  /** Told of each log that was published anew. */
  readonly onPublished?: (published: PublishedLog) => void
  /** Told of each log that could not be published; the others are. */
  readonly onFailure: (error: unknown, namespace: NamespaceName | undefined) => void
}

/** A follower that publishes every log of a catalog. */
export interface Publisher {
  /** Told of a namespace whose log may have grown; returns at once. */
  readonly announce: (namespace: NamespaceName) => void
  /** Publishes what is not yet, for at most 10 seconds, and lets go of the target. */
  close(): Promise<void>
}

/** Publishes every log now, and then whatever grows. */
export function startPublisher(options: PublisherOptions): Publisher {
  const ending = new AbortController()
  const due = new Set<NamespaceName>()
  let isClosing = false
  let running: Promise<void> | undefined
  let rest: NodeJS.Timeout | undefined

  const pass = async (): Promise<void> => {
    const namespaces = [...due]
    due.clear()
    await publishEach(options, namespaces, ending.signal)
  }
  const wake = (): void => {
    if (isClosing || running !== undefined || rest !== undefined) return
    if (due.size === 0) return
    running = pass().finally(() => {
      running = undefined
      rest = setTimeout(() => {
        rest = undefined
        wake()
      }, REST_MS).unref()
    })
  }
  const sweep = async (): Promise<void> => {
    try {
      for (const namespace of await listLogs(options.db)) due.add(namespace)
      wake()
    } catch (error) {
      options.onFailure(error, undefined)
    }
  }
  let sweeping = sweep()
  // Keeps a process alive that does nothing else.
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep)
  }, SWEEP_MS)

  return {
    announce: (namespace) => {
      due.add(namespace)
      wake()
    },
    close: async () => {
      isClosing = true
      clearInterval(timer)
      clearTimeout(rest)
      const late = setTimeout(() => ending.abort(), LAST_PASS_MAX_MS)
      const ended = once(ending.signal, 'abort')
      const last = Promise.all([sweeping, running])
        .then(() => publishAll(options, ending.signal))
        .catch((error: unknown) => options.onFailure(error, undefined))
      await Promise.race([last, ended])
      if (ending.signal.aborted) options.onFailure(unfinished(), undefined)
      clearTimeout(late)
      clearTimeout(rest)
      ending.abort()
      options.target.close()
    },
  }
}

/** What is said where closing did not leave the time to publish everything. */
const unfinished = (): CatalogError =>
  new CatalogError(
    'STORE_FAILED',
    `Not all that was written last is published: it took longer than ${LAST_PASS_MAX_MS / 1000} seconds. The next start, or "cairn log publish", goes on from there.`,
  )

/** Publishes every log of a catalog once; what fails with one does not keep the others. */
export async function publishAll(
  options: PublisherOptions,
  signal: AbortSignal,
): Promise<readonly PublishedLog[]> {
  return publishEach(options, await listLogs(options.db), signal)
}

async function publishEach(
  options: PublisherOptions,
  namespaces: readonly NamespaceName[],
  signal: AbortSignal,
): Promise<readonly PublishedLog[]> {
  const { db, signer, target } = options
  const published: PublishedLog[] = []
  // Witnesses that are away are waited for once, and not once for each log.
  let cosignatures = options.cosignatures
  for (const namespace of namespaces) {
    if (signal.aborted) return published
    try {
      const isMet = await isWitnessed(db, namespace, { cosignatures, signal })
      if (!isMet) cosignatures = undefined
      const readHead = () => readSignedHead(options, namespace)
      const sink = target.sinkOf(namespace)
      const one = await publishLog({ db, signer, namespace, readHead, sink, signal })
      published.push(one)
      if (one.size > one.before) options.onPublished?.(one)
    } catch (error) {
      if (!signal.aborted) options.onFailure(error, namespace)
    }
  }
  return published
}

/** Waits until the newest head has its quorum; false if it does not come in time. */
async function isWitnessed(
  db: Reader,
  namespace: NamespaceName,
  {
    cosignatures,
    signal,
  }: Pick<PublisherOptions, 'cosignatures'> & { readonly signal: AbortSignal },
): Promise<boolean> {
  if (cosignatures === undefined) return true
  const { size } = await readTreeHead(db, namespace)
  try {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(WITNESSING_MAX_MS)])
    await cosignatures.waitFor(namespace, size, inTime)
    return true
  } catch (error) {
    if (isCatalogError(error) && error.code === 'NOT_WITNESSED') return false
    throw error
  }
}

/** Logs that have a head. */
async function listLogs(db: Reader): Promise<readonly NamespaceName[]> {
  const rows = await db
    .selectFrom('log_head')
    .select('namespace')
    .where('size', '>', 0)
    .orderBy('namespace')
    .execute()
  return rows.map((row) => row.namespace)
}
