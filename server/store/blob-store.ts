import type { BucketFindings } from '../../schema/bucket.ts'

/** What a store says of one object version, as read just now. */
export interface StoredVersion {
  readonly sizeBytes: number
  /**
   * The store's own checksum over the full object, such as `{ algorithm: 'CRC64NVME', value: base64 }`; absent
   * where it has none, or one of parts.
   */
  readonly checksum?: { readonly algorithm: string; readonly value: string }
  readonly storageClass?: string
  /** Whether it must be brought back from an archive before it can be read. */
  readonly isArchived: boolean
  readonly lock?: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly retainUntil: string }
  readonly legalHold: boolean
  readonly encryption?: { readonly algorithm: string; readonly keyId?: string }
  /** The store's word for how far copying to other regions has come. */
  readonly replication?: string
  /** When the store took it, RFC 3339. */
  readonly lastModified?: string
}

/** One object version, exactly. */
export interface PinnedObject {
  readonly uri: string
  readonly versionId: string
}

/** One version, or delete marker, of a listing. */
export interface ListedVersion extends PinnedObject {
  readonly sizeBytes: number
  /** RFC 3339. */
  readonly lastModified: string
  readonly isDeleteMarker: boolean
  /** A listing after this one goes on behind it. */
  readonly marker: string
}

/**
 * The server's end of a blob store. Nothing is tried for ever, and a signal ends each call.
 *
 * What goes wrong is a `CatalogError`: `BLOB_NOT_FOUND` (the version is gone), `BLOB_ARCHIVED`, `BLOB_LOCKED`,
 * `BUCKET_ACCESS_DENIED`, `STORE_UNAVAILABLE` (it may answer later) or `STORE_UNSUITABLE`. Only the first says
 * anything about the bytes.
 */
export interface BlobStore {
  /** The region that the configuration gives it. */
  readonly region?: string
  stat(object: PinnedObject, signal: AbortSignal): Promise<StoredVersion>
  /** The bytes, in pieces that the reader may keep. */
  read(object: PinnedObject, signal: AbortSignal): AsyncIterable<Uint8Array>
  /**
   * Removes one version for good; `absent` says that it was gone already, which is a success too.
   *
   * @throws {BLOB_LOCKED} an object lock or a legal hold keeps it
   */
  remove(object: PinnedObject, signal: AbortSignal): Promise<'removed' | 'absent'>
  /** A URL that downloads exactly this version; a disk has none. */
  presign?(object: PinnedObject, expiresSeconds: number): Promise<string>
  /** Tries out what the store can do, in a scratch folder of this name that it removes again. */
  probe(scratch: string, signal: AbortSignal): Promise<BucketFindings>
  /** Every version in the store's place, in the order of its keys, from behind a marker on. */
  listVersions(after: string | undefined, signal: AbortSignal): AsyncIterable<ListedVersion>
}

/** The stores that the configuration names; there is no way to any other. */
export interface BlobStores {
  /**
   * The store that a URI is in.
   *
   * @throws {BUCKET_NOT_ALLOWED} it is in none of them; nothing was asked of any network
   */
  find(uri: string): NamedStore
  /**
   * The store of a name.
   *
   * @throws {BUCKET_NOT_ALLOWED} there is none
   */
  named(name: string): BlobStore
  readonly names: readonly string[]
}

/** A store, and what the configuration calls it. */
export interface NamedStore {
  readonly name: string
  readonly store: BlobStore
}
