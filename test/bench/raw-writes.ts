import type { Manifest } from '../../schema/manifest.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { projections } from '../../server/compose.ts'
import type { Context } from '../../server/context.ts'
import { commitBatch } from '../../server/log/commit-batch.ts'
import type { Command } from '../../server/log/command.ts'
import type { Signer } from '../../server/signing/signer.ts'
import { registerCheckpoint } from '../../server/register/register-checkpoint.ts'
import type { Database, Patch, WriteTransaction } from '../../server/store/database.ts'
import { openBlobStores } from '../../server/store/blob-stores.ts'
import type { TableName } from '../../server/store/tables.ts'
import { NAMESPACE, type Registrable } from './fixture.ts'

/** One statement's worth of what the catalog writes. */
export type Write =
  | {
      readonly kind: 'insert' | 'upsert'
      readonly table: TableName
      readonly rows: readonly object[]
    }
  | { readonly kind: 'patch'; readonly table: TableName; readonly patches: readonly Patch[] }

const filler = { id: 'bench', grants: [{ verbs: ['append'], on: '*/*' }] } as const

/** Everything is rolled back, so nothing is signed. */
const unsigned: Signer = {
  originOf: (namespace) => namespace,
  verifierKeys: () => [],
  signingCount: 0,
  sign: () => '',
  signStored: async () => '',
  begin: async () => undefined,
  adopt: async () => undefined,
  check: async () => undefined,
  examine: async () => undefined,
  remember: async () => undefined,
  close: async () => undefined,
}

class RolledBack extends Error {}

/**
 * What the catalog would write for groups of registrations, one transaction each: it decides and projects
 * them for real, and everything is rolled back.
 */
export async function recordWrites(
  database: Database,
  groups: readonly (readonly Registrable[])[],
): Promise<readonly (readonly Write[])[]> {
  const recorded: (readonly Write[])[] = []
  const attempt = database.transaction(async (tx) => {
    for (const group of groups) recorded.push(await recordGroup(database, tx, group))
    throw new RolledBack()
  })
  await attempt.catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error
  })
  return recorded
}

function neverAsked(): never {
  throw new Error('a registration asks for no resume token')
}

async function recordGroup(
  database: Database,
  tx: WriteTransaction,
  group: readonly Registrable[],
): Promise<readonly Write[]> {
  const writes: Write[] = []
  const commands: Command<unknown>[] = []
  const context: Context = {
    db: database.reader,
    log: {
      // The answers are not needed: nobody waits for these registrations.
      append: (command) => {
        commands.push(command)
        return Promise.withResolvers<never>().promise
      },
      deny: async () => undefined,
      stopped: {
        of: () => undefined,
        examine: async () => new Map(),
        examineAll: async () => new Map(),
      },
      waitingCount: () => 0,
      close: async () => undefined,
    },
    signer: unsigned,
    tokens: { sign: neverAsked, open: neverAsked },
    blobs: openBlobStores([]),
    cosignatures: undefined,
    ending: new AbortController().signal,
    nowMs: Date.now,
    newId: () => '',
    request: {},
  }
  for (const { text, digest } of group) {
    const manifest = JSON.parse(text) as Manifest
    void registerCheckpoint(context, filler, {
      namespace: NAMESPACE as NamespaceName,
      manifest,
      text,
      digest,
    })
  }
  const recording = { ...database, transaction: bodyOn(recorderOver(tx, writes)) }
  const { settled } = await commitBatch(recording, commands, {
    projections,
    nowMs: Date.now(),
    signer: unsigned,
    state: {
      corrupt: new Map(),
      rolledBack: new Map(),
      published: new Set([NAMESPACE as NamespaceName]),
    },
  })
  const refused = settled.find((one) => !one.ok)
  if (refused?.ok === false) throw refused.error
  return writes
}

const bodyOn =
  (tx: WriteTransaction): Database['transaction'] =>
  (body) =>
    body(tx)

/** A transaction that also notes what is written through it. */
function recorderOver(tx: WriteTransaction, writes: Write[]): WriteTransaction {
  return {
    get query() {
      return tx.query
    },
    lockHead: (namespace) => tx.lockHead(namespace),
    createHead: (namespace) => tx.createHead(namespace),
    find: (lookup, keys) => tx.find(lookup, keys),
    insert: async (table, rows) => {
      writes.push({ kind: 'insert', table, rows })
      await tx.insert(table, rows)
    },
    upsert: async (table, rows) => {
      writes.push({ kind: 'upsert', table, rows })
      await tx.upsert(table, rows)
    },
    patch: async (table, patches) => {
      writes.push({ kind: 'patch', table, patches })
      await tx.patch(table, patches)
    },
  }
}
