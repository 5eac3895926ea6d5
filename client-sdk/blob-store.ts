import type { BlobReference } from './api.ts'

/** Bytes to put: whole, or in pieces of any size. */
export type BlobContent = Uint8Array | AsyncIterable<Uint8Array>

/** The job's end of a blob store: it puts bytes and gives back a pinned reference. */
export interface BlobStore {
  /** Scheme of the URIs it makes and reads, such as `file` or `s3`. */
  readonly scheme: string
  /** Resolves when the bytes are durable. Memory stays bounded whatever the size. */
  put(name: string, content: BlobContent): Promise<BlobReference>
  /**
   * Reads the pinned version from an offset in bytes, in pieces. The caller checks the digest.
   *
   * @throws {BLOB_NOT_FOUND} the version is gone
   * @throws {STORE_FAILED} the store could not be reached
   */
  read(reference: BlobReference, offsetBytes?: number): AsyncIterable<Uint8Array>
}
