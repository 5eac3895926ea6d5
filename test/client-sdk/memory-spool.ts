import type { Digest, Gap, Receipt } from '../../client-sdk/api.ts'
import type {
  DrainReport,
  Spool,
  SpoolLine,
  SpoolRecord,
  SpoolStatus,
} from '../../client-sdk/spool.ts'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'

/** A spool in memory, with the order, the bound and the gaps of a real one. */
export class MemorySpool implements Spool {
  readonly waiting: SpoolRecord[] = []
  readonly refused: SpoolRecord[] = []
  /** What was appended, also after it has been sent. */
  readonly appended: SpoolRecord[] = []
  drainCount = 0
  /** Set while another process would drain. */
  locked = false
  readonly #gaps = new Map<string, Gap>()
  readonly #maxRecords: number

  constructor(maxRecords = 1_000) {
    this.#maxRecords = maxRecords
  }

  async append(record: SpoolRecord): Promise<'kept' | 'dropped'> {
    const line = lineOf(record)
    if (this.waiting.length >= this.#maxRecords) {
      const before = this.#gaps.get(line)
      this.#gaps.set(line, {
        count: (before?.count ?? 0) + 1,
        firstStep: before?.firstStep ?? record.step,
        lastStep: record.step,
      })
      return 'dropped'
    }
    if (record.manifest.includes('"gap":')) this.#gaps.delete(line)
    this.waiting.push(record)
    this.appended.push(record)
    return 'kept'
  }

  gapOf(line: SpoolLine): Gap | undefined {
    return this.#gaps.get(lineOf(line))
  }

  async drain(
    send: (record: SpoolRecord) => Promise<Receipt>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<DrainReport> {
    if (this.locked) throw new CatalogError('SPOOL_LOCKED', 'Another process drains.')
    this.drainCount += 1
    const sent: { checkpoint: Digest; receipt: Receipt }[] = []
    const refused: { checkpoint: Digest; error: CatalogError }[] = []
    for (const record of this.waiting.slice()) {
      if (options.signal?.aborted) break
      const { checkpoint } = record
      try {
        sent.push({ checkpoint, receipt: await send(record) })
      } catch (error) {
        if (!isCatalogError(error) || error.retryable) break
        refused.push({ checkpoint, error })
        this.refused.push(record)
      }
      this.waiting.splice(this.waiting.indexOf(record), 1)
    }
    return { sent, refused, waitingCount: this.waiting.length }
  }

  async status(): Promise<SpoolStatus> {
    return {
      waitingCount: this.waiting.length,
      waitingBytes: 0,
      refusedCount: this.refused.length,
      droppedCount: 0,
      oldestAgeMs: null,
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

function lineOf({ namespace, job, partition }: SpoolLine): string {
  return JSON.stringify([namespace, job, partition])
}
