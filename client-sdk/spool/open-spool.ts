import { CatalogError } from '../../schema/errors.ts'
import { removeLeftovers } from '../stores/disk-temporary.ts'
import { DiskSpool } from './disk-spool.ts'
import { prepareSpool } from './layout.ts'

/** Ten thousand registrations: hours of a job that registers every second, and a listing takes milliseconds. */
const RECORDS_MAX_COUNT = 10_000

/** 256 MiB: ten thousand large manifests, and small beside any checkpoint. */
const BYTES_MAX = 256 * 1024 * 1024

export interface SpoolOptions {
  /** Made with mode 0700 when missing; must belong to this user and hold nothing but a spool. */
  readonly directory: string
  /** Most records in the folder, refused and corrupt ones included; default 10,000. */
  readonly maxRecords?: number
  /** Most bytes of records in the folder, refused and corrupt ones included; default 256 MiB. */
  readonly maxBytes?: number
  /** Epoch milliseconds; default `Date.now`. */
  readonly clock?: () => number
}

/**
 * Opens a spool: a folder in which registrations wait, one file each, while the catalog cannot be reached.
 *
 * An append takes two fsyncs. Several processes may append at once; one drains at a time. Nothing in the folder
 * is removed but what the catalog has received. The bounds hold for one process exactly; several together may
 * pass them by what they append within a second.
 *
 * @throws {CONFIG_INVALID} the folder is a link, belongs to another user or holds something else, or a bound is
 *   no positive integer
 * @throws {STORE_FAILED} the folder cannot be made or read
 * @see docs/spool-format.md
 */
export async function openSpool(options: SpoolOptions): Promise<DiskSpool> {
  const { maxRecords = RECORDS_MAX_COUNT, maxBytes = BYTES_MAX, clock = Date.now } = options
  for (const [name, bound] of Object.entries({ maxRecords, maxBytes })) {
    if (Number.isSafeInteger(bound) && bound > 0) continue
    throw new CatalogError('CONFIG_INVALID', `"${name}" of a spool must be a positive integer.`)
  }
  const layout = await prepareSpool(options.directory)
  await removeLeftovers(layout.temporary, Date.now())
  return new DiskSpool(layout, { maxRecords, maxBytes, clock })
}
