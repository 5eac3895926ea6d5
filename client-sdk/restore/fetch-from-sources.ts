import { CatalogError, isCatalogError, type ErrorCode } from '../../schema/errors.ts'
import type { PlanBlob } from '../api.ts'
import type { BlobReader } from '../stores/disk-reader.ts'
import { quoted, type Target } from './blob-path.ts'
import { fetchBlob, type BlobTask } from './fetch-blob.ts'
import type { RestoreRecord, Source } from './restore-record.ts'

/** What a place may fail with, so that another place is asked; anything else ends the restore. */
const placeCodes: ReadonlySet<ErrorCode> = new Set([
  'BLOB_CORRUPT',
  'BLOB_NOT_FOUND',
  'BLOB_ARCHIVED',
  'BUCKET_ACCESS_DENIED',
  'BUCKET_NOT_ALLOWED',
  'STORE_FAILED',
  'STORE_UNAVAILABLE',
  'STORE_UNSUITABLE',
] satisfies ErrorCode[])

/** A blob, and everything that may give it. */
export interface SourcedTask extends Omit<BlobTask, 'blob' | 'reader'> {
  readonly target: Target
  readonly readers: ReadonlyMap<string, BlobReader>
  readonly record: RestoreRecord
}

/**
 * Brings one blob from the first of its places that gives it; what an unavailable one has given is gone on with.
 *
 * @throws what the last place failed with
 * @throws {ABORTED} the signal fired
 */
export async function fetchFromSources(task: SourcedTask): Promise<'fetched' | 'reused'> {
  const { target, readers, record, onBytes } = task
  const { blob } = target
  let failure: CatalogError | undefined
  for (const source of sourcesOf(blob)) {
    const reader = readers.get(schemeOf(source.uri))
    if (reader === undefined) continue
    const { uri, versionId } = source
    try {
      return await fetchBlob({
        ...task,
        blob: { ...blob, uri, versionId },
        reader,
        onBytes: (count, origin) => {
          if (origin === 'fetched') record.addBytes(source, count)
          onBytes(count, origin)
        },
      })
    } catch (cause) {
      if (!isCatalogError(cause) || task.signal.aborted || !placeCodes.has(cause.code)) throw cause
      record.addFailure(target, source, cause)
      failure = cause
    }
  }
  throw failure ?? noReader(blob)
}

/** The places of a blob, best first: as the plan orders them, or its own and then its copies. */
export function sourcesOf(blob: PlanBlob): readonly Source[] {
  const { sources = [] } = blob
  return sources.length > 0 ? sources : [blob, ...(blob.copies ?? [])]
}

/** Which stores can read a URI. */
export function schemeOf(uri: string): string {
  return uri.slice(0, Math.max(0, uri.indexOf(':')))
}

/** The refusal of a blob that none of the stores can read. */
export function noReader(blob: PlanBlob): CatalogError {
  return new CatalogError(
    'CONFIG_INVALID',
    `The blob ${quoted(blob.name)} is at ${quoted(blob.uri)} and no store reads "${schemeOf(blob.uri)}:"; pass one in "stores".`,
  )
}
