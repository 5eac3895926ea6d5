import {
  addVersion,
  type Bucket,
  type ObjectVersion,
  type Store,
  type Version,
} from './bucket-state.ts'
import { startDigester } from './checksums.ts'
import { flipBit, readBody } from './stored-body.ts'

/** Names one version in a bucket. */
export interface VersionName {
  readonly bucket: string
  readonly key: string
  readonly versionId: string
}

/** What happens to a store without a request: disasters, lifecycles, and what an operator does elsewhere. */
export interface BehindTheBack {
  /** Stores an object as an upload would, and gives back its version id; for many of them, faster than by requests. */
  store(bucket: string, key: string, bytes: Uint8Array): string
  /** Every version and marker of a key, the newest first. */
  versions(bucket: string, key: string): readonly Version[]
  /** The bytes of a version. */
  bytes(name: VersionName): Uint8Array
  /** Destroys a version, whatever its lock. */
  destroyVersion(name: VersionName): void
  /** Turns one bit of the byte at `offset` over; what the store attests stays as it was. */
  flipBit(name: VersionName, offset: number): void
  /** Changes what the store says of a version, such as its storage class, lock or replication. */
  alter(name: VersionName, changes: Partial<Alterable>): void
}

/** What may change of a version. */
export type Alterable = Pick<
  ObjectVersion,
  | 'storageClass'
  | 'restoredUntilMs'
  | 'replicationStatus'
  | 'retention'
  | 'legalHold'
  | 'encryption'
  | 'checksum'
  | 'modifiedMs'
>

/** Access to a store without a request. */
export function behindTheBack(store: Store): BehindTheBack {
  const bucketNamed = (name: string): Bucket => {
    const bucket = store.buckets.get(name)
    if (bucket === undefined) throw new Error(`the double has no bucket ${name}`)
    return bucket
  }
  const versions = (bucket: string, key: string): readonly Version[] =>
    bucketNamed(bucket).history.of(key)
  const named = ({ bucket, key, versionId }: VersionName): Version => {
    const version = versions(bucket, key).find((one) => one.versionId === versionId)
    if (version === undefined) throw new Error(`${bucket}/${key} has no version ${versionId}`)
    return version
  }
  const object = (name: VersionName): ObjectVersion => {
    const version = named(name)
    if (version.isMarker) throw new Error(`${name.versionId} is a delete marker`)
    return version
  }
  const replace = (name: VersionName, changes: Partial<ObjectVersion>): void => {
    const version = object(name)
    bucketNamed(name.bucket).history.replace(version, { ...version, ...changes })
  }
  return {
    versions,
    bytes: (name) => Buffer.concat([...readBody(object(name).body)]),
    destroyVersion: (name) => bucketNamed(name.bucket).history.remove(named(name)),
    flipBit: (name, offset) => replace(name, { body: flipBit(object(name).body, offset) }),
    alter: replace,
    store: (bucket, key, bytes) => {
      const digester = startDigester(['CRC64NVME'])
      digester.update(bytes)
      const writer = store.bodies.startBody()
      writer.push(bytes)
      const value = digester.digest('CRC64NVME').toString('base64')
      const target = bucketNamed(bucket)
      const version = addVersion<ObjectVersion>(target, {
        isMarker: false,
        key,
        versionId: '',
        modifiedMs: store.nowMs(),
        etag: `"${digester.md5().toString('hex')}"`,
        checksum: { algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value },
        body: writer.end(),
        contentType: 'binary/octet-stream',
        metadata: {},
        storageClass: 'STANDARD',
        encryption: target.encryption,
        legalHold: false,
      })
      return version.versionId
    },
  }
}
