import { join } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import type { RecoveryPlan } from '../api.ts'
import type { BlobStore } from '../blob-store.ts'
import { openDiskStore } from '../stores/disk.ts'
import { openDiskReader, type BlobReader } from '../stores/disk-reader.ts'
// Types alone: the AWS SDK is loaded by the commands that need it, and slows none of the others.
import type { S3Connection } from '../stores/s3/s3-options.ts'
import type { S3Tiles } from '../stores/s3/s3-tiles.ts'
import type { ValuesOf } from './command.ts'
import { defined } from './defined.ts'
import { optional } from './flag.ts'
import { readChoice, readText } from './flag-values.ts'
import type { Session } from './session.ts'

const heading = 'S3'

/** The flags of a command that may ask a store which speaks S3; credentials come by the AWS SDK's own chain. */
export const s3Flags = {
  s3Endpoint: optional(
    {
      usage: '--s3-endpoint <url>',
      summary: 'a store that is not of AWS; default AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL',
      heading,
    },
    readText,
  ),
  s3Region: optional(
    { usage: '--s3-region <region>', summary: 'default AWS_REGION or AWS_DEFAULT_REGION', heading },
    readText,
  ),
  s3Addressing: optional(
    {
      usage: '--s3-addressing <style>',
      summary: 'where a request names the bucket: path or virtual; default path with an endpoint',
      heading,
    },
    readChoice('path', 'virtual'),
  ),
}

/** What a flag that names a store says in the help. */
export const STORE_USAGE = 'disk: and a folder, or s3://bucket/prefix'

const DISK = 'disk:'
const S3 = /^s3:\/\/(?<bucket>[^/]+)(?:\/(?<prefix>.*))?$/

/**
 * Opens the store that a text such as `disk:./states` or `s3://states/fares` names.
 *
 * @throws {INVALID_REQUEST} there is no such kind of store
 */
export async function openStore(
  session: Pick<Session, 'variables'>,
  text: string,
  values: ValuesOf<typeof s3Flags>,
): Promise<BlobStore> {
  const directory = text.startsWith(DISK) ? text.slice(DISK.length) : ''
  if (directory !== '') return await openDiskStore({ directory })
  const place = S3.exec(text)?.groups
  if (place === undefined) {
    throw new CatalogError(
      'INVALID_REQUEST',
      `--store: write ${STORE_USAGE}, such as disk:./states or s3://states/fares.`,
    )
  }
  const { openS3Store } = await import('../s3.ts')
  const { bucket = '', prefix = '' } = place
  const journal = defined({ journal: journalOf(session) })
  return await openS3Store({ ...connectionOf(session, values), ...journal, bucket, prefix })
}

/** What reads the blobs of a plan: disk stores of this machine and, when the plan needs it, S3. */
export async function readersOf(
  session: Pick<Session, 'variables'>,
  plan: RecoveryPlan,
  values: ValuesOf<typeof s3Flags>,
): Promise<readonly BlobReader[]> {
  const disk = openDiskReader()
  const needsS3 = plan.stages.some(({ blobs }) =>
    blobs.some((blob) => [blob, ...(blob.copies ?? [])].some(({ uri }) => uri.startsWith('s3:'))),
  )
  if (!needsS3) return [disk]
  const { openS3Reader } = await import('../s3.ts')
  return [disk, openS3Reader(connectionOf(session, values))]
}

/** Whether a text names a place in S3 rather than a folder. */
export function isS3(place: string): boolean {
  return place.startsWith('s3://')
}

/**
 * Opens a log that is published at a place such as `s3://public/logs/airline`.
 *
 * @throws {INVALID_REQUEST | CONFIG_INVALID} the place is none
 */
export async function openTilesInS3(
  session: Pick<Session, 'variables'>,
  text: string,
  values: ValuesOf<typeof s3Flags>,
): Promise<S3Tiles> {
  const { bucket, prefix = '' } = S3.exec(text)?.groups ?? {}
  if (bucket === undefined) {
    throw new CatalogError('INVALID_REQUEST', `"${text}" is no place: write s3://bucket/prefix.`)
  }
  const { openS3Tiles } = await import('../s3.ts')
  return openS3Tiles({ ...connectionOf(session, values), bucket, prefix })
}

function connectionOf(
  { variables }: Pick<Session, 'variables'>,
  values: ValuesOf<typeof s3Flags>,
): S3Connection {
  const { s3Endpoint, s3Region, s3Addressing } = values
  const endpoint =
    s3Endpoint ?? (variables['AWS_ENDPOINT_URL_S3'] || variables['AWS_ENDPOINT_URL'] || undefined)
  const region = s3Region ?? (variables['AWS_REGION'] || variables['AWS_DEFAULT_REGION'])
  return defined({
    endpoint,
    // A store of one's own has no regions, but requests are signed with one.
    region: region || (endpoint === undefined ? undefined : 'us-east-1'),
    pathStyle: s3Addressing === undefined ? undefined : s3Addressing === 'path',
  })
}

/** Where interrupted uploads are remembered, so that the same command goes on with them; undefined without a home. */
function journalOf({ variables }: Pick<Session, 'variables'>): string | undefined {
  const { CAIRN_UPLOADS_DIR: given, XDG_STATE_HOME: state, HOME: home } = variables
  if (given) return given
  if (state) return join(state, 'cairn', 'uploads')
  return home ? join(home, '.local', 'state', 'cairn', 'uploads') : undefined
}
