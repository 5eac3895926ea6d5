import type { CatalogError } from '../schema/errors.ts'
import type { Digest, Gap, Receipt } from './api.ts'

/** What became of a checkpoint. */
export type CheckpointResult =
  /** The catalog has it, durably. */
  | {
      readonly status: 'registered'
      readonly checkpoint: Digest
      readonly receipt: Receipt
    }
  /** It waits in the spool, durably, and is sent when the catalog can be reached. */
  | {
      readonly status: 'spooled'
      readonly checkpoint: Digest
      /** Why it was not sent at once, when that is known. */
      readonly reason: CatalogError | undefined
    }
  /** The spool is full: it is lost to the catalog, and the line's next manifest says so. */
  | { readonly status: 'dropped'; readonly checkpoint: Digest; readonly gap: Gap | undefined }

/** A checkpoint that is on this machine's disk, and registered once its bytes are in the store. */
export interface StagedResult {
  readonly status: 'staged'
  readonly step: number
  /** RFC 3339. */
  readonly stagedAt: string
}

/** How to flush. */
export interface FlushOptions {
  /** Deadline in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** What a flush did. */
export interface FlushReport {
  readonly sentCount: number
  /** Records that the catalog refused; they are set aside in the spool. */
  readonly refusedCount: number
}

/** Deadline of a flush when none is given. */
export const FLUSH_DEFAULT_MS = 30_000
