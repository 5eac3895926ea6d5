import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import type { BucketKind } from '../servers/s3-server.ts'

/** Where a behaviour is tried: a bucket of its kind, and keys of the test's own. */
export interface Place {
  readonly client: S3Client
  readonly Bucket: string
  /** A key of this place. */
  key(name: string): string
  /** The beginning of every key of this place. */
  readonly prefix: string
  /** A client with other settings; it is let go of at the end. */
  clientWith(settings: S3ClientConfig): S3Client
}

/** Something that Cairn rests on, as AWS does it. */
export interface Behaviour {
  readonly name: string
  readonly bucket: BucketKind
  /** It changes the bucket, or rests on how a new one is: not to be tried in a bucket that is used otherwise. */
  readonly needsOwnBucket: boolean
  /** Throws where the store does otherwise. */
  readonly check: (place: Place) => Promise<void>
}

/** Behaviours of buckets of one kind. */
export function behavioursIn(
  bucket: BucketKind,
  checks: Readonly<Record<string, Behaviour['check']>>,
  needsOwnBucket = false,
): readonly Behaviour[] {
  return Object.entries(checks).map(([name, check]) => ({ name, bucket, needsOwnBucket, check }))
}

/** Behaviours that are about the bucket itself, or change it. */
export function behavioursOf(
  bucket: BucketKind,
  checks: Readonly<Record<string, Behaviour['check']>>,
): readonly Behaviour[] {
  return behavioursIn(bucket, checks, true)
}
