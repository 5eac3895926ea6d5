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

/** What lies under a name now, and the tag that a store changes with it. */
export interface NamedObject {
  readonly bytes: Uint8Array
  readonly tag: string
}

/** How an object is put. */
export interface PutNamed {
  /** Put only where there is none yet (`absent`), or still the one of a tag; without it, put in any case. */
  readonly only?: 'absent' | { readonly tag: string }
  /** Whether caches may keep it for good. */
  readonly isLasting: boolean
  readonly signal: AbortSignal
}

/** Objects under their names, whatever their version: for what is published, and not for what is pinned. */
export interface NamedObjects {
  /** @throws {STORE_UNSUITABLE} it is larger than `maxBytes` */
  read(uri: string, maxBytes: number, signal: AbortSignal): Promise<NamedObject | undefined>
  has(uri: string, signal: AbortSignal): Promise<boolean>
  /** False where the condition does not hold. */
  put(uri: string, bytes: Uint8Array, how: PutNamed): Promise<boolean>
  /** Removes every version of what lies below a name. */
  removeBelow(uri: string, signal: AbortSignal): Promise<void>
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
  /** The bucket's own name; a disk has none. */
  readonly bucket?: string
  /** The bytes of whatever version a name has now, in pieces; a disk has no names. */
  readonly readNamed?: (uri: string, signal: AbortSignal) => AsyncIterable<Uint8Array>
  /** What logs are published through; a disk has none. */
  readonly named?: NamedObjects
  /** Tries out what the store can do, in a scratch folder of this name that it removes again. */
  probe(scratch: string, signal: AbortSignal): Promise<BucketFindings>
  /** Every version in the store's place, in the order of its keys, from behind a marker on. */
  listVersions(after: string | undefined, signal: AbortSignal): AsyncIterable<ListedVersion>
}

/** The stores that the configuration names, each for the namespaces it is open to; there is no way to any other. */
export interface BlobStores {
  /**
   * The store that a URI of a namespace's checkpoint is in.
   *
   * @throws {BUCKET_NOT_ALLOWED} it is in none that is open to the namespace; nothing was asked of any network
   */
  find(uri: string, namespace: string): NamedStore
  /**
   * The store of a name.
   *
   * @throws {BUCKET_NOT_ALLOWED} there is none that is open to the namespace
   */
  named(name: string, namespace: string): BlobStore
  /** Names of the stores that are open to a namespace. */
  namesFor(namespace: string): readonly string[]
}

/** A store, and what the configuration calls it. */
export interface NamedStore {
  readonly name: string
  readonly store: BlobStore
}
