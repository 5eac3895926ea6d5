import { digestOf, HASH_BYTES } from '../../schema/digest.ts'
import type { Entry } from '../../schema/entry.ts'
import { leafHash } from '../../schema/merkle.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { parseEntry } from '../../schema/parse-entry.ts'
import { sameBytes } from '../../schema/same-bytes.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import type { CheckCode, FindingList } from './check-findings.ts'
import { hasDocument } from '../log/projection.ts'
import { startTileRebuild, type RebuiltTile, type TileRebuild } from './rebuild-tiles.ts'
import { storedDocuments, storedEntries, storedHeads } from '../log/stored-log.ts'

/** Entries gathered before the tree grows by them, or they are handed on: one tile. */
const GROWTH_COUNT = 256
/** Larger than the size of any log. */
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER } as const

/** What a log's check reads, and whom it tells. */
export interface LogCheck {
  readonly db: Reader
  readonly namespace: NamespaceName
  readonly findings: FindingList
  readonly onEntries: (entryCount: number) => void
  /** Given every stored entry in order, some at a time, also behind a gap. */
  readonly onRecords?: (records: readonly StoredRecord[]) => Promise<void>
}

/** An entry as it is stored, with the document beside it. */
export interface StoredRecord {
  readonly namespace: NamespaceName
  readonly index: LogIndex
  /** Undefined where its bytes cannot be read. */
  readonly entry: Entry | undefined
  readonly document: Uint8Array | undefined
}

/**
 * Makes a namespace's log anew from its stored entries and compares everything that is stored beside them:
 * leaf hashes, documents, tiles, tree heads, and the head that appenders go on from.
 */
export async function checkLog(check: LogCheck): Promise<void> {
  const { db, namespace, onEntries, onRecords } = check
  const tree = startTileRebuild()
  const documents = openDocumentCheck(check)
  const heads = await openHeadCheck(check, tree)
  let leaves: Uint8Array[] = []
  let size = 0
  let isBroken = false
  const records: StoredRecord[] = []

  const grow = async (): Promise<void> => {
    const tiles = tree.add(leaves)
    onEntries(leaves.length)
    leaves = []
    for (const tile of tiles) await checkTile(check, tile)
  }
  for await (const row of storedEntries(db, namespace, ALL)) {
    const index = row.log_index
    if (index !== size && !isBroken) {
      report(check, 'entry-missing', `entry ${size}`, `The next entry that is there is ${index}.`)
      isBroken = true
    }
    const entry = checkEntry(check, row)
    const document = await documents.take(index, entry)
    if (onRecords !== undefined) {
      records.push({ namespace, index, entry, document })
      if (records.length === GROWTH_COUNT) await onRecords(records.splice(0))
    }
    // Nothing behind a gap can be hashed to what the tree once was.
    if (isBroken) continue
    heads.meet(index, entry)
    leaves.push(row.leaf_hash.length === HASH_BYTES ? row.leaf_hash : leafHash(row.bytes))
    size += 1
    const atHead = size === heads.nextSize()
    if (leaves.length < GROWTH_COUNT && !atHead) continue
    await grow()
    if (atHead) await heads.take(entry)
  }
  if (records.length > 0) await onRecords?.(records)
  await documents.end()
  if (isBroken) return
  await grow()
  await heads.end()
  await checkLogHead(check, tree)
  await checkTileCount(check, tree)
}

function report(
  { findings, namespace }: LogCheck,
  code: CheckCode,
  where: string,
  message: string,
): void {
  findings.add({ code, namespace, where, message })
}

/** Compares an entry's bytes with its leaf hash; undefined if it cannot be read. */
function checkEntry(check: LogCheck, { log_index, bytes, leaf_hash }: Row<'entry'>) {
  const where = `entry ${log_index}`
  if (!sameBytes(leafHash(bytes), leaf_hash)) {
    report(check, 'entry-altered', where, 'Its bytes do not have the leaf hash beside them.')
  }
  const entry = parseEntry(bytes)
  if (entry === undefined) {
    report(check, 'entry-unreadable', where, 'Its bytes are not a JSON object.')
  }
  return entry
}

