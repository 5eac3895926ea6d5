import { join } from 'node:path'
import type { RecoveryPlan } from '../../../api.ts'
import type { BlobStore } from '../../../blob-store.ts'
import type { BlobReader } from '../../../stores/disk-reader.ts'
import { openStore, readersOf } from '../../blob-stores.ts'

/** Where a job keeps its states. */
export interface JobPlace {
  /** Such as `s3://states/fares`; a folder of the directory when undefined. */
  readonly store: string | undefined
  /** What the store is reached with. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Holds the blobs, the spool, and what is being restored. */
  readonly directory: string
}

/** The job is given its store by variables, and by no flag. */
const noFlags = { s3Endpoint: undefined, s3Region: undefined, s3Addressing: undefined }

/**
 * Opens the store that a job puts its states into.
 *
 * @throws {INVALID_REQUEST} there is no such kind of store
 */
export async function openJobStore(place: JobPlace): Promise<BlobStore> {
  const { store = `disk:${join(place.directory, 'store')}` } = place
  return await openStore(place, store, noFlags)
}

/** What reads the states of a job back. */
export async function openJobReaders(
  from: Pick<JobPlace, 'variables'>,
  plan: RecoveryPlan,
): Promise<readonly BlobReader[]> {
  return await readersOf(from, plan, noFlags)
}
