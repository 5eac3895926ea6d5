import { readdir } from 'node:fs/promises'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { Gap } from '../api.ts'
import type { DrainReport, Spool, SpoolLine, SpoolRecord } from '../spool.ts'
import { diskFailure } from '../stores/disk-durable.ts'
import { appendRecord, freeRoom, type Appender } from './append.ts'
import { drainOnce, type Pass, type Send } from './drain.ts'
import { readGap } from './gaps.ts'
import {
  findRecord,
  listRecords,
  readStatus,
  type DiskSpoolStatus,
  type SpooledFile,
} from './inspect.ts'
import type { SpoolLayout } from './layout.ts'
import { takeLease } from './lease.ts'
import { sortedRecordNames } from './record-name.ts'
import { retryRefused } from './refused.ts'

/** A spool on disk, with what a person needs to look into it. Made by `openSpool`. */
export class DiskSpool implements Spool {
  readonly #layout: SpoolLayout
  readonly #appender: Appender
  #appends: Promise<unknown> = Promise.resolve()
  #drains: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(layout: SpoolLayout, bounds: Pick<Appender, 'maxRecords' | 'maxBytes' | 'clock'>) {
    this.#layout = layout
    this.#appender = { layout, ...bounds, usage: undefined, lastSequence: 0 }
  }

  /** Its folders. */
  get layout(): SpoolLayout {
    return this.#layout
  }

  /**
   * Resolves when the record is on disk, or when the spool is full and a gap was recorded instead.
   *
   * Calls take effect in their order. How many wait is bounded by the records that their callers hold.
   *
   * @throws {DIGEST_MISMATCH} the checkpoint is not the digest of the manifest
   * @throws {DOCUMENT_TOO_LARGE} the manifest has over 8 MiB
   * @throws {STORE_FAILED} the disk refused; `detail.errno` says why, such as `ENOSPC`, and the job decides
   */
  async append(record: SpoolRecord): Promise<'kept' | 'dropped'> {
    this.#refuseIfClosed()
    const appended = this.#appends.then(() => appendRecord(this.#appender, record))
    this.#appends = appended.catch(() => undefined)
    return await appended
  }

  /** What was dropped on this line since its last kept record; the next manifest says so. */
  gapOf(line: SpoolLine): Gap | undefined {
    const gap = readGap(this.#layout, line)
    if (gap === undefined) return undefined
    return { count: gap.count, firstStep: gap.firstStep, lastStep: gap.lastStep }
  }

  /**
   * Sends what waits: oldest first within a line, up to four lines at a time, one drain at a time.
   *
   * A retryable failure, and a refusal of the caller rather than of the record, ends the pass; both leave
   * the record where it is. Torn or altered files are set aside and never sent.
   *
   * @throws {SPOOL_LOCKED} another process is draining
   * @throws {ABORTED} the signal fired while waiting for that process
   * @throws {STORE_FAILED} the folder cannot be read or written
   */
  async drain(send: Send, options: { readonly signal?: AbortSignal } = {}): Promise<DrainReport> {
    this.#refuseIfClosed()
    const drained = this.#drains.then(() => this.#drain(send, options.signal))
    this.#drains = drained.catch(() => undefined)
    return await drained
  }

  /** Counts what waits, what was refused or found corrupt, and what had to be dropped. */
  async status(): Promise<DiskSpoolStatus> {
    return await this.#onDisk('Reading', () => readStatus(this.#layout, this.#appender.clock()))
  }

  /** Every record in the folder, oldest first, with what is wrong with it. */
  async list(): Promise<readonly SpooledFile[]> {
    return await this.#onDisk('Reading', () => listRecords(this.#layout))
  }

  /** The whole record of a name that `list` gave; undefined when there is no intact one. */
  async read(name: string): Promise<SpoolRecord | undefined> {
    return await this.#onDisk('Reading', () => findRecord(this.#layout, name))
  }

  /**
   * Puts refused records back where they were in their lines, for the next drain; resolves to how many.
   *
   * @param names Which, as `list` names them; all when left out.
   */
  async retryRefused(names?: readonly string[]): Promise<number> {
    return await this.#onDisk('Changing', () => retryRefused(this.#layout, names))
  }

  /** Resolves when what has begun is done; nothing begins after it. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([this.#appends, this.#drains])
  }

  async #drain(send: Send, signal: AbortSignal | undefined): Promise<DrainReport> {
    const layout = this.#layout
    const lease = await takeLease(layout.lease, signal)
    const onRemoved = (sizeBytes: number) => freeRoom(this.#appender, sizeBytes)
    const found = { sent: [], refused: [] }
    const pass: Pass = { layout, lease, send, signal, onRemoved, ...found, ended: false }
    try {
      const waiting = await this.#onDisk('Draining', async () => {
        await drainOnce(pass)
        return sortedRecordNames(await readdir(layout.waiting))
      })
      if (pass.unexpected !== undefined) throw pass.unexpected.error
      return { sent: pass.sent, refused: pass.refused, waitingCount: waiting.length }
    } finally {
      await lease.release()
    }
  }

  async #onDisk<Result>(doing: string, step: () => Promise<Result>): Promise<Result> {
    try {
      return await step()
    } catch (cause) {
      if (isCatalogError(cause)) throw cause
      throw diskFailure(cause, `${doing} the spool ${this.#layout.root}`)
    }
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new CatalogError('ABORTED', 'The spool is closed; open it again.')
  }
}