/** Walks the documents beside the entries that name them. */
function openDocumentCheck(check: LogCheck) {
  const stored = storedDocuments(check.db, check.namespace, ALL)
  let next: Promise<Row<'document'> | undefined> | undefined
  const peek = (): Promise<Row<'document'> | undefined> => {
    next ??= stored.next().then(({ value }) => value)
    return next
  }
  const stray = (index: number): void =>
    report(check, 'document-stray', `document ${index}`, 'The entry of its index names none.')
  return {
    /** Gives the document of an entry, if it is there. */
    take: async (index: number, entry: Entry | undefined): Promise<Uint8Array | undefined> => {
      let document = await peek()
      for (; document !== undefined && document.log_index < index; document = await peek()) {
        stray(document.log_index)
        next = undefined
      }
      const bytes = document?.log_index === index ? document.bytes : undefined
      if (bytes !== undefined) next = undefined
      if (entry === undefined) return bytes
      const where = `document ${index}`
      if (!hasDocument(entry)) {
        if (bytes !== undefined) stray(index)
      } else if (bytes === undefined) {
        report(check, 'document-missing', where, `The entry names ${entry.subject}.`)
      } else if (digestOf(bytes) !== entry.subject) {
        report(check, 'document-altered', where, `The entry names ${entry.subject}, not this.`)
      }
      return bytes
    },
    /** What is left stands behind the last entry. */
    end: async (): Promise<void> => {
      for (let left = await peek(); left !== undefined; left = await peek()) {
        stray(left.log_index)
        next = undefined
      }
    },
  }
}

/** Compares each tree head with the tree of its size. */
async function openHeadCheck(check: LogCheck, tree: TileRebuild) {
  const stored = storedHeads(check.db, check.namespace, Number.MAX_SAFE_INTEGER)
  const read = async (): Promise<Row<'tree_head'> | undefined> => (await stored.next()).value
  let next = await read()
  let lastSize = 0
  let newestAt: string | undefined
  const whereOf = ({ size }: Row<'tree_head'>): string => `tree head ${size}`
  return {
    nextSize: () => next?.size,
    /** Where the time changes a batch has ended, and every batch has a tree head. */
    meet: (index: number, entry: Entry | undefined): void => {
      const hasChanged = newestAt !== undefined && entry !== undefined && entry.at !== newestAt
      newestAt = entry?.at
      if (!hasChanged || lastSize === index) return
      const where = `tree head ${index}`
      report(check, 'tree-head-missing', where, 'A batch of entries ends here without one.')
    },
    take: async (last: Entry | undefined): Promise<void> => {
      if (next === undefined) return
      const where = whereOf(next)
      if (!sameBytes(tree.root(), next.root)) {
        report(check, 'tree-head-altered', where, 'The entries have another root.')
      }
      // A batch has one time, which its entries and its head share.
      if (last !== undefined && Date.parse(last.at) !== next.at_ms) {
        report(check, 'tree-head-altered', where, 'Its time is not that of its last entry.')
      }
      lastSize = next.size
      next = await read()
    },
    end: async (): Promise<void> => {
      if (lastSize < tree.size()) {
        const where = `tree head ${tree.size()}`
        report(check, 'tree-head-missing', where, 'The newest entries are in no tree head.')
      }
      for (; next !== undefined; next = await read()) {
        report(check, 'tree-head-stray', whereOf(next), `There are ${tree.size()} entries.`)
      }
    },
  }
}

async function checkTile(check: LogCheck, tile: RebuiltTile): Promise<void> {
  const { level, index } = tile
  const where = `tile ${level}/${index}`
  const stored = await check.db
    .selectFrom('tile')
    .select(['hashes', 'root'])
    .where('namespace', '=', check.namespace)
    .where('level', '=', level)
    .where('tile_index', '=', index)
    .executeTakeFirst()
  if (stored === undefined) {
    report(check, 'tile-missing', where, 'It is full, and not stored.')
  } else if (!sameBytes(stored.hashes, tile.hashes) || !sameBytes(stored.root, tile.root)) {
    report(check, 'tile-altered', where, 'The entries have other hashes.')
  }
}

async function checkTileCount(check: LogCheck, tree: TileRebuild): Promise<void> {
  const found = await check.db
    .selectFrom('tile')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('namespace', '=', check.namespace)
    .executeTakeFirstOrThrow()
  if (found.count <= tree.tileCount()) return
  const what = `There are ${found.count} tiles, and ${tree.tileCount()} are full.`
  report(check, 'tile-stray', 'tiles', what)
}

async function checkLogHead(check: LogCheck, tree: TileRebuild): Promise<void> {
  const head = await check.db
    .selectFrom('log_head')
    .select(['size', 'compact_range'])
    .where('namespace', '=', check.namespace)
    .executeTakeFirst()
  if (head?.size === tree.size() && sameBytes(head.compact_range, tree.rangeBytes())) return
  const what = `Appenders would go on from ${head?.size ?? 'no'} entries, not from the tree of the ${tree.size()} that are there.`
  report(check, 'log-head-altered', 'log head', what)
}
