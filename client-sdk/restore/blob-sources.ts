import { CatalogError, isCatalogError, type ErrorCode } from '../../schema/errors.ts'
import type { PlanBlob } from '../api.ts'
import type { BlobReader } from '../stores/disk-reader.ts'
import { quoted, type Target } from './blob-path.ts'
import { fetchBlob, type BlobTask } from './fetch-blob.ts'
import type { RestoreRecord } from './restore-record.ts'
import { openUrlReader } from './url-reader.ts'

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

/** A place to fetch a blob from, and who reads there. */
export interface BlobSource {
  readonly blob: PlanBlob
  readonly region?: string | undefined
  readonly reader: BlobReader
}

/**
 * The places of a blob that can be read here, the best first: those that the plan lists, or its own.
 *
 * @throws {CONFIG_INVALID} no store reads any of them
 */
export function sourcesOf(
  blob: PlanBlob,
  readers: ReadonlyMap<string, BlobReader>,
): readonly BlobSource[] {
  const { uri, versionId } = blob
  const own = { kind: 'object', uri, versionId, region: undefined } as const
  const listed = blob.sources ?? [own]
  const sources = listed.flatMap((source): readonly BlobSource[] => {
    const placed = { ...blob, uri: source.uri, versionId: source.versionId }
    const { region } = source
    if (source.kind === 'url') {
      return [{ blob: placed, region, reader: openUrlReader(source.url ?? '') }]
    }
    const reader = readers.get(schemeOf(source.uri))
    return reader === undefined ? [] : [{ blob: placed, region, reader }]
  })
  if (sources.length > 0) return sources
  if (listed.length === 0) {
    throw new CatalogError(
      'CONFIG_INVALID',
      `The plan names no place for the blob ${quoted(blob.name)}: all were said to be unavailable.`,
    )
  }
  throw new CatalogError(
    'CONFIG_INVALID',
    `The blob ${quoted(blob.name)} is at ${quoted(uri)} and no store reads "${schemeOf(uri)}:"; pass one in "stores".`,
  )
}

/**
 * Brings one blob from the first place that has it whole, and notes those that failed and what came from where.
 *
 * @throws whatever the last place failed with
 */
export async function fetchFromSources(
  sources: readonly BlobSource[],
  task: Omit<BlobTask, 'blob' | 'reader'> & {
    readonly target: Target
    readonly record: RestoreRecord
  },
): Promise<'fetched' | 'reused'> {
  const { target, record } = task
  let failure: unknown
  for (const source of sources) {
    const { uri, versionId } = source.blob
    const place = {
      uri,
      versionId,
      ...(source.region === undefined ? {} : { region: source.region }),
    }
    const counted = { fetched: 0, reused: 0 }
    const onBytes: BlobTask['onBytes'] = (count, origin) => {
      counted[origin] += count
      if (origin === 'fetched') record.addBytes(place, count)
      task.onBytes(count, origin)
    }
    try {
      return await fetchBlob({ ...task, ...source, onBytes })
    } catch (cause) {
      failure = cause
      if (!isCatalogError(cause) || task.signal.aborted || !placeCodes.has(cause.code)) throw cause
      record.addFailure(target, place, cause)
      // What has arrived is found again by the next place, and counted there.
      task.onBytes(-counted.fetched, 'fetched')
      task.onBytes(-counted.reused, 'reused')
    }
  }
  throw failure instanceof Error ? failure : new Error('a blob has a place')
}

function schemeOf(uri: string): string {
  return uri.slice(0, Math.max(0, uri.indexOf(':')))
}
