import { parseJsonStrictly } from '../../schema/canonical-json.ts'
import type { Entry } from '../../schema/entry.ts'
import {
  emptyRange,
  extendRange,
  leafHash,
  rootOf,
  serializeRange,
  type CompactRange,
} from '../../schema/merkle.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { readEntries } from '../../server/log/read-entries.ts'
import type { Reader } from '../../server/store/database.ts'

const PAGE_COUNT = 512
const TILE_HASHES_COUNT = 256
const TILE_HEIGHT = 8

/** An entry as it stands in the log. */
export interface StoredEntry {
  readonly index: LogIndex
  readonly entry: Entry
  readonly leafHash: string
}

/** The log as it is, and what is wrong with it. */
export interface VerifiedTree {
  readonly entries: readonly StoredEntry[]
  readonly violations: readonly string[]
}

/** Recomputes the whole tree from the entries' bytes and compares everything that is stored of it. */
export async function verifyTree(reader: Reader, namespace: NamespaceName): Promise<VerifiedTree> {
  const violations: string[] = []
  const entries: StoredEntry[] = []
  const rootAt = await readRoots(reader, namespace)
  /** Hashes of finished subtrees at each level of tiles. */
  const levels: Uint8Array[][] = []
  let range = emptyRange()
  for (;;) {
    const rows = await readEntries(reader, namespace, {
      after: range.size - 1,
      limit: PAGE_COUNT,
    })
    for (const row of rows) {
      if (row.log_index !== range.size) {
        violations.push(`index ${range.size} is missing: the next is ${row.log_index}`)
        return { entries, violations }
      }
      const hash = leafHash(row.bytes)
      if (!isEqual(hash, row.leaf_hash)) violations.push(`entry ${row.log_index} has another leaf`)
      range = extendRange(range, [hash], (level, _index, node) => {
        if (level % TILE_HEIGHT === 0) (levels[level / TILE_HEIGHT] ??= []).push(node)
      })
      const root = rootAt.get(range.size)
      if (root !== undefined && !isEqual(root, rootOf(range))) {
        violations.push(`the tree head of size ${range.size} has another root than its entries`)
      }
      const entry = parseEntry(row.bytes)
      entries.push({ index: row.log_index, entry, leafHash: Buffer.from(hash).toString('base64') })
    }
    if (rows.length < PAGE_COUNT) break
  }
  violations.push(...(await compareHead(reader, namespace, { range, newestHead: newest(rootAt) })))
  violations.push(...(await compareTiles(reader, namespace, { size: range.size, levels })))
  return { entries, violations }
}

function parseEntry(bytes: Uint8Array): Entry {
  return parseJsonStrictly(
    new TextDecoder('utf-8', { fatal: true }).decode(bytes),
  ) as unknown as Entry
}

async function readRoots(
  reader: Reader,
  namespace: NamespaceName,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const rows = await reader
    .selectFrom('tree_head')
    .select(['size', 'root'])
    .where('namespace', '=', namespace)
    .execute()
  return new Map(rows.map((row) => [row.size, row.root]))
}

const newest = (roots: ReadonlyMap<number, unknown>): number => Math.max(0, ...roots.keys())

async function compareHead(
  reader: Reader,
  namespace: NamespaceName,
  { range, newestHead }: { readonly range: CompactRange; readonly newestHead: number },
): Promise<readonly string[]> {
  const violations: string[] = []
  const head = await reader
    .selectFrom('log_head')
    .select(['size', 'compact_range'])
    .where('namespace', '=', namespace)
    .executeTakeFirst()
  if (head?.size !== range.size) {
    violations.push(`the head says ${head?.size} entries, and there are ${range.size}`)
  } else if (!isEqual(head.compact_range, serializeRange(range))) {
    violations.push('the head has another compact range than its entries')
  }
  if (newestHead !== range.size) {
    violations.push(`the newest tree head has size ${newestHead}, the log ${range.size}`)
  }
  return violations
}

async function compareTiles(
  reader: Reader,
  namespace: NamespaceName,
  tree: { readonly size: number; readonly levels: readonly (readonly Uint8Array[])[] },
): Promise<readonly string[]> {
  const violations: string[] = []
  const tiles = await reader
    .selectFrom('tile')
    .selectAll()
    .where('namespace', '=', namespace)
    .execute()
  let expectedCount = 0
  for (const [level] of tree.levels.entries()) {
    expectedCount += Math.floor(tree.size / TILE_HASHES_COUNT ** (level + 1))
  }
  if (tiles.length !== expectedCount) {
    violations.push(`${tiles.length} full tiles are stored, and ${expectedCount} are full`)
  }
  for (const { level, tile_index: index, hashes, root } of tiles) {
    const start = index * TILE_HASHES_COUNT
    const nodes = tree.levels[level]?.slice(start, start + TILE_HASHES_COUNT) ?? []
    const above = tree.levels[level + 1]?.[index]
    if (!isEqual(Buffer.concat(nodes), hashes) || above === undefined || !isEqual(above, root)) {
      violations.push(`tile ${index} of level ${level} has other hashes than its entries`)
    }
  }
  return violations
}

const isEqual = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0
