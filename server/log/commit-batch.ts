import assert from 'node:assert/strict'
import { canonicalize } from '../../schema/canonical-json.ts'
import type { Entry } from '../../schema/entry.ts'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { leafHash } from '../../schema/merkle.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { ENTRY_MAX_BYTES } from '../../schema/transparency/entry-bundle.ts'
import { readingOf, type Database, type WriteTransaction } from '../store/database.ts'
import { lookupOf } from '../store/lookup.ts'
import type { Row } from '../store/tables.ts'
import { openAccessNotes, storeAccess, storeAccessEnd } from './access-log.ts'
import type { Command, Decision } from './command.ts'
import { openFacts, type PendingFacts } from './facts.ts'
import { refusedNamespaces, type CheckedGrowth, type DoorState } from './guard-batch.ts'
import { project, type Projection } from './projection.ts'
import { keysToPublish, LOG_ACTOR } from './publish-keys.ts'
import { checkRightEdge, type GrownLog } from './right-edge.ts'
import type { Signer } from '../signing/signer.ts'
import { tileCacheOf } from './tile-nodes.ts'
import { extendTree } from './tree.ts'
import { unknownNamespace } from './unknown-namespace.ts'

/** How one command of a batch ended. */
export type Settled =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown }

export interface BatchOptions {
  readonly projections: readonly Projection[]
  readonly nowMs: number
  readonly signer: Signer
  readonly state: DoorState
}

/** A batch that is stored: how each command ended, and the logs that are to be sealed before anybody is told. */
export interface Committed {
  readonly settled: readonly Settled[]
  readonly grown: readonly CheckedGrowth[]
}

const idempotencyByKey = lookupOf('idempotency', 'principal', 'key')

/**
 * Decides and records a batch in one transaction: durable, numbered, in the tree and projected when it
 * resolves. A refusal touches its own command alone.
 */
export async function commitBatch(
  database: Database,
  commands: readonly Command<unknown>[],
  options: BatchOptions,
): Promise<Committed> {
  return database.transaction(async (tx) => {
    const groups = Map.groupBy(commands, (command) => command.namespace)
    // Locked before anything is read, so that no other server decides on the same facts; in name order, so
    // that two servers with the same namespaces do not wait on each other.
    const heads = await lockHeads(tx, groups)
    const refused = await refusedNamespaces(tx, heads, options)
    const facts = openFacts(tx)
    await facts.load(commands.filter(({ namespace }) => !refused.has(namespace)).flatMap(readsOf))
    const settled = new Map<Command<unknown>, Settled>()
    const grown: CheckedGrowth[] = []
    for (const [namespace, group] of groups) {
      if (refused.has(namespace)) {
        const error = refused.get(namespace)
        for (const command of group) settled.set(command, { ok: false, error })
        continue
      }
      const head = heads.get(namespace)
      const batch = { namespace, head, commands: group, facts, settled, ...options }
      const log = await commitNamespace(tx, batch)
      if (log === undefined) continue
      const cache = tileCacheOf(database.reader)
      grown.push({ ...log, tiles: await checkRightEdge(readingOf(tx.query), log, cache) })
    }
    await facts.flush()
    const outcomes = commands.map((command) => {
      const outcome = settled.get(command)
      assert.ok(outcome, 'every command of a batch is settled')
      return outcome
    })
    return { settled: outcomes, grown }
  })
}

async function lockHeads(
  tx: WriteTransaction,
  groups: ReadonlyMap<NamespaceName, readonly Command<unknown>[]>,
): Promise<ReadonlyMap<NamespaceName, Row<'log_head'>>> {
  const heads = new Map<NamespaceName, Row<'log_head'>>()
  for (const namespace of [...groups.keys()].toSorted()) {
    const opensLog = groups.get(namespace)?.some((command) => command.opensLog) ?? false
    const head =
      (await tx.lockHead(namespace)) ?? (opensLog ? await tx.createHead(namespace) : undefined)
    if (head !== undefined) heads.set(namespace, head)
  }
  return heads
}

function readsOf(command: Command<unknown>): Command<unknown>['reads'] {
  if (command.idempotency === undefined) return command.reads
  const key = [command.actor, command.idempotency.key]
  return [...command.reads, { lookup: idempotencyByKey, key }]
}

interface NamespaceBatch extends BatchOptions {
  readonly namespace: NamespaceName
  readonly head: Row<'log_head'> | undefined
  readonly commands: readonly Command<unknown>[]
  readonly facts: PendingFacts
  readonly settled: Map<Command<unknown>, Settled>
}

/** What a namespace's part of the batch adds to the insert-only tables. */
interface Additions {
  readonly entries: Row<'entry'>[]
  readonly documents: Row<'document'>[]
  readonly answers: Map<string, Row<'idempotency'>>
}

