import { CatalogError } from '../../schema/errors.ts'
import { isName } from '../../schema/name-grammar.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { encodeBase64 } from '../../schema/transparency/base64.ts'
import type { TreeHead } from '../../schema/transparency/tree-head.ts'
import { parseVerifierKey, type VerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { Database, WriteTransaction } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { recordMove } from '../log/access-log.ts'
import { openExactAppend, type ExactAppend } from './append-exact.ts'
import { checkSignedHead } from './check-signed-head.ts'
import { corrupt, openFrameReader, type Frame } from './export-frames.ts'
import type { MoveProgress } from './export-log.ts'
import { gatherEntries } from './gather-entries.ts'
import type { Projection } from '../log/projection.ts'
import type { RootedHead } from '../log/read-tiles.ts'
import type { Signer } from '../signing/signer.ts'
import { hasAllSigned, nothingMore, requireSound, storedLogOf } from './stored-roots.ts'

/** Where an import goes to, and whom it believes. */
export interface ImportTarget {
  readonly database: Database
  readonly projections: readonly Projection[]
  readonly signer: Signer
  /** Keys that may have signed the head; none: those that the file itself names. */
  readonly keys: readonly VerifierKey[]
  /** Adds what is missing at the end of this log, instead of filling an empty one. */
  readonly continues?: NamespaceName
  readonly onProgress: (progress: MoveProgress) => void
  /** Epoch milliseconds, for the record of who did it. */
  readonly nowMs: () => number
}

/** What was imported. */
export interface Imported {
  readonly namespace: NamespaceName
  /** Entries before: 0, unless it added to a log. */
  readonly from: number
  readonly size: number
  readonly root: Uint8Array
  /** The origin under which the head in the file was signed. */
  readonly origin: string
  /** Whether the head was checked with keys of the file itself, which show only that it is whole. */
  readonly usedOwnKeys: boolean
  /** Whether the log has all that was ever signed of it; only what adds to a log may leave it without. */
  readonly complete: boolean
}

/**
 * Loads an export into a namespace that has no entries: the same bytes at the same indexes, tree heads of
 * the same sizes, rows as a replay gives them. One transaction: it is there whole and proven, or not at all.
 *
 * @throws {COPY_CORRUPT} the file is not what its signed head says; the message names the byte
 * @throws {NAMESPACE_NOT_EMPTY} the namespace has entries already
 * @throws {LOG_INDEX_OUT_OF_RANGE} it was to add to a log, and has no more than that
 * @throws {LOG_ROLLED_BACK} this catalog has signed more of that log, or something else, than the file has
 */
export async function importLog(
  chunks: AsyncIterable<Uint8Array>,
  target: ImportTarget,
): Promise<Imported> {
  const { database, signer, continues } = target
  const imported = await database.transaction(async (tx) => {
    const result = await load(tx, chunks, target)
    const { namespace } = result
    await requireSound(tx, namespace)
    const operation = continues === undefined ? 'import' : 'repair'
    await recordMove(tx, namespace, {
      operation,
      from: result.from,
      to: result.size,
      atMs: target.nowMs(),
    })
    if (continues !== undefined) {
      return { ...result, complete: await hasAllSigned(tx, { signer, namespace }, result) }
    }
    await signer.begin(namespace)
    await signer.check(namespace, storedLogOf(tx.query, namespace, result))
    return { ...result, complete: true }
  })
  if (imported.complete) await signer.remember(imported.namespace, imported)
  return imported
}

async function load(
  tx: WriteTransaction,
  chunks: AsyncIterable<Uint8Array>,
  target: ImportTarget,
): Promise<Loaded> {
  const reader = openFrameReader()
  let loading: Loading | undefined
  for await (const chunk of chunks) {
    for (const frame of reader.push(chunk)) {
      if (loading === undefined) loading = await begin(tx, frame, target)
      else await loading.take(frame)
    }
  }
  reader.end()
  if (loading === undefined) throw corrupt(0, 'it holds nothing')
  return loading.end()
}

type Loaded = Omit<Imported, 'complete'>

/** What the first frame says. */
interface Header {
  readonly namespace: NamespaceName
  readonly size: number
  readonly keys: readonly VerifierKey[]
}

interface Loading {
  take(frame: Frame): Promise<void>
  end(): Loaded
}

async function begin(
  tx: WriteTransaction,
  frame: Frame,
  { projections, keys: pinned, continues, onProgress }: ImportTarget,
): Promise<Loading> {
  const header = parseHeader(frame)
  const { namespace } = header
  if (continues !== undefined && continues !== namespace) {
    throw corrupt(0, `it is of the namespace "${namespace}", not of "${continues}"`)
  }
  const start = await lockStart(tx, namespace, continues !== undefined)
  if (continues !== undefined && header.size <= start.size) {
    throw nothingMore(start.size, header.size)
  }
  const exact = openExactAppend(tx, start, projections)
  const gathering = gatherEntries(exact)
  let seenCount = 0
  let newest: RootedHead | undefined
  let signed: TreeHead | undefined

  // What is there already is the same if the root is, which is made from it.
  const isThere = (): boolean => seenCount > 0 && seenCount <= start.size
  const takeEntry = async (bytes: Uint8Array): Promise<void> => {
    seenCount += 1
    if (!isThere()) await gathering.addEntry(bytes)
  }
  const takeDocument = ({ payload, offset }: Frame): void => {
    if (isThere() || gathering.addDocument(payload)) return
    throw corrupt(offset, 'a document follows no entry')
  }
  const takeHead = async (head: Frame): Promise<void> => {
    if (isThere()) return
    await gathering.flush()
    newest = await endBatch(exact, head)
    onProgress({ entryCount: newest.size, size: header.size })
  }
  return {
    take: async (next) => {
      if (signed !== undefined) throw corrupt(next.offset, 'a frame follows the signed head')
      switch (next.kind) {
        case 'entry':
          return takeEntry(next.payload)
        case 'document':
          return takeDocument(next)
        case 'head':
          return takeHead(next)
        case 'signed-head':
          await gathering.flush()
          signed = await checkSignedHead(next.payload, trusted(pinned, header))
          return undefined
        case 'header':
        case 'digest':
          throw corrupt(next.offset, `a ${next.kind} is not expected here`)
      }
    },
    end: () => {
      if (newest?.size !== exact.size() || signed === undefined) {
        throw corrupt(0, 'its last entries have no tree head, or it has no signed head')
      }
      requireSame(header, newest, signed)
      return {
        namespace,
        from: start.size,
        ...newest,
        origin: signed.origin,
        usedOwnKeys: pinned.length === 0,
      }
    },
  }
}

/** The keys that a head must be signed by: those the caller brought, else those of the file itself. */
const trusted = (pinned: readonly VerifierKey[], { keys }: Header): readonly VerifierKey[] =>
  pinned.length > 0 ? pinned : keys

async function endBatch(exact: ExactAppend, { payload, offset }: Frame): Promise<RootedHead> {
  const { size, root } = await exact.endBatch()
  if (`${size} ${encodeBase64(root)}` !== Buffer.from(payload).toString('latin1')) {
    throw corrupt(offset, `the tree head is not that of the first ${size} entries`)
  }
  return { size, root }
}

function requireSame({ namespace, size }: Header, newest: RootedHead, signed: TreeHead): void {
  if (!signed.origin.endsWith(`/v1/namespaces/${namespace}/log`)) {
    throw corrupt(0, `the signed head is of ${signed.origin}, not of the namespace "${namespace}"`)
  }
  if (size !== newest.size || signed.size !== newest.size) {
    throw corrupt(0, `${signed.size} entries were signed, and ${newest.size} are there`)
  }
  if (!Buffer.from(signed.root).equals(newest.root)) {
    throw corrupt(0, 'its entries have another root than the one that was signed')
  }
}

async function lockStart(
  tx: WriteTransaction,
  namespace: NamespaceName,
  mayContinue: boolean,
): Promise<Row<'log_head'>> {
  const head = (await tx.lockHead(namespace)) ?? (await tx.createHead(namespace))
  if (head.size === 0 || mayContinue) return head
  throw new CatalogError(
    'NAMESPACE_NOT_EMPTY',
    `The namespace "${namespace}" has ${head.size} entries already, and an import needs an empty one: import into another catalog.`,
    { detail: { namespace, size: head.size } },
  )
}

function parseHeader({ kind, payload, offset }: Frame): Header {
  if (kind !== 'header') throw corrupt(offset, `it begins with a ${kind} instead of a header`)
  const found = parseObject(payload, offset)
  const { namespace, size, keys } = found
  if (!isName(namespace)) {
    throw corrupt(offset, 'its header names no namespace')
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || !Array.isArray(keys)) {
    throw corrupt(offset, 'its header has no size or no keys')
  }
  const texts = keys.map((text: unknown) => {
    if (typeof text === 'string') return text
    throw corrupt(offset, 'a key in its header is not a text')
  })
  const parsed = texts.map((text) => parseVerifierKey(text))
  return {
    namespace: namespace as NamespaceName,
    size,
    keys: parsed.flatMap((key) => (key.ok ? [key.value] : [])),
  }
}

function parseObject(payload: Uint8Array, offset: number): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(Buffer.from(payload).toString())
    if (typeof found === 'object' && found !== null) return { ...found }
  } catch {
    // Said below, with the byte.
  }
  throw corrupt(offset, 'its header is not a JSON object')
}
