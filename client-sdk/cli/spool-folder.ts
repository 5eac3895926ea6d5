import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import { optional } from './flag.ts'
import { readText } from './flag-values.ts'
import type { DiskSpool } from '../spool/disk-spool.ts'
import { openSpool } from '../spool/open-spool.ts'

/** The flag with which a job in any language gets a spool. */
export const spoolFlag = optional(
  {
    usage: '--spool <folder>',
    summary: 'keep here first, so that no outage fails the job; "cairn spool" looks into it',
  },
  readText,
)

/** Does work with the spool of a folder and closes it; makes the spool when there is none. */
export async function withSpool<Result>(
  directory: string,
  work: (spool: DiskSpool) => Promise<Result>,
): Promise<Result> {
  const spool = await openSpool({ directory })
  try {
    return await work(spool)
  } finally {
    await spool.close()
  }
}

/**
 * Does work with a spool that is there.
 *
 * @throws {CONFIG_INVALID} it is not: a folder that was mistyped must not become an empty spool
 */
export async function withExistingSpool<Result>(
  directory: string,
  work: (spool: DiskSpool) => Promise<Result>,
): Promise<Result> {
  if (existsSync(directory)) return await withSpool(directory, work)
  throw new CatalogError('CONFIG_INVALID', `There is no spool at ${resolve(directory)}.`)
}
