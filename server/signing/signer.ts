import { sign as signBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { CatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { formatSignedNote, signedNoteMessage } from '../../schema/transparency/signed-note.ts'
import { formatTreeHead } from '../../schema/transparency/tree-head.ts'
import type { VerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { Reader } from '../store/database.ts'
import { readHeadOver, type RootedHead } from '../log/read-tiles.ts'
import type { SignerMemory } from './signer-memory.ts'
import { originIn, verifierKeyIn, type LogKey, type LogKeys } from './signing-keys.ts'
import { keep } from '../log/tile-nodes.ts'

/** Signed notes kept, by namespace and size: those of the batches of the last seconds. */
const NOTES_MAX_COUNT = 1024
/** Logs whose keys and remembered heads are kept in this process. */
const LOGS_MAX_COUNT = 4096
/** Each time round, another server has signed a head; so many in a row say that something is wrong. */
const SWAPS_MAX_COUNT = 64

/** What a database says of one namespace's log, seen under the lock of its head. */
export interface StoredLog {
  readonly size: number
  /** Root of the stored tree head of a size; undefined where there is none. */
  rootAt(size: number): Promise<Uint8Array | undefined>
}

/** Signs tree heads, and remembers outside the database what it has signed. */
export interface Signer {
  /** Name of a namespace's log, and of the keys that sign it. */
  originOf(namespace: NamespaceName): string
  /** Keys that sign, then retired ones whose signatures are still good. */
  verifierKeys(namespace: NamespaceName): readonly VerifierKey[]
  /** How many of those sign. */
  readonly signingCount: number
  /**
   * The signed note of a tree head, one signature line for each key that signs; the same head gives the same
   * text. Only for a head that is remembered: `signStored` sees to that.
   */
  sign(namespace: NamespaceName, head: RootedHead): string
  /**
   * Signs a stored head, and remembers it first if it is newer than what is remembered. An older one was signed
   * before, so this also serves a database that lost its newest entries.
   *
   * @throws {LOG_ROLLED_BACK} the database has another log than was signed
   */
  signStored(namespace: NamespaceName, head: RootedHead): Promise<string>
  /**
   * Refuses to go on from a database that has not got the newest head that was signed.
   *
   * @throws {LOG_ROLLED_BACK} the database knows less than was signed, or something else
   */
  check(namespace: NamespaceName, stored: StoredLog): Promise<void>
  /**
   * Notes that a head is stored and may be signed; returns at once if a later one of the same log is known.
   *
   * @throws {LOG_ROLLED_BACK} a head that the database has not got was signed meanwhile
   */
  remember(namespace: NamespaceName, head: RootedHead): Promise<void>
  close(): Promise<void>
}

/** What a signer works with; it closes the memory. */
export interface SignerOptions {
  readonly keys: LogKeys
  readonly memory: SignerMemory
  /** The database whose heads are signed. */
  readonly db: Reader
}

/** What of a log this process knows by heart. */
interface KnownLog {
  readonly origin: string
  readonly verifierKeys: readonly VerifierKey[]
  /** The remembered head that the database was last seen to have. */
  head: RootedHead | undefined
}

/** Opens a signer over keys and a memory. */
export function openSigner({ keys: { base, keys }, memory, db }: SignerOptions): Signer {
  const active = keys.filter((key) => key.retiredAt === undefined)
  const retired = keys.filter((key) => key.retiredAt !== undefined)
  const logs = new Map<NamespaceName, KnownLog>()
  const makeNote = openNotes(active)

  const logOf = (namespace: NamespaceName): KnownLog => {
    const known = logs.get(namespace)
    if (known !== undefined) return known
    const origin = originIn(base, namespace)
    const verifierKeys = [...active, ...retired].map((key) => verifierKeyIn(origin, key))
    const log: KnownLog = { origin, verifierKeys, head: undefined }
    keep(logs, namespace, log, LOGS_MAX_COUNT)
    return log
  }
  const sign = (namespace: NamespaceName, head: RootedHead): string =>
    makeNote(logOf(namespace), head)
  const check = async (namespace: NamespaceName, stored: StoredLog): Promise<void> => {
    const log = logOf(namespace)
    const head = await memory.read(log.origin)
    if (head !== undefined) await refuseUnlessStored(log.origin, head, stored)
    log.head = head
  }
  const remember = async (namespace: NamespaceName, head: RootedHead): Promise<void> => {
    const log = logOf(namespace)
    for (let count = 0; count < SWAPS_MAX_COUNT; count += 1) {
      const from = log.head
      if (from !== undefined && from.size > head.size) return
      if (from?.size === head.size && sameRoot(from.root, head.root)) return
      if (await memory.swap({ origin: log.origin, from, to: head })) {
        log.head = head
        return
      }
      await check(namespace, storedLog(db, namespace, head))
    }
    throw new CatalogError(
      'STORAGE_UNAVAILABLE',
      "Other servers keep changing the signer's memory. It is safe to send the same request again.",
    )
  }
  const signStored = async (namespace: NamespaceName, head: RootedHead): Promise<string> => {
    const { origin, head: known } = logOf(namespace)
    if (known === undefined || known.size < head.size) {
      const signed = await memory.read(origin)
      if (signed === undefined || signed.size <= head.size) await remember(namespace, head)
    }
    return sign(namespace, head)
  }

  return {
    originOf: (namespace) => logOf(namespace).origin,
    verifierKeys: (namespace) => logOf(namespace).verifierKeys,
    signingCount: active.length,
    sign,
    signStored,
    check,
    remember,
    close: () => memory.close(),
  }
}

/** Makes signed notes, and keeps the newest of them. */
function openNotes(active: readonly LogKey[]): (log: KnownLog, head: RootedHead) => string {
  const notes = new Map<string, { readonly root: Uint8Array; readonly text: string }>()
  return ({ origin, verifierKeys }, { size, root }) => {
    const name = `${origin} ${size}`
    const known = notes.get(name)
    if (known !== undefined && sameRoot(known.root, root)) return known.text
    const text = formatTreeHead({ origin, size, root })
    const message = signedNoteMessage(text)
    const signatures = active.map(({ privateKey }, place) => ({
      keyName: origin,
      keyId: verifierKeys[place]?.keyId ?? 0,
      signature: signBytes(null, message, privateKey),
    }))
    const note = formatSignedNote({ text, signatures })
    keep(notes, name, { root, text: note }, NOTES_MAX_COUNT)
    return note
  }
}

/** A log as a reader sees it, of which one head at least is known to be stored. */
function storedLog(db: Reader, namespace: NamespaceName, known: RootedHead): StoredLog {
  const at = async (size: number): Promise<RootedHead | undefined> => {
    const head = await readHeadOver(db, namespace, size - 1)
    return head?.size === size ? head : undefined
  }
  return {
    size: known.size,
    rootAt: async (size) => {
      if (size === known.size) return known.root
      // The snapshot of this turn may be older than what another server has stored and signed meanwhile.
      await setImmediate()
      return (await at(size))?.root
    },
  }
}

async function refuseUnlessStored(
  origin: string,
  signed: RootedHead,
  stored: StoredLog,
): Promise<void> {
  const root = await stored.rootAt(signed.size)
  if (root !== undefined && sameRoot(root, signed.root)) return
  const isBehind = root === undefined && signed.size > stored.size
  throw new CatalogError(
    'LOG_ROLLED_BACK',
    isBehind
      ? `The database ends at ${stored.size} entries of ${origin}, and a head of ${signed.size} was signed: entries ${stored.size} to ${signed.size - 1} are missing, as after restoring an old copy. Nothing is written until the newest database is back, or "cairn log repair" has added those entries from published tiles.`
      : `The database has another log than was signed at ${signed.size} entries of ${origin}: it was changed, or it is a copy that went its own way. Nothing is written; put back the database whose head was signed.`,
    {
      detail: {
        origin,
        signedSize: signed.size,
        storedSize: stored.size,
        ...(isBehind ? { missingFrom: stored.size, missingTo: signed.size - 1 } : {}),
      },
    },
  )
}

function sameRoot(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0
}
