import type { JsonObject } from '../../schema/canonical-json.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { LogIndex } from '../../schema/names.ts'
import { parseEntry } from '../../schema/parse-entry.ts'
import type { Row } from '../store/tables.ts'

/** An entry as callers see it: its position, its leaf hash in base64, and what its bytes say. */
export interface EntryRecord {
  readonly index: LogIndex
  readonly leafHash: string
  readonly entry: JsonObject
}

/** A record of the access log as callers see it: hashes in base64, and the exact text that was hashed. */
export interface AccessRecord {
  readonly sequence: number
  readonly previous: string
  readonly hash: string
  readonly body: string
}

/** A record as callers see it. */
export function parseAccessRecord(row: Row<'access_log'>): AccessRecord {
  return {
    sequence: row.sequence,
    previous: Buffer.from(row.previous).toString('base64'),
    hash: Buffer.from(row.hash).toString('base64'),
    body: Buffer.from(row.body).toString(),
  }
}

/**
 * An entry as callers see it, read from the exact bytes that were hashed.
 *
 * @throws {LOG_CORRUPT} the bytes are not a JSON object; `detail.index` is the entry's
 */
export function parseEntryRecord(row: Row<'entry'>): EntryRecord {
  return {
    index: row.log_index,
    leafHash: Buffer.from(row.leaf_hash).toString('base64'),
    entry: parseStored(row),
  }
}

function parseStored({ namespace, log_index: index, bytes }: Row<'entry'>): JsonObject {
  const entry = parseEntry(bytes)
  if (entry !== undefined) return entry as unknown as JsonObject
  throw new CatalogError(
    'LOG_CORRUPT',
    `Entry ${index} of the log of "${namespace}" is stored as something that is not a JSON object: run "cairn fsck" to find what was changed, and restore that.`,
    { detail: { namespace, index } },
  )
}
