import { join } from 'node:path'
import { CatalogError, isCatalogError, type ErrorCode } from '../../schema/errors.ts'
import type { BlobReference, Manifest } from '../api.ts'
import type { BlobStore } from '../blob-store.ts'
import { within } from '../deadline.ts'
import { FLUSH_DEFAULT_MS, type FlushOptions } from '../checkpoint-result.ts'
import { abortedError, asCatalogError } from '../errors.ts'
import { isRefusal } from '../refusal.ts'
import type { SpoolLayout } from '../spool/layout.ts'
import { takeLease } from '../spool/lease.ts'
import { lineKeyOf } from '../spool/record-name.ts'
import { lineOf } from '../spool-record.ts'
import type { SpoolLine } from '../spool.ts'
import type { NamedContent, UploadParts, Uploads } from '../staging.ts'
import { diskFailure, errnoOf } from '../stores/disk-durable.ts'
import type { StagedDraft } from './staged-draft.ts'
import {
  listStaged,
  readStaged,
  removeStaged,
  setStagedAside,
  stagedUsage,
  writeStaged,
} from './staged-folder.ts'
import type { StagedName } from './staged-name.ts'
import { uploadStaged } from './upload-staged.ts'

/** What a line may have staged at most. */
export interface StagingBounds {
  readonly maxCount: number
  readonly maxBytes: number
}

/** Where and how to stage. */
export interface StagingPlace extends StagingBounds {
  readonly layout: SpoolLayout
  readonly openLight: () => Promise<BlobStore>
  /** Epoch milliseconds. */
  readonly nowMs: () => number
}

/** Uploads of one checkpoint before its failure counts; the store has tried each request for a minute. */
const TRIES_MAX_COUNT = 4
/** Pauses between them, doubling. */
const PAUSE_MS = 1_000
/** Shows processes that cannot look this one up that it lives; they wait for two minutes. */
const RENEW_MS = 30_000
/** Runs whose failure is kept for their next call. */
const FAILURES_MAX_COUNT = 1_000

/** A staged checkpoint that will never be taken, whatever is mended. */
const hopeless: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BLOB_CORRUPT',
  'BLOB_NOT_FOUND',
  'SPOOL_CORRUPT',
  'NOT_CANONICAL',
  'DOCUMENT_TOO_LARGE',
])

/** After these no other checkpoint of the run is taken either, and its bytes need not be sent. */
const endsRun: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ATTEMPT_FENCED',
  'RUN_CLOSED',
  'RUN_NOT_FOUND',
])

/** Uploads from a folder of this machine, one checkpoint of a line after the other. Made by `openStaging`. */
export class DiskUploads implements Uploads {
  readonly #place: StagingPlace
  readonly #parts: UploadParts
  readonly #running = new Map<string, Promise<CatalogError | undefined>>()
  readonly #again = new Set<string>()
  readonly #failures = new Map<string, CatalogError>()
  readonly #ended = new Map<string, CatalogError>()
  readonly #closing = new AbortController()
  readonly #watchers = new Set<() => void>()
  #light: Promise<BlobStore> | undefined

  constructor(place: StagingPlace, parts: UploadParts) {
    this.#place = place
    this.#parts = parts
  }

