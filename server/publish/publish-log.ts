import { digestOf } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import { verifyConsistency } from '../../schema/merkle-check.ts'
import { leafHash } from '../../schema/merkle.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { checkSignedNote } from '../../schema/transparency/check-note.ts'
import { decodeEntryBundle } from '../../schema/transparency/entry-bundle.ts'
import { MAX_NOTE_BYTES, parseSignedNote } from '../../schema/transparency/signed-note.ts'
import {
  tileHashesCount,
  type EntryTile,
  type HashTile,
} from '../../schema/transparency/tile-coverage.ts'
import { formatTilePath, TILE_WIDTH, type TilePath } from '../../schema/transparency/tile-path.ts'
import { parseTreeHead } from '../../schema/transparency/tree-head.ts'
import { proveConsistency } from '../log/read-proofs.ts'
import { readTile } from '../log/read-tiles.ts'
import type { Signer } from '../signing/signer.ts'
import type { WitnessedHead } from '../cosign/witnessed-head.ts'
import type { Reader } from '../store/database.ts'
import { findWrongHash, rootFromTiles } from './check-tiles.ts'
import { grownBundles, grownUpperTiles } from './grown-tiles.ts'
import type { PublishedFile, TileSink } from './tile-sink.ts'

/** Documents of at most 8 MiB that are in memory at once. */
const DOCUMENTS_MAX_COUNT = 8
/** Heads of other followers that come before ours: each of them had published as much. */
const RACES_MAX_COUNT = 4

/** A log to publish. */
export interface PublishRequest {
  readonly db: Reader
  readonly signer: Signer
  readonly namespace: NamespaceName
  /** Gives the newest head: a stored one, signed. */
  readonly readHead: () => Promise<WitnessedHead>
  readonly sink: TileSink
  /** Ends it between two files; the next time goes on from there. */
  readonly signal: AbortSignal
}

/** A log as it is published now. */
interface Publication extends PublishRequest {
  readonly head: WitnessedHead
}

/** What was published: sizes in entries, before and now. */
export interface PublishedLog {
  readonly namespace: NamespaceName
  readonly before: number
  readonly size: number
}

/**
 * Publishes what a log has grown by: bundles, tiles and documents first, and the head last, so that whatever
 * is cut off leaves a log that is whole for the head it has.
 *
 * @throws {LOG_ROLLED_BACK} what was published before is not the beginning of the log
 * @throws {LOG_CORRUPT} entries, tiles and head do not hold together
 * @throws {CONFIG_INVALID} another log was published there
 * @throws {STORE_UNAVAILABLE} other followers put their heads there first, again and again
 * @see https://c2sp.org/tlog-tiles
 */
export async function publishLog(request: PublishRequest): Promise<PublishedLog> {
  for (let lost = 0; lost < RACES_MAX_COUNT; lost += 1) {
    const published = await readPublished(request)
    // Read after the published one, which another follower may have put there a moment ago.
    const head = await request.readHead()
    const done = await publishOver({ ...request, head }, published)
    if (done !== undefined) return done
  }
  throw new CatalogError(
    'STORE_UNAVAILABLE',
    `Another follower publishes the log of "${request.namespace}" faster than this one: the next pass looks again.`,
  )
}

