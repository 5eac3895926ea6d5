import { randomBytes } from 'node:crypto'
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { clientOf, outcomeOf, type S3Access } from '../client.ts'
import { storeNames, type StoreName } from '../deviations.ts'
import {
  serverOf,
  type BucketKind,
  type S3Server,
  type S3ServerStarter,
  type TestBucket,
} from './s3-server.ts'

/**
 * The server that the environment names.
 *
 * `CAIRN_TEST_S3_ENDPOINT`, `_REGION` (default us-east-1), `_ACCESS_KEY_ID` and `_SECRET_ACCESS_KEY`.
 * `_BUCKET`: tests work only in this bucket, under a prefix of their own; without it they make buckets.
 * `_STORE`: which list of deviations is expected of it, default `aws`, which has none.
 */
export function givenServer(
  env: Readonly<Record<string, string | undefined>>,
): S3ServerStarter | undefined {
  const endpoint = env['CAIRN_TEST_S3_ENDPOINT']
  if (endpoint === undefined || endpoint === '') return undefined
  const required = (name: string): string => {
    const value = env[name]
    if (!value) throw new Error(`CAIRN_TEST_S3_ENDPOINT is set, and needs ${name} too`)
    return value
  }
  const access: S3Access = {
    endpoint,
    region: env['CAIRN_TEST_S3_REGION'] ?? 'us-east-1',
    credentials: {
      accessKeyId: required('CAIRN_TEST_S3_ACCESS_KEY_ID'),
      secretAccessKey: required('CAIRN_TEST_S3_SECRET_ACCESS_KEY'),
    },
  }
  const name = parseStoreName(env['CAIRN_TEST_S3_STORE'] ?? 'aws')
  const bucket = env['CAIRN_TEST_S3_BUCKET']
  const start: S3ServerStarter['start'] = async () => {
    const made: TestBucket[] = []
    const server = serverOf(name, access, () => removeAll(access, made))
    const give = (kind: BucketKind): Promise<TestBucket | undefined> =>
      bucket === undefined ? server.newBucket(kind) : placeIn(access, bucket, kind)
    const newBucket: S3Server['newBucket'] = async (kind) => {
      const given = await give(kind)
      if (given !== undefined) made.push(given)
      return given
    }
    return { ...server, newBucket }
  }
  return { name, start }
}

function parseStoreName(text: string): StoreName {
  const found = storeNames.find((name) => name === text)
  if (found === undefined) {
    throw new Error(`CAIRN_TEST_S3_STORE must be one of ${storeNames.join(', ')}, not ${text}`)
  }
  return found
}

/** A prefix in a bucket that exists, if the bucket is of the kind. */
async function placeIn(
  access: S3Access,
  bucket: string,
  kind: BucketKind,
): Promise<TestBucket | undefined> {
  const client = clientOf(access)
  try {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }))
    const asked = outcomeOf(client.send(new GetObjectLockConfigurationCommand({ Bucket: bucket })))
    const actual: BucketKind =
      (await asked) === 'ok' ? 'locked' : Status === 'Enabled' ? 'versioned' : 'unversioned'
    return actual === kind
      ? { bucket, prefix: `cairn-test-${randomBytes(6).toString('hex')}/` }
      : undefined
  } finally {
    client.destroy()
  }
}

/** Rounds of listing and removing in one place; a test leaves fewer versions than one page has. */
const REMOVE_ROUNDS_MAX = 3

/** Removes what tests left, and the buckets they made; what is under COMPLIANCE stays until its lock ends. */
async function removeAll(access: S3Access, made: readonly TestBucket[]): Promise<void> {
  const client = clientOf(access)
  try {
    for (const place of made) {
      await removeVersions(client, place)
      if (place.prefix === '') {
        await outcomeOf(client.send(new DeleteBucketCommand({ Bucket: place.bucket })))
      }
    }
  } finally {
    client.destroy()
  }
}

async function removeVersions(client: S3Client, { bucket, prefix }: TestBucket): Promise<void> {
  for (let round = 0; round < REMOVE_ROUNDS_MAX; round += 1) {
    const list = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix })
    const { Versions = [], DeleteMarkers = [] } = await client.send(list)
    if (Versions.length + DeleteMarkers.length === 0) return
    for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
      const version = { Bucket: bucket, Key, VersionId, BypassGovernanceRetention: true }
      // A bucket without locks may refuse the bypass.
      const bypassed = await outcomeOf(client.send(new DeleteObjectCommand(version)))
      if (bypassed !== 'ok') {
        const { BypassGovernanceRetention: _, ...plain } = version
        await outcomeOf(client.send(new DeleteObjectCommand(plain)))
      }
    }
  }
}
