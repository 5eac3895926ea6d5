import type { BlobReference, Digest } from './api.ts'

/** Bytes to put: whole, or in pieces of any size. */
export type BlobContent = Uint8Array | AsyncIterable<Uint8Array>

/** How to put a content. */
export interface PutOptions {
  /** What is known of a content before it is read; a store may lay it out by its digest, and checks it. */
  readonly known?: { readonly sizeBytes: number; readonly digest: Digest } | undefined
  readonly signal?: AbortSignal | undefined
}

/** The job's end of a blob store: it puts bytes and gives back a pinned reference. */
export interface BlobStore {
  /** Scheme of the URIs it makes and reads, such as `file` or `s3`. */
  readonly scheme: string
  /** Resolves when the bytes are durable. Memory stays bounded whatever the size. */
  put(name: string, content: BlobContent, options?: PutOptions): Promise<BlobReference>
  /**
   * Reads the pinned version from an offset in bytes, in pieces. The caller checks the digest.
   *
   * @throws {BLOB_NOT_FOUND} the version is gone
   * @throws {STORE_FAILED | STORE_UNAVAILABLE} the store could not be reached, or broke off
   */
  read(reference: BlobReference, offsetBytes?: number): AsyncIterable<Uint8Array>
}