/** Undefined where another follower has put a head there meanwhile. */
async function publishOver(
  request: Publication,
  published: WitnessedHead | undefined,
): Promise<PublishedLog | undefined> {
  const { namespace, head, sink, signal } = request
  const before = published?.size ?? 0
  if (head.signedHead === published?.signedHead) return { namespace, before, size: before }
  refuseSmaller(request, before)
  // Before the proof, which says less about what is wrong where it is made from tiles that were altered.
  await refuseUnlessRooted(request)
  if (published !== undefined) await refuseUnlessContinued(request, published)
  // Of one size, a head is replaced only by one that more have signed: cosignatures come later, and are lost
  // with the process that collected them.
  if (head.size === published?.size && signatureCount(head) <= signatureCount(published)) {
    return { namespace, before, size: before }
  }
  for (const bundle of grownBundles(before, head.size)) {
    signal.throwIfAborted()
    await sink.add(await bundleFiles(request, bundle))
    const from = Math.max(before, bundle.index * TILE_WIDTH)
    await addDocuments(request, { from, to: bundle.index * TILE_WIDTH + bundle.width })
  }
  for (const tile of grownUpperTiles(before, head.size)) {
    signal.throwIfAborted()
    await sink.add([await upperTileFile(request, tile, before)])
  }
  signal.throwIfAborted()
  if (!(await sink.replaceHead(new TextEncoder().encode(head.signedHead)))) return undefined
  await dropPartial(request, before)
  return { namespace, before, size: head.size }
}

/** The head that is published, if any is; one that this log has not signed is somebody else's. */
async function readPublished(request: PublishRequest): Promise<WitnessedHead | undefined> {
  const { sink, signer, namespace } = request
  const bytes = await sink.readHead(MAX_NOTE_BYTES)
  if (bytes === undefined) return undefined
  const note = parseSignedNote(bytes)
  const head = note.ok ? parseTreeHead(note.value.text) : note
  if (note.ok && head.ok) {
    const { ok } = await checkSignedNote(note.value, signer.verifierKeys(namespace))
    const { origin, size, root } = head.value
    if (ok && origin === signer.originOf(namespace)) {
      return { size, root, signedHead: new TextDecoder().decode(bytes) }
    }
  }
  throw new CatalogError(
    'CONFIG_INVALID',
    `What is published for "${namespace}" is not signed by the keys of this log: give another place, or the keys that signed it.`,
  )
}

function signatureCount({ signedHead }: WitnessedHead): number {
  const note = parseSignedNote(signedHead)
  return note.ok ? note.value.signatures.length : 0
}

function refuseSmaller({ namespace, head }: Publication, before: number): void {
  if (head.size >= before) return
  throw new CatalogError(
    'LOG_ROLLED_BACK',
    `The log of "${namespace}" has ${head.size} entries here, and ${before} are published: the entries from ${head.size} to ${before - 1} are missing. Nothing was published; repair the log from what is.`,
    { detail: { size: head.size, published: before } },
  )
}

async function refuseUnlessContinued(
  { db, namespace, head }: Publication,
  published: WitnessedHead,
): Promise<void> {
  // Every log continues the empty one, so there is nothing to prove.
  if (published.size === 0) return
  const between = { from: published.size, to: head.size }
  const isContinued = verifyConsistency({
    oldSize: published.size,
    oldRoot: published.root,
    newSize: head.size,
    newRoot: head.root,
    path: between.from === between.to ? [] : await proveConsistency(db, namespace, between),
  })
  if (isContinued.ok) return
  throw new CatalogError(
    'LOG_ROLLED_BACK',
    `The log of "${namespace}" does not continue the ${published.size} entries that are published (${isContinued.reason}). Nothing was published; keep both, and find out which was changed.`,
    { detail: { size: head.size, published: published.size } },
  )
}

/** A bundle and the tile of its hashes, which must agree. */
async function bundleFiles(
  request: Publication,
  bundle: EntryTile,
): Promise<readonly PublishedFile[]> {
  const tile = { ...bundle, kind: 'hashes', level: 0 } as const
  const [entries, hashes] = [await stored(request, bundle), await stored(request, tile)]
  const decoded = decodeEntryBundle(entries, bundle.width)
  const leaves = decoded.ok ? Buffer.concat(decoded.value.map(leafHash)) : undefined
  if (leaves?.equals(hashes) === true) return [fileOf(bundle, entries), fileOf(tile, hashes)]
  throw corrupt(
    request,
    `The entries in ${formatTilePath(bundle)} are not those of its tile: one of the two was altered.`,
  )
}

