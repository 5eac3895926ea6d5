import { createHash } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CatalogError } from '../../schema/errors.ts'
import type { Context } from '../context.ts'
import type { ListedVersion } from '../store/blob-store.ts'
import { readCsv } from './read-csv.ts'
import type { Inventory, InventoryFile } from './read-inventory.ts'
import { sortLines } from './sort-lines.ts'

/** The columns that make a version, in this order. */
const columnsRead = ['Bucket', 'Key', 'VersionId', 'IsDeleteMarker', 'Size']

type Line = readonly [
  uri: string,
  versionId: string,
  size: number,
  modified: string,
  marker: boolean,
]

/**
 * The versions that an inventory lists, in the order of their URIs. All of it is read and checked before the first
 * one is given.
 *
 * @throws {BLOB_CORRUPT} a file is not what the manifest says, or no CSV
 */
export async function* listInventory(
  context: Context,
  asked: {
    readonly namespace: string
    readonly inventory: Inventory
    readonly holds: (uri: string) => boolean
  },
): AsyncGenerator<ListedVersion> {
  for await (const [uri, versionId, sizeBytes, lastModified, isDeleteMarker] of sortLines(
    linesOf(context, asked),
  )) {
    yield { uri, versionId, sizeBytes, lastModified, isDeleteMarker, marker: '' }
  }
}

async function* linesOf(
  { blobs, ending }: Context,
  { namespace, inventory, holds }: Parameters<typeof listInventory>[1],
): AsyncGenerator<Line> {
  const { columns, createdMs } = inventory
  const [bucketAt, keyAt, versionAt, markerAt, sizeAt] = columnsRead.map((name) =>
    columns.indexOf(name),
  )
  const modifiedAt = columns.indexOf('LastModifiedDate')
  const created = new Date(createdMs).toISOString()
  for (const file of inventory.files) {
    const { readNamed } = blobs.find(file.uri, namespace).store
    if (readNamed === undefined) throw corrupt(file.uri, 'is in no bucket of S3')
    const csv = unzipped(file, checked(file, readNamed(file.uri, ending)))
    for await (const row of readCsv(csv, { name: file.uri, fieldCount: columns.length })) {
      const at = (place: number | undefined): string => row[place ?? -1] ?? ''
      const uri = `s3://${at(bucketAt)}/${decodeKey(file.uri, at(keyAt))}`
      if (!holds(uri)) continue
      const isMarker = at(markerAt) === 'true'
      const size = at(sizeAt)
      // Without a date, all that is known is that it was there.
      const modified = modifiedAt < 0 ? created : at(modifiedAt)
      if (!isMarker && at(markerAt) !== 'false') throw oddValue(file.uri, 'IsDeleteMarker', row)
      if (!/^\d{1,15}$/.test(size) && !(isMarker && size === ''))
        throw oddValue(file.uri, 'Size', row)
      if (Number.isNaN(Date.parse(modified))) throw oddValue(file.uri, 'LastModifiedDate', row)
      yield [uri, at(versionAt) || 'null', Number(size), modified, isMarker]
    }
  }
}

const oddValue = (file: string, column: string, row: readonly string[]): CatalogError =>
  corrupt(file, `has no such ${column}: ${JSON.stringify(row.join(',').slice(0, 200))}`)

/** Keys are encoded as in a form: a space is a plus sign. */
function decodeKey(file: string, key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    throw corrupt(
      file,
      `has the key ${JSON.stringify(key.slice(0, 200))}, which is not URL-encoded`,
    )
  }
}

/** The bytes of a file, which at their end must have been those of the manifest. */
async function* checked(
  { uri, sizeBytes, md5 }: InventoryFile,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('md5')
  let count = 0
  for await (const piece of pieces) {
    count += piece.length
    if (count > sizeBytes) break
    hash.update(piece)
    yield piece
  }
  if (count === sizeBytes && hash.digest('hex') === md5) return
  throw corrupt(uri, 'is not the file that the manifest names: its size or MD5 differs')
}

async function* unzipped(
  { uri }: InventoryFile,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let failure: unknown
  const source = Readable.from(pieces)
  const gunzip = pipeline(source, createGunzip(), (error) => {
    failure = error
  })
  try {
    for await (const piece of gunzip) yield piece as Uint8Array
  } catch (error) {
    const cause = failure ?? error
    if (cause instanceof CatalogError) throw cause
    throw corrupt(uri, 'is no gzip file', cause)
  }
}

const corrupt = (uri: string, why: string, cause?: unknown): CatalogError =>
  new CatalogError(
    'BLOB_CORRUPT',
    `The inventory file ${uri} ${why}: have the store write it anew.`,
    {
      cause,
    },
  )
