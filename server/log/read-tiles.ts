import { HASH_BYTES } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { encodeEntryBundle } from '../../schema/transparency/entry-bundle.ts'
import { TILE_HEIGHT, TILE_WIDTH, type TilePath } from '../../schema/transparency/tile-path.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import { nodeIn, nodesOver } from './tile-nodes.ts'
import { unknownNamespace } from './unknown-namespace.ts'

/** A log's size in entries, and the root of its tree, 32 bytes. */
export interface RootedHead {
  readonly size: number
  readonly root: Uint8Array
}

/** A full tile as it is stored: its 256 hashes, and the root over them. */
export interface StoredTile {
  readonly hashes: Uint8Array
  readonly root: Uint8Array
}

/** Some of the rows of a namespace that stand one after the other. */
interface Span {
  readonly namespace: NamespaceName
  readonly from: number
  readonly end: number
}

const newestHead = statement<{ namespace: NamespaceName }, RootedHead>((db, param) =>
  db
    .selectFrom('tree_head')
    .select(['size', 'root'])
    .where('namespace', '=', param('namespace'))
    .orderBy('size', 'desc')
    .limit(1),
)

const headFrom = statement<{ namespace: NamespaceName; size: number }, RootedHead>((db, param) =>
  db
    .selectFrom('tree_head')
    .select(['size', 'root'])
    .where('namespace', '=', param('namespace'))
    .where('size', '>=', param('size'))
    .orderBy('size')
    .limit(1),
)

const leafHashes = statement<Span, { readonly hash: Uint8Array }>((db, param) =>
  db
    .selectFrom('entry')
    .select('leaf_hash as hash')
    .where('namespace', '=', param('namespace'))
    .where('log_index', '>=', param('from') as LogIndex)
    .where('log_index', '<', param('end') as LogIndex)
    .orderBy('log_index'),
)

const tileRoots = statement<Span & { level: number }, { readonly hash: Uint8Array }>((db, param) =>
  db
    .selectFrom('tile')
    .select('root as hash')
    .where('namespace', '=', param('namespace'))
    .where('level', '=', param('level'))
    .where('tile_index', '>=', param('from'))
    .where('tile_index', '<', param('end'))
    .orderBy('tile_index'),
)

const fullTile = statement<{ namespace: NamespaceName; level: number; index: number }, StoredTile>(
  (db, param) =>
    db
      .selectFrom('tile')
      .select(['hashes', 'root'])
      .where('namespace', '=', param('namespace'))
      .where('level', '=', param('level'))
      .where('tile_index', '=', param('index'))
      .limit(1),
)

const entryBytes = statement<Span, { readonly bytes: Uint8Array }>((db, param) =>
  db
    .selectFrom('entry')
    .select('bytes')
    .where('namespace', '=', param('namespace'))
    .where('log_index', '>=', param('from') as LogIndex)
    .where('log_index', '<', param('end') as LogIndex)
    .orderBy('log_index'),
)

/**
 * The newest tree head of a namespace's log, or that of exactly a size: heads exist where batches ended.
 *
 * @throws {NAMESPACE_NOT_FOUND}
 * @throws {LOG_INDEX_OUT_OF_RANGE} no batch ended at that size
 */
export async function readTreeHead(
  db: Reader,
  namespace: NamespaceName,
  size?: number,
): Promise<RootedHead> {
  const [head] =
    size === undefined
      ? await newestHead(db, { namespace })
      : await headFrom(db, { namespace, size })
  if (head !== undefined && (size === undefined || head.size === size)) return head
  const [newest] = await newestHead(db, { namespace })
  if (newest === undefined) throw unknownNamespace(namespace)
  throw new CatalogError(
    'LOG_INDEX_OUT_OF_RANGE',
    `The log of "${namespace}" has no tree head of ${size} entries, and its newest is of ${newest.size}: ask for a size at which a batch ended.`,
    { detail: { newest: newest.size } },
  )
}

/** The head of the batch that brought the entry at an index; undefined where the log has not come that far. */
export async function readHeadOver(
  db: Reader,
  namespace: NamespaceName,
  index: number,
): Promise<RootedHead | undefined> {
  const [head] = await headFrom(db, { namespace, size: index + 1 })
  return head
}

/**
 * The bytes of a tile of hashes, of any width up to what is there, or of an entry bundle; undefined where the
 * log has not come that far.
 *
 * @throws {LOG_CORRUPT} the stored tile contradicts itself
 */
export async function readTile(
  db: Reader,
  namespace: NamespaceName,
  tile: TilePath,
): Promise<Uint8Array | undefined> {
  if (tile.kind === 'entries') return readEntryBundle(db, namespace, tile)
  if (tile.width === TILE_WIDTH) {
    const stored = await readStoredTile(db, namespace, tile)
    if (stored !== undefined) requireRooted(namespace, tile, stored)
    return stored?.hashes
  }
  return readHashes(db, namespace, tile)
}

/** Hashes that were changed are not handed out as if they were the log's. */
function requireRooted(
  namespace: NamespaceName,
  { level, index }: { readonly level: number; readonly index: number },
  { hashes, root }: StoredTile,
): void {
  const isWhole = hashes.length === TILE_WIDTH * HASH_BYTES
  if (isWhole && Buffer.compare(nodeIn(nodesOver(hashes), TILE_HEIGHT, 0), root) === 0) return
  throw new CatalogError(
    'LOG_CORRUPT',
    `Tile ${index} of level ${level} of "${namespace}" has another root than its hashes: one of the two was changed. Run "cairn fsck" to find what else was, and restore it.`,
    { detail: { namespace, level, index } },
  )
}

/** A full tile's row; undefined where there is none. */
export async function readStoredTile(
  db: Reader,
  namespace: NamespaceName,
  { level, index }: { readonly level: number; readonly index: number },
): Promise<StoredTile | undefined> {
  const [row] = await fullTile(db, { namespace, level, index })
  return row
}

/** The bytes of an entry bundle; undefined where the log has not come that far. */
export async function readEntryBundle(
  db: Reader,
  namespace: NamespaceName,
  tile: Pick<TilePath, 'index' | 'width'>,
): Promise<Uint8Array | undefined> {
  const span = spanOf(namespace, tile)
  if (span === undefined) return undefined
  const rows = await entryBytes(db, span)
  return rows.length === tile.width ? encodeEntryBundle(rows.map((row) => row.bytes)) : undefined
}

/** The hashes of a tile from the rows below it, whether or not it is full; undefined where some are missing. */
export async function readHashes(
  db: Reader,
  namespace: NamespaceName,
  tile: { readonly level: number; readonly index: number; readonly width: number },
): Promise<Uint8Array | undefined> {
  const span = spanOf(namespace, tile)
  if (span === undefined) return undefined
  const rows =
    tile.level === 0
      ? await leafHashes(db, span)
      : await tileRoots(db, { ...span, level: tile.level - 1 })
  return rows.length === tile.width ? Buffer.concat(rows.map((row) => row.hash)) : undefined
}

function spanOf(
  namespace: NamespaceName,
  { index, width }: Pick<TilePath, 'index' | 'width'>,
): Span | undefined {
  const from = index * TILE_WIDTH
  const end = from + width
  // Beyond, doubles round, and no log has come that far.
  return Number.isSafeInteger(end) ? { namespace, from, end } : undefined
}