  async stage(
    manifest: Manifest,
    staged: readonly (NamedContent | BlobReference)[],
  ): Promise<string> {
    if (this.#closing.signal.aborted) throw abortedError('The client is closed.')
    const { layout, nowMs } = this.#place
    const lineKey = lineKeyOf(lineOf(manifest))
    await this.#waitForRoom(lineKey)
    const stagedAt = await writeStaged(layout, manifest, { staged, nowMs })
    void this.#start(lineKey)
    return stagedAt
  }

  async putLight(contents: readonly NamedContent[]): Promise<readonly BlobReference[]> {
    this.#light ??= this.#place.openLight()
    const light = await this.#light
    const references: BlobReference[] = []
    for (const { name, content } of contents) references.push(await light.put(name, content))
    return references
  }

  takeFailure(run: string): CatalogError | undefined {
    const failure = this.#failures.get(run)
    this.#failures.delete(run)
    return failure
  }

  async settle(line: SpoolLine | undefined, options: FlushOptions = {}): Promise<void> {
    const { timeoutMs = FLUSH_DEFAULT_MS, signal } = options
    const lineKey = line === undefined ? undefined : lineKeyOf(line)
    const limit = { clock: this.#parts.clock, ms: timeoutMs, signal }
    const ended = await within(limit, () => this.#settle(lineKey))
    if (ended.kind === 'aborted') throw abortedError(ended.reason)
    if (ended.kind === 'done') return
    const waiting = await listStaged(this.#place.layout, lineKey)
    throw new CatalogError(
      'DEADLINE_EXCEEDED',
      `Not all that was staged is durable after ${timeoutMs} ms: ${waiting.length} checkpoints wait, and \`cairn spool flush --store\` uploads them.`,
      { detail: { waitingCount: waiting.length } },
    )
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#running.values())
  }

  async #settle(lineKey: string | undefined): Promise<void> {
    const names = await listStaged(this.#place.layout, lineKey)
    for (const key of new Set(names.map((name) => name.lineKey))) {
      const failure = await this.#start(key)
      if (failure !== undefined) throw this.#told(failure)
    }
  }

  async #waitForRoom(lineKey: string): Promise<void> {
    const { layout, maxCount, maxBytes } = this.#place
    // Each round waits until an upload has ended; a failure ends the wait.
    for (;;) {
      const { count, sizeBytes } = await stagedUsage(layout, lineKey)
      if (count < maxCount && sizeBytes < maxBytes) return
      if ((await listStaged(layout, lineKey)).length === 0) throw fullOfSetAside(layout)
      const failure = await Promise.race([this.#start(lineKey), this.#nextEnd()])
      if (failure !== undefined) throw this.#told(failure)
    }
  }

  /** Uploads what a line has staged; joins an upload under way, which then looks once more. Never rejects. */
  #start(lineKey: string): Promise<CatalogError | undefined> {
    this.#again.add(lineKey)
    const running = this.#running.get(lineKey) ?? this.#uploadLine(lineKey)
    this.#running.set(lineKey, running)
    return running
  }

  async #uploadLine(lineKey: string): Promise<CatalogError | undefined> {
    let failure: CatalogError | undefined
    // A further pass is for what was staged during the last.
    while (failure === undefined && this.#again.delete(lineKey)) {
      failure = await this.#pass(lineKey).catch((cause: unknown) => asDiskFailure(cause))
    }
    // From here on nothing is awaited, so that nothing can be staged in between unseen.
    this.#again.delete(lineKey)
    this.#running.delete(lineKey)
    this.#announceEnd()
    return failure
  }

  async #pass(lineKey: string): Promise<CatalogError | undefined> {
    const { layout } = this.#place
    const lease = await takeLease(join(layout.staged, `${lineKey}.lease`), this.#closing.signal)
    const renewing = setInterval(() => lease.renew(), RENEW_MS)
    try {
      for (const name of await listStaged(layout, lineKey)) {
        const failure = await this.#uploadOne(name)
        if (failure !== undefined) return failure
        this.#announceEnd()
      }
      return undefined
    } finally {
      clearInterval(renewing)
      await lease.release()
    }
  }

  /** Uploads and registers one checkpoint; gives the failure that has to end the pass. */
  async #uploadOne(name: StagedName): Promise<CatalogError | undefined> {
    const { layout } = this.#place
    const draft = await readStaged(layout, name)
    if (draft === undefined) {
      await setStagedAside(layout, name, unreadable(name))
      return undefined
    }
    const { run } = draft.manifest
    const ended = this.#ended.get(run)
    if (ended !== undefined) {
      await setStagedAside(layout, name, ended)
      return undefined
    }
    for (let tries = 1; ; tries += 1) {
      const error = await this.#tryOne(name, draft)
      if (error === undefined) return undefined
      if (this.#closing.signal.aborted) return error
      if (isRefusal(error) || hopeless.has(error.code)) {
        this.#keepFailure(run, error)
        if (endsRun.has(error.code)) this.#ended.set(run, error)
        // A refused registration is kept by the spool, and its bytes are durable; other bytes are nowhere else.
        await (isRefusal(error) ? removeStaged(layout, name) : setStagedAside(layout, name, error))
        return undefined
      }
      if (!error.retryable || tries >= TRIES_MAX_COUNT) {
        this.#keepFailure(run, error)
        return error
      }
      const { signal } = this.#closing
      await this.#parts.clock.sleep(PAUSE_MS * 2 ** (tries - 1), { signal })
    }
  }

  async #tryOne(name: StagedName, draft: StagedDraft): Promise<CatalogError | undefined> {
    const { layout, nowMs } = this.#place
    const { signal } = this.#closing
    try {
      const parts = this.#parts
      const record = await uploadStaged({ layout, parts, name, draft, nowMs, signal })
      const result = await parts.delivery.register(record, { signal })
      await removeStaged(layout, name)
      if (result.status === 'dropped') this.#keepFailure(record.run, dropped(record.step))
      return undefined
    } catch (cause) {
      return asDiskFailure(cause)
    }
  }

  #keepFailure(run: string, error: CatalogError): void {
    const [oldest] = this.#failures.keys()
    if (this.#failures.size >= FAILURES_MAX_COUNT && oldest !== undefined) {
      this.#failures.delete(oldest)
    }
    this.#failures.set(run, error)
  }

  /** A failure that is thrown now is not thrown again by the run's next call. */
  #told(error: CatalogError): CatalogError {
    for (const [run, kept] of this.#failures) if (kept === error) this.#failures.delete(run)
    return error
  }

  #nextEnd(): Promise<undefined> {
    return new Promise((resolve) => {
      this.#watchers.add(() => resolve(undefined))
    })
  }

  #announceEnd(): void {
    for (const watcher of this.#watchers) watcher()
    this.#watchers.clear()
  }
}

function asDiskFailure(cause: unknown): CatalogError {
  if (isCatalogError(cause)) return cause
  return errnoOf(cause) === undefined
    ? asCatalogError(cause)
    : diskFailure(cause, 'Uploading what was staged')
}

function unreadable({ text }: StagedName): CatalogError {
  return new CatalogError('SPOOL_CORRUPT', `The staged checkpoint ${text} cannot be read.`)
}

function dropped(step: number): CatalogError {
  return new CatalogError(
    'STORE_FAILED',
    `The checkpoint of step ${step} is durable, but the spool is full and it was not registered: send what waits.`,
  )
}

function fullOfSetAside({ staged }: SpoolLayout): CatalogError {
  return new CatalogError(
    'STORE_FAILED',
    `There is no room to stage: ${staged} is full of checkpoints that were set aside; look at their problem.json and remove them.`,
  )
}
