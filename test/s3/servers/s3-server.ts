import { randomBytes } from 'node:crypto'
import { CreateBucketCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3'
import { clientOf, type S3Access } from '../client.ts'
import type { StoreName } from '../deviations.ts'

/** How a bucket of a test is set up. */
export type BucketKind = 'versioned' | 'unversioned' | 'locked'

/** A place of its own for a test. */
export interface TestBucket {
  readonly bucket: string
  /** Keys must begin with it; empty in a bucket of the test's own. */
  readonly prefix: string
}

/** An S3 that answers. */
export interface S3Server extends S3Access {
  readonly name: StoreName
  /** A new place for a test; undefined if this server cannot give one of the kind. */
  newBucket(kind: BucketKind): Promise<TestBucket | undefined>
  /** Ends the server, if it was started for the test, and removes its data. */
  stop(): Promise<void>
}

/** An S3 that this machine can have. */
export interface S3ServerStarter {
  readonly name: StoreName
  start(): Promise<S3Server>
}

/** A server that takes new buckets. */
export function serverOf(name: StoreName, access: S3Access, stop: () => Promise<void>): S3Server {
  const { endpoint, region, credentials } = access
  const newBucket = async (kind: BucketKind): Promise<TestBucket> => {
    const client = clientOf(access)
    const bucket = `cairn-${randomBytes(6).toString('hex')}`
    try {
      const lock = kind === 'locked' ? { ObjectLockEnabledForBucket: true } : {}
      await client.send(new CreateBucketCommand({ Bucket: bucket, ...lock }))
      if (kind === 'versioned') {
        const VersioningConfiguration = { Status: 'Enabled' as const }
        const enable = new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration })
        await client.send(enable)
      }
      return { bucket, prefix: '' }
    } finally {
      client.destroy()
    }
  }
  return { name, endpoint, region, credentials, newBucket, stop }
}