/** A tile above the leaves, whose new hashes must be those of the tiles below. */
async function upperTileFile(
  request: Publication,
  tile: HashTile,
  before: number,
): Promise<PublishedFile> {
  const bytes = await stored(request, tile)
  const known = tileHashesCount(tile.level, before) - tile.index * TILE_WIDTH
  const read = (below: HashTile): Promise<Uint8Array> => stored(request, below)
  const wrong = await findWrongHash(tile, bytes, { from: Math.max(known, 0), read })
  if (wrong === undefined) return fileOf(tile, bytes)
  throw corrupt(
    request,
    `Hash ${wrong} in ${formatTilePath(tile)} is not that of the tile below it: one of the two was altered.`,
  )
}

/** The head's root must be that of the stored tiles: with the checks of each file, that of the entries. */
async function refuseUnlessRooted(request: Publication): Promise<void> {
  const { size, root } = request.head
  const found = await rootFromTiles(size, (tile) => stored(request, tile))
  if (Buffer.from(found).equals(root)) return
  throw corrupt(request, `The tree head of ${size} entries has another root than the stored tiles.`)
}

async function stored(request: Publication, tile: TilePath): Promise<Uint8Array> {
  const bytes = await readTile(request.db, request.namespace, tile)
  if (bytes !== undefined) return bytes
  throw corrupt(request, `There is no ${formatTilePath(tile)}, although the tree head counts it.`)
}

function corrupt({ namespace }: Publication, what: string): CatalogError {
  return new CatalogError(
    'LOG_CORRUPT',
    `The log of "${namespace}" is not sound. ${what} Its head was not published; "cairn fsck" lists all that is wrong.`,
  )
}

/** Documents under their digests: what the entries name, so that the log can be replayed from what is published. */
async function addDocuments(
  { db, namespace, sink, signal }: Publication,
  range: { readonly from: number; readonly to: number },
): Promise<void> {
  let next = range.from
  // Each round moves on by at least one index, of which a bundle has 256.
  while (next < range.to) {
    signal.throwIfAborted()
    const rows = await db
      .selectFrom('document')
      .select(['log_index', 'bytes'])
      .where('namespace', '=', namespace)
      .where('log_index', '>=', next as LogIndex)
      .where('log_index', '<', range.to as LogIndex)
      .orderBy('log_index')
      .limit(DOCUMENTS_MAX_COUNT)
      .execute()
    const last = rows.at(-1)
    if (last === undefined) return
    const files = new Map(rows.map(({ bytes }) => [documentPath(bytes), bytes]))
    const missing = await sink.missing([...files.keys()])
    await sink.add(
      missing.flatMap((path) => {
        const bytes = files.get(path)
        return bytes === undefined ? [] : [{ path, bytes }]
      }),
    )
    next = last.log_index + 1
  }
}

function documentPath(bytes: Uint8Array): string {
  return `documents/${digestOf(bytes).replace(':', '/')}`
}

/** Partial tiles of older heads may go once the full tile is there; readers of those heads take that one. */
async function dropPartial({ sink, head }: Publication, before: number): Promise<void> {
  const whole = (tile: TilePath): boolean => tile.width === TILE_WIDTH
  const paths: string[] = []
  // Only the first one of a level can have been partial: at most 14 in all.
  const [bundle] = grownBundles(before, head.size)
  if (bundle !== undefined && whole(bundle)) {
    paths.push(formatTilePath(bundle), formatTilePath({ ...bundle, kind: 'hashes', level: 0 }))
  }
  const seen = new Set<number>()
  for (const tile of grownUpperTiles(before, head.size)) {
    if (seen.has(tile.level)) continue
    seen.add(tile.level)
    if (whole(tile)) paths.push(formatTilePath(tile))
  }
  await sink.drop(paths.map((path) => `${path}.p`))
}

function fileOf(tile: TilePath, bytes: Uint8Array): PublishedFile {
  return { path: formatTilePath(tile), bytes }
}
