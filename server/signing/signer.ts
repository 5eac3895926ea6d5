import { sign as signBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { verifyConsistency } from '../../schema/merkle-check.ts'
import { EMPTY_ROOT } from '../../schema/merkle.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { sameBytes } from '../../schema/same-bytes.ts'
import { formatSignedNote, signedNoteMessage } from '../../schema/transparency/signed-note.ts'
import { formatTreeHead } from '../../schema/transparency/tree-head.ts'
import type { VerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { Reader } from '../store/database.ts'
import { readHeadOver, readTreeHead, type RootedHead } from '../log/read-tiles.ts'
import { anotherLog, contended, forgotten, requireStatedLoss, rolledBack } from './refusals.ts'
import type { SignerMemory } from './signer-memory.ts'
import { originIn, verifierKeyIn, type LogKey, type LogKeys } from './signing-keys.ts'
import { keep } from '../log/keep.ts'

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
   * Signs a stored head: a newer one than is remembered after it was remembered, an older one after the stored
   * tiles have proven that the remembered one continues it. A row that was changed is not signed.
   *
   * @throws {LOG_ROLLED_BACK} the database has another log than was signed, or less of it
   */
  signStored(namespace: NamespaceName, head: RootedHead): Promise<string>
  /**
   * Notes that a log begins, before its first entry is stored: a log with entries that the memory knows nothing
   * of has lost its memory, or its keys.
   */
  begin(namespace: NamespaceName): Promise<void>
  /**
   * Notes the head of a log whose memory is lost, because somebody says that the database has all of it; or of one
   * whose newest entries are lost for good, because somebody gives up exactly so many.
   *
   * @throws {INVALID_REQUEST} something is remembered of it that the database has, or lacks another number of
   */
  adopt(namespace: NamespaceName, head: RootedHead, lostCount: number): Promise<void>
  /**
   * Refuses to go on from a database that has not got the newest head that was signed.
   *
   * @throws {LOG_ROLLED_BACK} the database knows less than was signed, or something else; or nothing is remembered
   */
  check(namespace: NamespaceName, stored: StoredLog): Promise<void>
  /**
   * Looks whether the database has the newest head that was signed of a log, without a lock.
   *
   * @throws {LOG_ROLLED_BACK} as {@link Signer.check} does
   */
  examine(namespace: NamespaceName): Promise<void>
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
  /** Proves from the stored tiles that one size of a log continues another. */
  readonly proveConsistency: ProveConsistency
}

type ProveConsistency = (
  db: Reader,
  namespace: NamespaceName,
  between: { readonly from: number; readonly to: number },
) => Promise<readonly Uint8Array[]>

/** What of a log this process knows by heart. */
interface KnownLog {
  readonly origin: string
  readonly verifierKeys: readonly VerifierKey[]
  /** The remembered head that the database was last seen to have. */
  head: RootedHead | undefined
}

/** Opens a signer over keys and a memory. */
export function openSigner(options: SignerOptions): Signer {
  const { memory, db } = options
  const { keys } = options.keys
  const active = keys.filter((key) => key.retiredAt === undefined)
  const notes = openNotes(active)
  const logOf = openKnownLogs(options.keys)
  const check = async (namespace: NamespaceName, stored: StoredLog): Promise<void> => {
    const log = logOf(namespace)
    log.head = await readStored(memory, log.origin, stored)
  }
  const remember = async (namespace: NamespaceName, head: RootedHead): Promise<void> => {
    const log = logOf(namespace)
    for (let count = 0; count < SWAPS_MAX_COUNT; count += 1) {
      const from = log.head
      if (from !== undefined && from.size > head.size) return
      if (from?.size === head.size) return requireSame(log.origin, from, head)
      if (await memory.swap({ origin: log.origin, from, to: head })) {
        log.head = head
        return
      }
      await check(namespace, storedLog(db, namespace, head))
    }
    throw contended()
  }
  const signStored = async (namespace: NamespaceName, head: RootedHead): Promise<string> => {
    const log = logOf(namespace)
    const known = notes.find(log, head)
    if (known !== undefined) return known
    const signed = await memory.read(log.origin)
    if (signed === undefined) throw forgotten(log.origin, head.size)
    if (signed.size < head.size) {
      await requireContinued(options, { namespace, log }, [signed, head])
      await remember(namespace, head)
    } else await requireContinued(options, { namespace, log }, [head, signed])
    return notes.make(log, head)
  }

  return {
    originOf: (namespace) => logOf(namespace).origin,
    verifierKeys: (namespace) => logOf(namespace).verifierKeys,
    signingCount: active.length,
    sign: (namespace, head) => notes.make(logOf(namespace), head),
    signStored,
    begin: async (namespace) => {
      const { origin } = logOf(namespace)
      if ((await memory.read(origin)) !== undefined) return
      await memory.swap({ origin, from: undefined, to: { size: 0, root: EMPTY_ROOT } })
    },
    adopt: async (namespace, head, lostCount) => {
      const { origin } = logOf(namespace)
      const signed = await memory.read(origin)
      requireStatedLoss(origin, { signedSize: signed?.size, storedSize: head.size, lostCount })
      if (!(await memory.swap({ origin, from: signed, to: head }))) throw contended()
    },
    check,
    examine: async (namespace) => {
      const newest = await readTreeHead(db, namespace)
      await check(namespace, storedLog(db, namespace, newest))
    },
    remember,
    close: () => memory.close(),
  }
}

/** What this process knows of each log, which it learns when it is asked. */
function openKnownLogs({ base, keys }: LogKeys): (namespace: NamespaceName) => KnownLog {
  const logs = new Map<NamespaceName, KnownLog>()
  const active = keys.filter((key) => key.retiredAt === undefined)
  const retired = keys.filter((key) => key.retiredAt !== undefined)
  return (namespace) => {
    const known = logs.get(namespace)
    if (known !== undefined) return known
    const origin = originIn(base, namespace)
    const verifierKeys = [...active, ...retired].map((key) => verifierKeyIn(origin, key))
    const log: KnownLog = { origin, verifierKeys, head: undefined }
    keep(logs, namespace, log, LOGS_MAX_COUNT)
    return log
  }
}

interface Notes {
  /** The note that was made of this very head, if it is kept. */
  find(log: KnownLog, head: RootedHead): string | undefined
  make(log: KnownLog, head: RootedHead): string
}

/** Makes signed notes, and keeps the newest of them. */
function openNotes(active: readonly LogKey[]): Notes {
  const notes = new Map<string, { readonly root: Uint8Array; readonly text: string }>()
  const find = ({ origin }: KnownLog, { size, root }: RootedHead): string | undefined => {
    const known = notes.get(`${origin} ${size}`)
    return known !== undefined && sameBytes(known.root, root) ? known.text : undefined
  }
  const make = ({ origin, verifierKeys }: KnownLog, { size, root }: RootedHead): string => {
    const text = formatTreeHead({ origin, size, root })
    const message = signedNoteMessage(text)
    const signatures = active.map(({ privateKey }, place) => ({
      keyName: origin,
      keyId: verifierKeys[place]?.keyId ?? 0,
      signature: signBytes(null, message, privateKey),
    }))
    const note = formatSignedNote({ text, signatures })
    keep(notes, `${origin} ${size}`, { root, text: note }, NOTES_MAX_COUNT)
    return note
  }
  return { find, make: (log, head) => find(log, head) ?? make(log, head) }
}

/** Refuses unless the stored tiles prove that the larger of two heads continues the smaller one. */
async function requireContinued(
  { db, proveConsistency }: SignerOptions,
  { namespace, log }: { readonly namespace: NamespaceName; readonly log: KnownLog },
  [older, newer]: readonly [RootedHead, RootedHead],
): Promise<void> {
  if (older.size === newer.size) return requireSame(log.origin, older, newer)
  if (older.size === 0) return
  // The snapshot of this turn may be older than what another server has stored and signed meanwhile.
  await setImmediate()
  const stored = await readHeadOver(db, namespace, newer.size - 1)
  if (stored === undefined) {
    const { size: storedSize } = await readTreeHead(db, namespace)
    throw rolledBack(log.origin, { signedSize: newer.size, storedSize })
  }
  const path = await proveConsistency(db, namespace, { from: older.size, to: newer.size })
  const { ok } = verifyConsistency({
    oldSize: older.size,
    oldRoot: older.root,
    newSize: newer.size,
    newRoot: newer.root,
    path,
  })
  if (!ok) throw anotherLog(log.origin, { signedSize: newer.size, storedSize: stored.size })
}

function requireSame(origin: string, left: RootedHead, right: RootedHead): void {
  if (sameBytes(left.root, right.root)) return
  throw anotherLog(origin, { signedSize: left.size, storedSize: right.size })
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

/** The head that is remembered, which the database must have. */
async function readStored(
  memory: SignerMemory,
  origin: string,
  stored: StoredLog,
): Promise<RootedHead> {
  const head = await memory.read(origin)
  if (head === undefined) throw forgotten(origin, stored.size)
  // Every log continues the empty one.
  if (head.size > 0) await refuseUnlessStored(origin, head, stored)
  return head
}

async function refuseUnlessStored(
  origin: string,
  signed: RootedHead,
  stored: StoredLog,
): Promise<void> {
  const root = await stored.rootAt(signed.size)
  if (root !== undefined && sameBytes(root, signed.root)) return
  const sizes = { signedSize: signed.size, storedSize: stored.size }
  throw root === undefined && signed.size > stored.size
    ? rolledBack(origin, sizes)
    : anotherLog(origin, sizes)
}