async function commitNamespace(
  tx: WriteTransaction,
  batch: NamespaceBatch,
): Promise<GrownLog | undefined> {
  const { namespace, head, commands, facts, settled } = batch
  const added: Additions = { entries: [], documents: [], answers: new Map() }
  const notes = openAccessNotes()
  for (const command of commands) {
    const before = added.entries.length
    try {
      if (head === undefined || (head.size + added.entries.length === 0 && !command.opensLog)) {
        throw unknownNamespace(namespace)
      }
      const earlier = earlierAnswer(command, facts, added)
      const value =
        earlier === undefined ? await decideOne(command, head, { batch, added }) : earlier.value
      settled.set(command, { ok: true, value })
      notes.done(command, head.size + before, head.size + added.entries.length)
    } catch (error) {
      // A refusal is this command's own; anything else says that the transaction cannot be trusted.
      if (!isCatalogError(error) || error.code.startsWith('STORAGE_')) throw error
      settled.set(command, { ok: false, error })
      notes.refused(command, error.code)
    }
  }
  if (head === undefined) return undefined
  const asked = head.size + added.entries.length
  if (added.entries.length > 0) await publishKeys(head, { batch, added })
  const end = head.size + added.entries.length
  if (end > asked) notes.done({ actor: LOG_ACTOR }, asked, end)
  const access = await storeAccess(tx, head, { notes, atMs: batch.nowMs })
  await facts.flush()
  await tx.insert('idempotency', [...added.answers.values()])
  if (added.entries.length === 0) {
    if (access.access_count > head.access_count) await storeAccessEnd(tx, namespace, access)
    return undefined
  }
  await tx.insert('document', added.documents)
  await tx.insert('entry', added.entries)
  const leafHashes = added.entries.map((entry) => entry.leaf_hash)
  const grown = await extendTree(tx, { ...head, ...access }, { leafHashes, atMs: batch.nowMs })
  return { namespace, from: head.size, head: grown }
}

/** Behind the entries of a batch, those keys that sign its head and are not yet in the log. */
async function publishKeys(
  head: Row<'log_head'>,
  { batch, added }: { readonly batch: NamespaceBatch; readonly added: Additions },
): Promise<void> {
  const { namespace, state, signer, facts } = batch
  if (state.published.has(namespace)) return
  const entry = await keysToPublish(facts, signer, namespace)
  if (entry === undefined) return
  const at = new Date(batch.nowMs).toISOString()
  record(
    { drafts: [{ entry }], result: () => null },
    { actor: LOG_ACTOR, at, size: head.size, batch, added },
  )
}

async function decideOne(
  command: Command<unknown>,
  head: Row<'log_head'>,
  { batch, added }: { readonly batch: NamespaceBatch; readonly added: Additions },
): Promise<unknown> {
  const decision = await command.decide(batch.facts)
  const at = new Date(batch.nowMs).toISOString()
  const { actor } = command
  const first = record(decision, { actor, at, size: head.size, batch, added })
  const value = decision.result({ ...first, at })
  if (command.idempotency !== undefined) {
    const { key, requestDigest } = command.idempotency
    added.answers.set(answerName(command.actor, key), {
      principal: command.actor,
      key,
      request_digest: requestDigest,
      result: JSON.stringify(value),
      at_ms: batch.nowMs,
    })
  }
  return value
}

interface RecordContext {
  readonly actor: string
  readonly at: string
  readonly size: number
  readonly batch: NamespaceBatch
  readonly added: Additions
}

/** Numbers, hashes and projects the drafts of one decision; all of them or, if one is too large, none. */
function record(
  decision: Decision<unknown>,
  { actor, at, size, batch, added }: RecordContext,
): { readonly index: LogIndex; readonly leafHash: Uint8Array } {
  const { namespace } = batch
  const start = size + added.entries.length
  const prepared = decision.drafts.map(({ entry: draft, document }, offset) => {
    const entry = { ...draft, v: 1, at, actor } as Entry
    const bytes = Buffer.from(canonicalize(entry))
    if (bytes.length > ENTRY_MAX_BYTES) throw entryTooLarge(bytes.length)
    const index = (start + offset) as LogIndex
    return {
      entry,
      document,
      row: { namespace, log_index: index, bytes, leaf_hash: leafHash(bytes) },
    }
  })
  for (const { entry, document, row } of prepared) {
    const recorded = {
      namespace,
      index: row.log_index,
      entry,
      ...(document === undefined ? {} : { document: document.value }),
    }
    batch.facts.apply(project(batch.projections, recorded))
    if (document !== undefined) {
      added.documents.push({ namespace, log_index: row.log_index, bytes: document.bytes })
    }
    added.entries.push(row)
  }
  const [first] = prepared
  return {
    index: first?.row.log_index ?? (start as LogIndex),
    leafHash: first?.row.leaf_hash ?? new Uint8Array(0),
  }
}

function earlierAnswer(
  command: Command<unknown>,
  facts: PendingFacts,
  added: Additions,
): { readonly value: unknown } | undefined {
  if (command.idempotency === undefined) return undefined
  const { key, requestDigest } = command.idempotency
  const row =
    added.answers.get(answerName(command.actor, key)) ??
    facts.find(idempotencyByKey, [command.actor, key])
  if (row === undefined) return undefined
  if (row.request_digest !== requestDigest) {
    throw new CatalogError(
      'IDEMPOTENCY_KEY_REUSED',
      'This Idempotency-Key was used for another request: make a new key for each new request.',
    )
  }
  return { value: JSON.parse(row.result) }
}

const answerName = (actor: string, key: string): string => `${actor}\u0000${key}`

const entryTooLarge = (sizeBytes: number): CatalogError =>
  new CatalogError(
    'DOCUMENT_TOO_LARGE',
    `The entry would have ${sizeBytes} bytes, and ${ENTRY_MAX_BYTES} is the most: shorten labels and notes.`,
  )
