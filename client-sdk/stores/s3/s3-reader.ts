import { GetObjectCommand } from '@aws-sdk/client-s3'
import { CatalogError } from '../../../schema/errors.ts'
import type { BlobReference } from '../../api.ts'
import { within } from '../../deadline.ts'
import type { BlobReader } from '../disk-reader.ts'
import { failureOfS3, type S3Subject } from './s3-failure.ts'
import { parseConnection, type S3Connection, type S3Settings } from './s3-options.ts'
import { noAnswer, requestsTo } from './s3-requests.ts'
import { parseS3Uri, type S3Place } from './s3-uri.ts'

/** Which objects a reader reads. */
export interface S3ReaderOptions extends S3Connection {
  /** Buckets it reads from; without it, any that the credentials reach. */
  readonly buckets?: readonly string[]
}

/**
 * Reads exactly the version that a reference pins, from any offset; a delete marker on top of it does not matter.
 *
 * Give it to `restore` among its `stores`. Digests are checked there.
 *
 * @throws {CONFIG_INVALID} an option is out of bounds
 */
export function openS3Reader(options: S3ReaderOptions = {}): BlobReader {
  const settings = parseConnection(options)
  const { buckets } = options
  return readerOver(settings, ({ bucket }) => buckets?.includes(bucket) ?? true)
}

/** A reader of the places that `mayRead` allows. */
export function readerOver(settings: S3Settings, mayRead: (place: S3Place) => boolean): BlobReader {
  return {
    scheme: 's3',
    async *read(reference, offsetBytes = 0) {
      const place = parseS3Uri(reference.uri)
      if (place === undefined || !mayRead(place) || reference.versionId === 'null') {
        throw notOurs(reference)
      }
      yield* readVersion(settings, { reference, place, offsetBytes })
    },
  }
}

interface Read {
  readonly reference: BlobReference
  readonly place: S3Place
  readonly offsetBytes: number
}

async function* readVersion(
  settings: S3Settings,
  { reference, place, offsetBytes }: Read,
): AsyncGenerator<Uint8Array> {
  // A range that begins at the end cannot be asked for.
  if (offsetBytes > 0 && offsetBytes >= reference.sizeBytes) return
  const what = `Reading the blob "${reference.name}" at ${reference.uri}`
  const subject = { what, bucket: place.bucket }
  const stop = new AbortController()
  const send = requestsTo(settings, place.bucket)
  const { Body: body, ContentLength: announcedBytes } = await send({ what }, ({ abortSignal }) =>
    settings.client.send(
      new GetObjectCommand({
        Bucket: place.bucket,
        Key: place.key,
        VersionId: reference.versionId,
        ...(offsetBytes === 0 ? {} : { Range: `bytes=${offsetBytes}-` }),
      }),
      { abortSignal: AbortSignal.any([abortSignal, stop.signal]) },
    ),
  )
  if (!isReadable(body)) throw brokenOff(subject, 'no body')
  let sizeBytes = 0
  try {
    for await (const piece of pieces(settings, subject, body)) {
      sizeBytes += piece.length
      yield piece
    }
    if (announcedBytes !== undefined && sizeBytes < announcedBytes) {
      throw brokenOff(subject, `${sizeBytes} of ${announcedBytes} bytes came`)
    }
  } finally {
    stop.abort()
  }
}

/** The pieces of a body; a silence that is too long ends it. */
async function* pieces(
  { clock, idleMs }: S3Settings,
  subject: S3Subject,
  body: AsyncIterable<Uint8Array> & { destroy(): unknown },
): AsyncGenerator<Uint8Array> {
  const source = body[Symbol.asyncIterator]()
  try {
    // Ends with the body.
    for (;;) {
      const ended = await within({ clock, ms: idleMs }, () => source.next()).catch(
        (cause: unknown) => {
          throw failureOfS3(cause, subject).error
        },
      )
      if (ended.kind !== 'done') throw noAnswer(subject, idleMs)
      if (ended.value.done === true) return
      yield ended.value.value
    }
  } finally {
    body.destroy()
  }
}

/** Whether a body is a stream of Node's, which is what the SDK gives there. */
function isReadable(
  body: unknown,
): body is AsyncIterable<Uint8Array> & { readonly destroy: () => unknown } {
  return (
    typeof body === 'object' && body !== null && Symbol.asyncIterator in body && 'destroy' in body
  )
}

function brokenOff({ what, bucket }: S3Subject, why: string): CatalogError {
  return new CatalogError('STORE_UNAVAILABLE', `${what} broke off: ${why}; read it again.`, {
    detail: { bucket },
  })
}

function notOurs({ name, uri }: BlobReference): CatalogError {
  return new CatalogError(
    'BLOB_NOT_FOUND',
    `The blob "${name}" is not pinned in a bucket that this store reads: ${uri}; open the store that made the reference.`,
  )
}
