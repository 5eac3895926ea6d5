import type { CatalogError } from '../schema/errors.ts'
import type { BlobReference, Gap, Manifest } from './api.ts'
import type { BlobContent, BlobStore } from './blob-store.ts'
import type { Clock } from './clock.ts'
import type { CheckpointResult, FlushOptions } from './checkpoint-result.ts'
import type { SpoolLine, SpoolRecord } from './spool.ts'

/** Bytes of a checkpoint that are in no store yet. */
export interface NamedContent {
  /** Unique among the blobs of its checkpoint. */
  readonly name: string
  readonly content: BlobContent
}

/** What uploads work with: a durable store, and the way to the catalog. */
export interface UploadParts {
  readonly store: BlobStore
  readonly delivery: {
    gapOf(line: SpoolLine): Gap | undefined
    register(
      record: SpoolRecord,
      options: { readonly signal: AbortSignal },
    ): Promise<CheckpointResult>
  }
  readonly clock: Clock
}

/** A place on this machine's disk where bytes wait for their upload. Made by `openStaging`. */
export interface Staging {
  attach(parts: UploadParts): Uploads
}

/**
 * Checkpoints whose bytes are on this machine's disk, and get into the durable store in the background.
 *
 * Those of a line are uploaded and registered one after the other, in the order in which they were staged. What a
 * crash leaves behind is there for the next process.
 */
export interface Uploads {
  /**
   * Resolves when a checkpoint is on disk, with the moment as RFC 3339; waits while the line has too much there.
   *
   * @param manifest Without the blobs that are staged.
   * @param staged Contents, or what {@link Uploads.putLight} gave for them.
   * @throws {STORE_FAILED} the disk failed, or is full of what was set aside
   * @throws what uploading failed with, when there is no room because of it
   */
  stage(manifest: Manifest, staged: readonly (NamedContent | BlobReference)[]): Promise<string>
  /** Puts contents into the store of this machine, where they stay until retention removes them. */
  putLight(contents: readonly NamedContent[]): Promise<readonly BlobReference[]>
  /** What uploading a run's checkpoints failed with, and no call has thrown yet; given once. */
  takeFailure(run: string): CatalogError | undefined
  /**
   * Resolves when all that was staged, on a line or on any, is durable and registered.
   *
   * @throws {DEADLINE_EXCEEDED} it is not, in time
   * @throws what uploading failed with
   */
  settle(line: SpoolLine | undefined, options?: FlushOptions): Promise<void>
  /** Ends what is under way; it goes on with the next process. */
  close(): Promise<void>
}
