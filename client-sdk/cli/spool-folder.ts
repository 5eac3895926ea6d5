import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import type { BlobStore } from '../blob-store.ts'
import type { CatalogClient } from '../client.ts'
import type { DiskSpool } from '../spool/disk-spool.ts'
import { openSpool } from '../spool/open-spool.ts'
import { openStaging } from '../staging/open-staging.ts'
import type { ValuesOf } from './command.ts'
import { connection, openClient } from './connection.ts'
import { optional } from './flag.ts'
import { readText } from './flag-values.ts'
import type { Session } from './session.ts'

const spoolFlag = optional(
  {
    usage: '--spool <folder>',
    summary: 'keep here first, so that no outage fails the job; "cairn spool" looks into it',
  },
  readText,
)

/** The flags of a command that may work through a spool. */
export const spoolConnection = { spool: spoolFlag, ...connection }

/** Does work with a client, through the spool of `--spool` if that is given. */
export async function withClient<Result>(
  session: Session,
  values: ValuesOf<typeof spoolConnection>,
  work: (client: CatalogClient) => Promise<Result>,
): Promise<Result> {
  const { spool: directory } = values
  if (directory === undefined) return await work(await openClient(session, values))
  return await withSpool(directory, (spool) => withSpooledClient(session, values, { spool, work }))
}

/** Does work with a client that registers through a spool, and ends what the client does in the background. */
export async function withSpooledClient<Result>(
  session: Session,
  values: ValuesOf<typeof connection>,
  {
    spool,
    store,
    work,
  }: {
    readonly spool: DiskSpool
    /** Where what is staged in the spool is uploaded to; nowhere when left out. */
    readonly store?: BlobStore | undefined
    readonly work: (client: CatalogClient) => Promise<Result>
  },
): Promise<Result> {
  const uploads = store === undefined ? {} : { store, staging: openStaging({ spool }) }
  const client = await openClient(session, values, { spool, ...uploads })
  try {
    return await work(client)
  } finally {
    await client.close()
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

async function withSpool<Result>(
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
