import { CatalogError } from '../../schema/errors.ts'
import type { Context } from '../context.ts'

/** A manifest that lists 100,000 files. */
const MANIFEST_MAX_BYTES = 32 * 1024 * 1024
const FILES_MAX_COUNT = 100_000
/** The last moment that a date can be. */
const MOMENT_MAX_MS = 8.64e15
/** What an inventory must have for its rows to be versions; the rest may be there. */
const columnsNeeded = ['Bucket', 'Key', 'VersionId', 'IsDeleteMarker', 'Size'] as const

/** A list of a bucket's versions that the store itself has written. */
export interface Inventory {
  readonly uri: string
  /** Name of the bucket that it lists. */
  readonly bucket: string
  readonly createdMs: number
  readonly columns: readonly string[]
  readonly files: readonly InventoryFile[]
}

/** A gzipped CSV file of an inventory. */
export interface InventoryFile {
  readonly uri: string
  readonly sizeBytes: number
  /** MD5 as 32 hexadecimal digits. */
  readonly md5: string
}

/**
 * Reads the manifest of an S3 Inventory in a bucket that is open to the namespace.
 *
 * @throws {INVALID_REQUEST} it is none that can be compared, and how to set the inventory up
 * @throws {BUCKET_NOT_ALLOWED} it, or where it says that its files are, is in no bucket of the configuration
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export async function readInventory(
  { blobs, ending }: Context,
  namespace: string,
  uri: string,
): Promise<Inventory> {
  const { readNamed } = blobs.find(uri, namespace).store
  if (readNamed === undefined) throw unusable(uri, 'is in no bucket of S3')
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of readNamed(uri, ending)) {
    sizeBytes += piece.length
    if (sizeBytes > MANIFEST_MAX_BYTES) throw unusable(uri, 'is too large for a manifest')
    pieces.push(piece)
  }
  return parseInventory(uri, Buffer.concat(pieces).toString())
}

/** @throws {INVALID_REQUEST} */
function parseInventory(uri: string, text: string): Inventory {
  const manifest = parseObject(uri, text)
  const format = textOf(manifest['fileFormat'])
  if (format !== 'CSV') {
    throw unusable(
      uri,
      `is of the format ${format || 'unknown'}, and only CSV is read: set the output format of the inventory to CSV`,
    )
  }
  const columns = textOf(manifest['fileSchema'])
    .split(',')
    .map((name) => name.trim())
  if (new Set(columns).size < columns.length) throw unusable(uri, 'names a column twice')
  const missing = columnsNeeded.filter((name) => !columns.includes(name))
  if (missing.length > 0) {
    throw unusable(
      uri,
      `has no ${missing.join(', ')}: let the inventory include all versions, and the field Size`,
    )
  }
  const createdMs = Number(textOf(manifest['creationTimestamp']))
  const destination = textOf(manifest['destinationBucket']).replace(/^arn:aws[a-z-]*:s3:::/, '')
  const bucket = textOf(manifest['sourceBucket'])
  const listed: unknown = manifest['files']
  if (
    !(createdMs > 0 && createdMs <= MOMENT_MAX_MS) ||
    destination === '' ||
    bucket === '' ||
    !Array.isArray(listed) ||
    listed.length > FILES_MAX_COUNT
  ) {
    throw unusable(uri, 'is no manifest of an S3 Inventory')
  }
  // Nothing is what an inventory of the wrong prefix lists: by it, everything would be missing.
  if (listed.length === 0) throw unusable(uri, 'lists no file: wait for one that does')
  const files = listed.map((file: unknown) => parseFile(uri, destination, file))
  return { uri, bucket, createdMs, columns, files }
}

function parseObject(uri: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found === 'object' && found !== null) return { ...found }
  } catch {
    // Told below.
  }
  throw unusable(uri, 'is no manifest of an S3 Inventory')
}

function parseFile(uri: string, bucket: string, file: unknown): InventoryFile {
  const {
    key,
    size,
    MD5checksum: md5,
  } = typeof file === 'object' && file !== null
    ? ({ ...file } as Readonly<Record<string, unknown>>)
    : {}
  if (
    typeof key !== 'string' ||
    typeof size !== 'number' ||
    typeof md5 !== 'string' ||
    !/^[0-9a-f]{32}$/.test(md5)
  ) {
    throw unusable(uri, 'lists a file without key, size and MD5checksum')
  }
  return { uri: `s3://${bucket}/${key}`, sizeBytes: size, md5 }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const unusable = (uri: string, why: string): CatalogError =>
  new CatalogError('INVALID_REQUEST', `The inventory ${uri} ${why}.`)
