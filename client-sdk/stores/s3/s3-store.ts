import type { BlobStore } from '../../blob-store.ts'
import { checkBlobName } from '../blob-name.ts'
import { requireVersioning } from './bucket-check.ts'
import { abortUpload } from './multipart.ts'
import { putBlob, type PutTarget } from './put-blob.ts'
import { parseConnection, parsePartSettings, type S3StoreOptions } from './s3-options.ts'
import { readerOver } from './s3-reader.ts'
import { requestsTo } from './s3-requests.ts'
import { parseLocation } from './s3-uri.ts'
import { openUploadJournal } from './upload-journal.ts'

/** A store of blobs in a bucket. */
export interface S3Store extends BlobStore {
  readonly bucket: string
  /** Ends the connections that it has opened itself. */
  close(): void
}

/** An interrupted upload that nobody goes on with costs money; after this long it is given up. */
const UPLOAD_MAX_AGE_MS = 7 * 24 * 3_600_000
/** Old uploads given up by one store; the next store goes on. */
const OLD_UPLOADS_MAX_COUNT = 100

/**
 * Opens a bucket as a store of blobs. Nothing is asked of the store before the first put.
 *
 * A put streams content of any length: small content in one request, larger in parts of which memory holds
 * `concurrency` and one more. Content whose digest is known beforehand lies under `<prefix>/sha256/<digest>`, other
 * under a key of its own. The reference pins the version; a bucket without versioning is refused.
 *
 * @throws {CONFIG_INVALID} an option is out of bounds
 * @throws {STORE_FAILED} the folder of the journal cannot be made
 */
export async function openS3Store(options: S3StoreOptions): Promise<S3Store> {
  const { bucket, key: prefix } = parseLocation(options.bucket, options.prefix ?? '')
  const settings = parseConnection(options)
  const { journal: folder, createOnly = false } = options
  const store: PutTarget = {
    bucket,
    prefix,
    settings,
    ...parsePartSettings(options),
    send: requestsTo(settings, bucket),
    createOnly,
    journal: folder === undefined ? undefined : await openUploadJournal(folder),
    hasCrc: true,
  }
  let ready: Promise<void> | undefined
  const reader = readerOver(settings, (place) => place.bucket === bucket)
  return {
    ...reader,
    bucket,
    async put(name, content, putOptions) {
      checkBlobName(name)
      ready ??= prepare(store)
      await ready.catch((error: unknown) => {
        // Another put asks again: versioning may have been turned on since.
        ready = undefined
        throw error
      })
      return await putBlob(store, { name, content }, putOptions)
    },
    close() {
      if (settings.ownsClient) settings.client.destroy()
    },
  }
}

async function prepare(store: PutTarget): Promise<void> {
  await requireVersioning(store)
  const { journal, bucket } = store
  if (journal === undefined) return
  const beforeMs = Date.now() - UPLOAD_MAX_AGE_MS
  for (let count = 0; count < OLD_UPLOADS_MAX_COUNT; count += 1) {
    const old = await journal.claimOlder(beforeMs)
    if (old === undefined) return
    // What is of another bucket is its store's to give up; the store's own rule ends what nobody does.
    if (old.header.bucket === bucket) await abortUpload(store, old.header).catch(() => undefined)
    await old.forget()
  }
}
