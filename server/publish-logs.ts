import { CatalogError, isCatalogError } from '../schema/errors.ts'
import { openCatalog, type Catalog } from './compose.ts'
import type { Config } from './config.ts'
import { openBucketTarget } from './publish/bucket-target.ts'
import { openFolderTarget } from './publish/folder-target.ts'
import type { PublishedLog } from './publish/publish-log.ts'
import {
  publishAll,
  startPublisher,
  type Publisher,
  type PublisherOptions,
} from './publish/publisher.ts'

/**
 * Publishes what a server has, and then whatever it writes, if it is to publish to a folder or a bucket.
 *
 * @throws {CONFIG_INVALID | STORE_FAILED} the place cannot be used, or another process publishes to the folder
 */
export async function followCatalog(
  catalog: Catalog,
  folder: string | undefined,
): Promise<Publisher | undefined> {
  if (folder === undefined) return undefined
  const publisher = startPublisher(await optionsOf(catalog, folder))
  catalog.follow(publisher.announce)
  return publisher
}

/** What to publish, and until when. */
export interface PublishLogsOptions {
  /** A folder, or `s3://bucket/prefix` in a bucket of the configuration. */
  readonly folder: string
  /** Goes on with what other processes write, until the signal; otherwise ends when all is published. */
  readonly follow: boolean
  readonly signal: AbortSignal
  /** Told of each log that has grown by this. */
  readonly onPublished: (published: PublishedLog) => void
}

/**
 * Publishes every log of a catalog to a folder or a bucket, while servers have it open or not.
 *
 * @throws {LOG_ROLLED_BACK | LOG_CORRUPT | STORE_FAILED | CONFIG_INVALID} a log could not be published, although
 * all others are; while following, such a log is tried again instead
 */
export async function publishLogs(config: Config, options: PublishLogsOptions): Promise<void> {
  const { folder, follow, signal, onPublished } = options
  const catalog = await openCatalog(config)
  try {
    const found = await optionsOf(catalog, folder)
    if (follow) {
      const publisher = startPublisher({ ...found, onPublished })
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await publisher.close()
      return
    }
    const failures: unknown[] = []
    const onFailure = (error: unknown): void => void failures.push(error)
    try {
      await publishAll({ ...found, onPublished, onFailure }, signal)
    } finally {
      found.target.close()
    }
    if (failures.length > 0) throw failures[0]
  } finally {
    await catalog.close()
  }
}

/** What begins as a URI does: a mistyped one must not become a folder of that name. */
const URI = /^[a-z][a-z0-9+.-]+:/i

async function optionsOf(catalog: Catalog, folder: string): Promise<PublisherOptions> {
  const { context, logger } = catalog
  const isInBucket = folder.startsWith('s3://')
  if (!isInBucket && URI.test(folder)) {
    throw new CatalogError(
      'CONFIG_INVALID',
      `Logs cannot be published to ${JSON.stringify(folder)}: give the path of a folder, or s3://bucket/prefix.`,
    )
  }
  return {
    db: context.db,
    signer: context.signer,
    cosignatures: context.cosignatures,
    target: isInBucket
      ? openBucketTarget({ uri: folder, blobs: context.blobs, db: context.db })
      : await openFolderTarget(folder),
    onFailure: (error, namespace) => {
      logger.error({ err: error, namespace }, 'a log was not published')
      // The publisher reads every tile that it writes: what it finds, writers need not find again.
      if (namespace !== undefined && isCatalogError(error) && error.code === 'LOG_CORRUPT') {
        context.log.stopped.stop(namespace, error)
      }
    },
  }
}
