import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { CatalogError } from '../../../../schema/errors.ts'
import { openS3Reader, openS3Store } from '../../../s3.ts'
import type { BlobReader } from '../../../stores/disk-reader.ts'
import { defined } from '../../defined.ts'
import type { Workspace } from '../workspace.ts'
import { findCephRgw } from './ceph-rgw.ts'
import { makeBucket, removeAll } from './demo-bucket.ts'
import type { LoopbackS3, Variables } from './loopback-s3.ts'
import { findVersitygw } from './versitygw.ts'

/** Which S3 a demonstration is to use; without an endpoint, what the environment or this machine has. */
export interface S3Choice {
  readonly endpoint?: string
}

/** A place in S3 for the states of a demonstration. */
export interface DemoS3 {
  /** What it is, for people. */
  readonly title: string
  /** Such as `s3://states/cairn-demo-4f1c`. */
  readonly store: string
  /** What the bucket is called in the catalog's configuration. */
  readonly bucketName: string
  /** What jobs and the catalog find in their environment. */
  readonly variables: Variables
  readonly client: S3Client
  readonly reader: BlobReader
  /** Writes the file that opens the place to a namespace of the catalog, and no other; gives its path. */
  writeBucketsFile(namespace: string): Promise<string>
}

/** A store that answers, started here or not. */
interface Server extends Partial<Pick<LoopbackS3, 'endpoint' | 'credentials'>> {
  readonly title: string
  readonly region: string
  /** A bucket that exists. */
  readonly bucket?: string
  readonly isStarted: boolean
}

const DEFAULT_REGION = 'us-east-1'

/**
 * Opens a place for states in the S3 that was chosen, or in one that is started for it; either goes with the
 * workspace, and nothing is left in a bucket.
 *
 * @throws {CONFIG_INVALID} nothing was chosen, and this machine has none to start
 * @throws {STORE_FAILED | STORE_UNSUITABLE} the store makes no bucket, or the one that is named keeps no versions
 */
export async function openDemoS3(
  workspace: Workspace,
  choice: S3Choice,
  variables: Variables,
): Promise<DemoS3> {
  const server = findChosen(choice, variables) ?? (await startHere(workspace, variables))
  const { endpoint, region, credentials } = server
  const pathStyle = endpoint !== undefined
  const connection = defined({ endpoint, region, credentials })
  const client = new S3Client({ ...connection, forcePathStyle: pathStyle })
  const bucket = server.bucket ?? (await makeBucket(client))
  const prefix = `cairn-demo-${randomBytes(4).toString('hex')}`
  workspace.onClose(async () => {
    // What was started here takes its objects with it.
    if (!server.isStarted) {
      const isOwn = server.bucket === undefined
      await removeAll(client, { bucket, prefix: isOwn ? '' : `${prefix}/`, isOwn })
    }
    client.destroy()
  })
  // Says at once, and in a sentence, what is wrong with a bucket.
  await (await openS3Store({ client, bucket, prefix })).put('first', Buffer.from('Cairn'))
  const bucketName = 'demo'
  return {
    title: server.title,
    store: `s3://${bucket}/${prefix}`,
    bucketName,
    variables: variablesOf(server),
    client,
    reader: openS3Reader({ client }),
    writeBucketsFile: async (namespace) => {
      const place = { bucket, prefix: `${prefix}/`, ...defined({ endpoint, region }), pathStyle }
      const listed = { name: bucketName, ...place, namespaces: [namespace] }
      const file = join(workspace.directory, 'buckets.json')
      await writeFile(file, JSON.stringify({ buckets: [listed] }))
      return file
    },
  }
}

function findChosen(choice: S3Choice, variables: Variables): Server | undefined {
  const named = variables['AWS_ENDPOINT_URL_S3'] || variables['AWS_ENDPOINT_URL'] || undefined
  const endpoint = choice.endpoint ?? named
  const bucket = variables['CAIRN_S3_BUCKET'] || undefined
  if (endpoint === undefined && bucket === undefined) return undefined
  const region = variables['AWS_REGION'] || variables['AWS_DEFAULT_REGION'] || DEFAULT_REGION
  const title = endpoint ?? `the bucket ${bucket}`
  return { title, region, isStarted: false, ...defined({ endpoint, bucket }) }
}

async function startHere(workspace: Workspace, variables: Variables): Promise<Server> {
  const starter = findVersitygw(variables) ?? findCephRgw(variables)
  if (starter === undefined) throw nothingToStart()
  const { stop, ...started } = await starter.start()
  workspace.onClose(stop)
  return { title: `${starter.name}, started for this`, isStarted: true, ...started }
}

function variablesOf({ endpoint, region, credentials }: Server): Variables {
  const own = credentials && {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    // Each of these would be asked before the keys, or go with other ones.
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
  }
  return { ...(endpoint && { AWS_ENDPOINT_URL_S3: endpoint }), AWS_REGION: region, ...own }
}

const nothingToStart = (): CatalogError =>
  new CatalogError(
    'CONFIG_INVALID',
    'There is no S3 for the demonstration. Give an endpoint, such as --s3 http://127.0.0.1:7070 with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the name of a versioned bucket in CAIRN_S3_BUCKET. Or install one that it starts by itself: versitygw (go install github.com/versity/versitygw/cmd/versitygw@v1.8.0, then name the program in CAIRN_VERSITYGW), or Ceph (apt-get install radosgw ceph-mon ceph-osd).',
  )
