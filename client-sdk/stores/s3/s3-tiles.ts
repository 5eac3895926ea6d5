import { GetObjectCommand } from '@aws-sdk/client-s3'
import { CatalogError, isCatalogError } from '../../../schema/errors.ts'
import { fileMaxBytes, type TileSource } from '../../verify/tile-source.ts'
import { parseConnection, type S3Connection } from './s3-options.ts'
import { requestsTo } from './s3-requests.ts'
import { formatS3Uri, parseLocation } from './s3-uri.ts'

/** Most bytes of a document. */
const DOCUMENT_MAX_BYTES = 8 * 1024 * 1024

/** Where a log is published in S3. */
export interface S3TilesOptions extends S3Connection {
  readonly bucket: string
  /** What the keys of the log begin with, such as `logs/airline`. Default: nothing. */
  readonly prefix?: string
}

/** A log in a bucket, with the documents that its entries name. */
export interface S3Tiles extends TileSource {
  /** The bytes of a document, unchecked; undefined where there is none. */
  readDocument(digest: string): Promise<Uint8Array | undefined>
}

/**
 * Reads a log from a bucket that has its files under their C2SP paths, such as `cairn log publish` writes.
 *
 * Its reads throw `BODY_TOO_LARGE` when an object is larger than such a file can be, and else what the store's
 * failure is.
 *
 * @throws {CONFIG_INVALID} an option is out of bounds
 * @see https://c2sp.org/tlog-tiles
 */
export function openS3Tiles(options: S3TilesOptions): S3Tiles {
  const { bucket, key: prefix } = parseLocation(options.bucket, options.prefix ?? '')
  const settings = parseConnection(options)
  const send = requestsTo(settings, bucket)
  const read = async (path: string, maxBytes: number): Promise<Uint8Array | undefined> => {
    const Key = `${prefix}${path}`
    const uri = formatS3Uri({ bucket, key: Key })
    const command = new GetObjectCommand({ Bucket: bucket, Key })
    try {
      return await send({ what: `Reading ${uri}`, sizeBytes: maxBytes }, async (how) => {
        const { Body: body, ContentLength: sizeBytes } = await settings.client.send(command, how)
        if (sizeBytes === undefined || sizeBytes > maxBytes) throw tooLarge(uri, maxBytes)
        return body?.transformToByteArray()
      })
    } catch (error) {
      if (isCatalogError(error) && error.code === 'BLOB_NOT_FOUND') return undefined
      throw error
    }
  }
  return {
    read: async (path) => read(path, fileMaxBytes(path)),
    readDocument: async (digest) => {
      // Digests come from entries that nobody has checked yet: no other key is made of one.
      const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1]
      return hex === undefined ? undefined : read(`documents/sha256/${hex}`, DOCUMENT_MAX_BYTES)
    },
  }
}

function tooLarge(uri: string, maxBytes: number): CatalogError {
  return new CatalogError(
    'BODY_TOO_LARGE',
    `${uri} is larger than the ${maxBytes} bytes that such a file can have: find out what it is.`,
  )
}
