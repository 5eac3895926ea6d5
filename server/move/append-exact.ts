import { digestOf } from '../../schema/digest.ts'
import type { Json } from '../../schema/canonical-json.ts'
import { ENTRY_MAX_BYTES } from '../../schema/transparency/entry-bundle.ts'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { leafHash } from '../../schema/merkle.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { entryFault } from '../../schema/entry-form.ts'
import { parseEntry } from '../../schema/parse-entry.ts'
import type { WriteTransaction } from '../store/database.ts'
import { translateFailure } from '../store/failure.ts'
import type { Row } from '../store/tables.ts'
import { projectBatch } from '../log/project-batch.ts'
import { documentOf, type Projection, type Recorded } from '../log/projection.ts'
import type { RootedHead } from '../log/read-tiles.ts'
import { extendTree } from '../log/tree.ts'

/** Entries of one batch: far more than a commit takes, and their leaf hashes are kept until it ends. */
const BATCH_MAX_COUNT = 65_536

/** An entry as it was recorded before: its bytes, and those of the document that it names. */
export interface ExactEntry {
  readonly bytes: Uint8Array
  readonly document?: Uint8Array
}

/** The write door for entries that have been recorded before: the same bytes at the same indexes. */
export interface ExactAppend {
  /** Entries so far. */
  readonly size: () => number
  /** Stores and projects entries behind those before; the caller bounds how many come at once. */
  add(entries: readonly ExactEntry[]): Promise<void>
  /** Ends a batch of the log that is copied: stores the tiles that became full and a tree head. */
  endBatch(): Promise<RootedHead>
}

/**
 * Opens the exact door behind the head of a log, within a transaction that holds its lock. Nothing counts
 * until the caller has compared the root with a signed head and commits.
 *
 * Its calls throw `COPY_CORRUPT` for an entry that is none, or whose document is missing or another.
 */
export function openExactAppend(
  tx: WriteTransaction,
  start: Row<'log_head'>,
  projections: readonly Projection[],
): ExactAppend {
  const { namespace } = start
  let head = start
  let leafHashes: Uint8Array[] = []
  let at = ''

  /** Entries with another time are of another batch, and a tree head ends each. */
  const requireOneTime = (batch: readonly ParsedExact[], first: number): void => {
    for (const [place, { recorded }] of batch.entries()) {
      const index = first + place
      if (index > head.size && recorded.entry.at !== at) {
        throw refused(index, `the tree head of size ${index} is missing, where the time changes`)
      }
      at = recorded.entry.at
    }
  }
  const record = async (batch: readonly ParsedExact[], first: number): Promise<void> => {
    try {
      await tx.insert(
        'document',
        batch.flatMap(({ document }) => (document === undefined ? [] : [document])),
      )
      await tx.insert(
        'entry',
        batch.map(({ row }) => row),
      )
      await projectBatch(
        tx,
        projections,
        batch.map(({ recorded }) => recorded),
      )
    } catch (cause) {
      const failure = translateFailure(cause)
      if (isCatalogError(failure) && failure.code.startsWith('STORAGE_')) throw failure
      // What projections, and the database's own rules, cannot make anything of.
      throw refused(first, 'from here on, entries contradict each other or are none', cause)
    }
  }

  return {
    size: () => head.size + leafHashes.length,
    add: async (entries) => {
      const first = head.size + leafHashes.length
      if (leafHashes.length + entries.length > BATCH_MAX_COUNT) {
        throw refused(first, `no tree head follows within ${BATCH_MAX_COUNT} entries`)
      }
      const batch = entries.map((entry, place) => parseExact(namespace, entry, first + place))
      requireOneTime(batch, first)
      await record(batch, first)
      leafHashes.push(...batch.map(({ row }) => row.leaf_hash))
    },
    endBatch: async () => {
      if (leafHashes.length === 0) throw refused(head.size, 'a tree head adds no entry')
      const grown = await extendTree(tx, head, { leafHashes, atMs: parseAt(at, head.size) })
      head = (await tx.lockHead(namespace)) ?? head
      leafHashes = []
      return grown
    },
  }
}

interface ParsedExact {
  readonly row: Row<'entry'>
  readonly recorded: Recorded
  readonly document: Row<'document'> | undefined
}

function parseExact(
  namespace: NamespaceName,
  { bytes, document }: ExactEntry,
  at: number,
): ParsedExact {
  if (bytes.length === 0 || bytes.length > ENTRY_MAX_BYTES) {
    throw refused(at, `it has ${bytes.length} bytes`)
  }
  const index = at as LogIndex
  const entry = parseEntry(bytes)
  if (entry === undefined) throw refused(at, 'it is no entry')
  const fault = entryFault(entry, bytes, { namespace, index: at })
  if (fault !== undefined) throw refused(at, fault)
  const named = documentOf(entry)
  if ((document === undefined) !== (named === undefined)) {
    const what = document === undefined ? 'the document that it names is missing' : 'it has none'
    throw refused(at, `${what} (${entry.kind})`)
  }
  const row = { namespace, log_index: index, bytes, leaf_hash: leafHash(bytes) }
  if (document === undefined) {
    return { row, recorded: { namespace, index, entry }, document: undefined }
  }
  if (digestOf(document) !== named) {
    throw refused(at, `its document is not the one with the digest ${named ?? 'none'}`)
  }
  const value = parseDocument(document, at)
  return {
    row,
    recorded: { namespace, index, entry, document: value },
    document: { namespace, log_index: index, bytes: document },
  }
}

function parseDocument(bytes: Uint8Array, at: number): Json {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json
  } catch (cause) {
    throw refused(at, 'its document is not JSON', cause)
  }
}

/** Every entry of a batch has the batch's time, and so has its tree head. */
function parseAt(at: string, size: number): number {
  const atMs = Date.parse(at)
  if (Number.isSafeInteger(atMs)) return atMs
  throw refused(size, 'it does not say when it was recorded')
}

function refused(index: number, what: string, cause?: unknown): CatalogError {
  return new CatalogError(
    'COPY_CORRUPT',
    `The copy cannot be trusted at entry ${index}: ${what}. Take another copy of the log.`,
    { cause, detail: { index } },
  )
}
