import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { parseEntry } from '../../schema/parse-entry.ts'
import { decodeEntryBundle } from '../../schema/transparency/entry-bundle.ts'
import { entryBundlesOf } from '../../schema/transparency/tile-coverage.ts'
import { formatTilePath, HEAD_PATH, TILE_WIDTH } from '../../schema/transparency/tile-path.ts'
import type { TreeHead } from '../../schema/transparency/tree-head.ts'
import type { Database } from '../store/database.ts'
import { recordMove } from '../log/access-log.ts'
import { openExactAppend, type ExactAppend } from './append-exact.ts'
import { checkSignedHead } from './check-signed-head.ts'
import type { MoveProgress } from './export-log.ts'
import { gatherEntries } from './gather-entries.ts'
import { hasDocument, type Projection } from '../log/projection.ts'
import type { Signer } from '../signing/signer.ts'
import { hasAllSigned, nothingMore, requireSound } from './stored-roots.ts'

/** Missing documents that are named. */
const MISSING_MAX_COUNT = 1_000

/** Files of a log that somebody published; nothing of them is believed. */
export interface LogFiles {
  /** The file at a C2SP path; undefined where there is none. */
  read(path: string): Promise<Uint8Array | undefined>
  /** The document of a digest; undefined where it is not known. */
  readDocument(digest: Digest): Promise<Uint8Array | undefined>
}

/** The log that is repaired. */
export interface RepairTarget {
  readonly database: Database
  readonly projections: readonly Projection[]
  readonly signer: Signer
  readonly namespace: NamespaceName
  readonly onProgress: (progress: MoveProgress) => void
  /** Epoch milliseconds, for the record of who did it. */
  readonly nowMs: () => number
}

/** What a repair brought back. */
export interface Repaired {
  /** Entries before. */
  readonly from: number
  /** Entries now. */
  readonly size: number
  readonly root: Uint8Array
  /** Whether the log has all that was ever signed, and takes writes again. */
  readonly complete: boolean
}

/**
 * Brings back the entries that a restored database has lost, from files that were published: behind the
 * entries that are there, at the same indexes, up to the root that this catalog's own key has signed. One
 * transaction: all of what was published, or nothing.
 *
 * Tree heads between are made where the entries' time changes, which is where batches ended.
 *
 * @throws {COPY_CORRUPT} the files are not what the signed head says, or the database is no part of that log
 * @throws {DOCUMENT_MISSING} documents of missing entries are nowhere; `detail.digests` names them
 */
export async function repairLog(published: LogFiles, target: RepairTarget): Promise<Repaired> {
  const { database, signer, namespace } = target
  const head = await readSignedHead(published, target)
  const repaired = await database.transaction(async (tx) => {
    const start = (await tx.lockHead(namespace)) ?? (await tx.createHead(namespace))
    const exact = openExactAppend(tx, start, target.projections)
    if (start.size >= head.size) throw nothingMore(start.size, head.size)
    const root = await replayMissing({ published, exact, head, target })
    await requireSound(tx, namespace)
    const moved = { operation: 'repair', from: start.size, to: head.size, atMs: target.nowMs() }
    await recordMove(tx, namespace, moved)
    const state = { size: head.size, root }
    return {
      from: start.size,
      ...state,
      complete: await hasAllSigned(tx, target, state),
    }
  })
  if (repaired.complete) await signer.remember(namespace, repaired)
  return repaired
}

async function readSignedHead(
  published: LogFiles,
  { signer, namespace }: RepairTarget,
): Promise<TreeHead> {
  const note = await published.read(HEAD_PATH)
  if (note === undefined) throw unusable('there is no signed head, so it is no published log')
  const head = await checkSignedHead(note, signer.verifierKeys(namespace))
  if (head.origin === signer.originOf(namespace)) return head
  throw unusable(`its signed head is of ${head.origin}`)
}

interface Replay {
  readonly published: LogFiles
  readonly exact: ExactAppend
  readonly head: TreeHead
  readonly target: RepairTarget
}

async function replayMissing({ published, exact, head, target }: Replay): Promise<Uint8Array> {
  const missing: Digest[] = []
  const gathering = gatherEntries(exact)
  let at: string | undefined
  for await (const bytes of publishedEntries(published, { from: exact.size(), to: head.size })) {
    const entry = parseEntry(bytes)
    if (entry === undefined) throw unusable('an entry is not a JSON object')
    const document = hasDocument(entry)
      ? await published.readDocument(entry.subject as Digest)
      : undefined
    if (hasDocument(entry) && document === undefined) missing.push(entry.subject as Digest)
    if (missing.length >= MISSING_MAX_COUNT) break
    // Nothing is stored any more, but every document is looked for.
    if (missing.length > 0) continue
    if (at !== undefined && entry.at !== at) {
      await gathering.flush()
      const { size } = await exact.endBatch()
      target.onProgress({ entryCount: size, size: head.size })
    }
    at = entry.at
    await gathering.addEntry(bytes)
    if (document !== undefined) gathering.addDocument(document)
  }
  if (missing.length > 0) throw documentsMissing(missing)
  await gathering.flush()
  const { root } = await exact.endBatch()
  if (Buffer.compare(root, head.root) === 0) return root
  throw unusable(
    'its entries behind those of the catalog have another root than was signed: one of the two was altered',
  )
}

/** Entries of a span, bundle by bundle. */
async function* publishedEntries(
  published: LogFiles,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<Uint8Array> {
  for (const bundle of entryBundlesOf(to)) {
    const first = bundle.index * TILE_WIDTH
    if (first + bundle.width <= from) continue
    const entries = await readBundle(published, bundle)
    yield* entries.slice(Math.max(0, from - first), bundle.width)
  }
}

/** A log may drop a partial bundle once the full one is there, and the full one begins with it. */
async function readBundle(
  published: LogFiles,
  bundle: { readonly kind: 'entries'; readonly index: number; readonly width: number },
): Promise<readonly Uint8Array[]> {
  const widths = bundle.width === TILE_WIDTH ? [TILE_WIDTH] : [bundle.width, TILE_WIDTH]
  for (const width of widths) {
    const path = formatTilePath({ ...bundle, width })
    const bytes = await published.read(path)
    if (bytes === undefined) continue
    const entries = decodeEntryBundle(bytes, width)
    if (entries.ok) return entries.value
    throw unusable(`${path} cannot be read: ${entries.findings[0]?.message}`)
  }
  throw unusable(`${formatTilePath(bundle)} is missing`)
}

const documentsMissing = (digests: readonly Digest[]): CatalogError =>
  new CatalogError(
    'DOCUMENT_MISSING',
    `${digests.length} documents of missing entries are not beside the published log, such as ${digests[0]}: give a folder that has them with --documents, or an export with --export. Nothing was changed.`,
    { detail: { digests } },
  )

const unusable = (what: string): CatalogError =>
  new CatalogError(
    'COPY_CORRUPT',
    `The published log cannot be used: ${what}. Nothing was changed; try another copy.`,
  )
