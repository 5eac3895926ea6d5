import { join } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import type { DiskSpool } from '../spool/disk-spool.ts'
import type { Staging } from '../staging.ts'
import { openDiskStore } from '../stores/disk.ts'
import { DiskUploads } from './disk-uploads.ts'

/** A few checkpoints: a store that is slower than the job for longer than that slows the job down. */
const CHECKPOINTS_MAX_COUNT = 4
/** 64 GiB: what the disk of a machine that trains can spare. */
const BYTES_MAX = 64 * 1024 ** 3

export interface StagingOptions {
  /** Where staged checkpoints lie, beside what waits to be sent. */
  readonly spool: DiskSpool
  /** Most checkpoints of a line that are staged; one more waits. Default: 4. */
  readonly maxCheckpoints?: number
  /** Bytes that a line has staged before a further checkpoint waits. Default: 64 GiB. */
  readonly maxBytes?: number
  /** Epoch milliseconds; default `Date.now`. */
  readonly clock?: () => number
}

/**
 * Opens the part of a spool in which the bytes of checkpoints wait for their upload.
 *
 * Give it to the client with a `store`, for checkpoints whose `persistence` is `async` or `hybrid`.
 *
 * @throws {CONFIG_INVALID} a bound is no positive integer
 * @see docs/spool-format.md
 */
export function openStaging(options: StagingOptions): Staging {
  const {
    spool,
    maxCheckpoints: maxCount = CHECKPOINTS_MAX_COUNT,
    maxBytes = BYTES_MAX,
    clock: nowMs = Date.now,
  } = options
  for (const [name, bound] of Object.entries({ maxCheckpoints: maxCount, maxBytes })) {
    if (Number.isSafeInteger(bound) && bound > 0) continue
    throw new CatalogError('CONFIG_INVALID', `"${name}" of a staging must be a positive integer.`)
  }
  const { layout } = spool
  const openLight = () => openDiskStore({ directory: join(layout.root, 'light') })
  return {
    attach: (parts) => new DiskUploads({ layout, openLight, nowMs, maxCount, maxBytes }, parts),
  }
}
