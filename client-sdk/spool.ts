import type { Digest, Gap, Receipt } from './api.ts'
import type { CatalogError } from '../schema/errors.ts'

/** What keeps its order in a spool: the work of one job on one partition. */
export interface SpoolLine {
  readonly namespace: string
  readonly job: string
  readonly partition: string
}

/** One registration that must reach the catalog. */
export interface SpoolRecord extends SpoolLine {
  readonly run: string
  readonly attempt: number
  readonly step: number
  readonly checkpoint: Digest
  /** The canonical manifest, exactly as it will be sent. */
  readonly manifest: string
}

/** What one pass over the spool did. */
export interface DrainReport {
  readonly sent: readonly { readonly checkpoint: Digest; readonly receipt: Receipt }[]
  readonly refused: readonly { readonly checkpoint: Digest; readonly error: CatalogError }[]
  /** Records that still wait. */
  readonly waitingCount: number
}

export interface SpoolStatus {
  readonly waitingCount: number
  readonly waitingBytes: number
  readonly refusedCount: number
  readonly droppedCount: number
  /** Age of the oldest record that waits, in milliseconds; null when none does. */
  readonly oldestAgeMs: number | null
}

/**
 * Where registrations wait, durably and in order, while the catalog cannot be reached.
 *
 * The job goes on when the spool is full: the record is dropped, and the drop is kept as a gap that the
 * line's next manifest carries to the catalog.
 */
export interface Spool {
  /** Resolves when the record is on disk (`kept`), or when the spool is full and a gap was recorded instead. */
  append(record: SpoolRecord): Promise<'kept' | 'dropped'>
  /** What was dropped on this line since its last kept record; the next manifest says so. */
  gapOf(line: SpoolLine): Gap | undefined
  /**
   * Sends what waits: oldest first within a line, one drain at a time. A retryable failure ends the pass,
   * a refusal sets the record aside with its problem and goes on.
   */
  drain(
    send: (record: SpoolRecord) => Promise<Receipt>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<DrainReport>
  status(): Promise<SpoolStatus>
  close(): Promise<void>
}
