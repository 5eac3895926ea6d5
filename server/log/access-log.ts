import assert from 'node:assert/strict'
import {
  accessHash,
  accessStart,
  type AccessBody,
  type AccessLine,
} from '../../schema/access-log.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import type { ErrorCode } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { WriteTransaction } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import type { Command } from './command.ts'

/** Where a namespace's access log ends, as its head row has it. */
export type AccessEnd = Pick<Row<'log_head'>, 'access_count' | 'access_hash'>

/** Who does what no token allows: the one who has the machine. */
const OPERATOR = 'operator'

/** Who a command is from, and what it asks. */
type Asker = Pick<Command<unknown>, 'actor' | 'access'>

/** What the commands of one batch and namespace asked, gathered as they are settled. */
export interface AccessNotes {
  /** Notes a command that was allowed, and the entries from `from` up to but not including `to` it made. */
  done(asker: Asker, from: number, to: number): void
  refused(asker: Asker, code: ErrorCode): void
  readonly lines: () => readonly AccessLine[]
  readonly droppedCount: () => number
}

/** Begins to gather. */
export function openAccessNotes(): AccessNotes {
  const lines = new Map<string, AccessLine>()
  let droppedCount = 0
  const note = (line: AccessLine): void => {
    const { outcome, principal, operation, grant, on, code } = line
    const key = [outcome, principal, operation, grant, on, code].join('\u0000')
    const known = lines.get(key)
    lines.set(key, known === undefined ? line : joined(known, line))
  }
  return {
    done: (asker, from, to) => {
      if (asker.access?.kind === 'denied') {
        asker.access.lines.forEach(note)
        droppedCount += asker.access.droppedCount
        return
      }
      const asked = askedBy(asker)
      if (to === from) note({ outcome: 'unchanged', count: 1, ...asked })
      else note({ outcome: 'appended', count: 1, ...asked, entries: [[from, to - 1]] })
    },
    refused: (asker, code) => {
      // What was forbidden comes as a denial of its own.
      if (code !== 'FORBIDDEN' && asker.access?.kind !== 'denied')
        note({ outcome: 'refused', count: 1, ...askedBy(asker), code })
    },
    lines: () => [...lines.values()],
    droppedCount: () => droppedCount,
  }
}

function askedBy({ actor, access }: Asker): Pick<AccessLine, 'principal'> {
  // A token's subject may have lone surrogates, which no canonical JSON can hold.
  const principal = actor.toWellFormed()
  if (access?.kind !== 'asked') return { principal }
  const { kind: _, ...asked } = access
  return { principal, ...asked }
}

/** One line for both: counts added, and runs of entries that meet made one. */
function joined(left: AccessLine, right: AccessLine): AccessLine {
  const count = left.count + right.count
  const [run] = right.entries ?? []
  if (run === undefined) return { ...left, count }
  const runs = left.entries ?? []
  const last = runs.at(-1)
  const entries =
    last !== undefined && last[1] + 1 === run[0]
      ? [...runs.slice(0, -1), [last[0], run[1]] as const]
      : [...runs, run]
  return { ...left, count, entries }
}

/** What is to be recorded, and when that was, in epoch milliseconds. */
export interface SaidAccess {
  readonly notes: AccessNotes
  readonly atMs: number
}

/**
 * Adds one record to the namespace's access log, if there is anything to say. Gives where it then ends, which the
 * caller stores in the head row that it has locked.
 */
export async function storeAccess(
  tx: WriteTransaction,
  { namespace, access_count, access_hash }: Row<'log_head'>,
  { notes, atMs }: SaidAccess,
): Promise<AccessEnd> {
  const lines = notes.lines()
  const dropped = notes.droppedCount()
  if (lines.length === 0 && dropped === 0) return { access_count, access_hash }
  const said: AccessBody = {
    v: 1,
    at: new Date(atMs).toISOString(),
    lines,
    ...(dropped === 0 ? {} : { dropped }),
  }
  const body = Buffer.from(canonicalize(said))
  const previous = access_count === 0 ? accessStart(namespace).hash : access_hash
  const hash = accessHash(previous, body)
  await tx.insert('access_log', [{ namespace, sequence: access_count, previous, hash, body }])
  return { access_count: access_count + 1, access_hash: hash }
}

/** Stores where an access log ends, where nothing else of the head row changes. */
export async function storeAccessEnd(
  tx: WriteTransaction,
  namespace: NamespaceName,
  end: AccessEnd,
): Promise<void> {
  const { access_count, access_hash } = end
  await tx.patch('log_head', [{ key: [namespace], set: { access_count, access_hash } }])
}

/** Records what an operator did to a whole log on the machine itself: the entries from `from` up to `to`. */
export async function recordMove(
  tx: WriteTransaction,
  namespace: NamespaceName,
  moved: {
    readonly operation: string
    readonly from: number
    readonly to: number
    readonly atMs: number
  },
): Promise<void> {
  const head = await tx.lockHead(namespace)
  assert.ok(head, 'a log that has entries has a head')
  const notes = openAccessNotes()
  const { operation, from, to, atMs } = moved
  notes.done({ actor: OPERATOR, access: { kind: 'asked', operation, grant: '*/*' } }, from, to)
  await storeAccessEnd(tx, namespace, await storeAccess(tx, head, { notes, atMs }))
}
