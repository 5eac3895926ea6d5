import type { Grade } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import { objectId, objectsOf } from '../../schema/manifest-objects.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Restore, RestoreEnd } from '../../schema/restore.ts'
import type { Context } from '../context.ts'
import { allowedBy, nothingNew, type Decision, type Draft } from '../log/command.ts'
import { newestIndex } from '../log/read-entries.ts'
import { proveEntry } from '../log/read-proofs.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { checkpointByDigest, read, restoreById } from '../timeline/lookups.ts'
import { readManifest } from '../timeline/read-document.ts'
import { restoreOf } from '../timeline/read-restores.ts'
import { readChain, type Standing } from '../timeline/read-chain.ts'
import { assess, assessAll } from '../timeline/standing.ts'
import { confirmGone } from './confirm-gone.ts'
import { weighFailures, type LostBlob } from './weigh-failures.ts'

type Input = InputOf<'closeRestore'>

/** Under the head lock, everything recorded so far. */
const NOW = Number.MAX_SAFE_INTEGER as LogIndex

/**
 * Records how a restore ended, and what that is evidence of; the same outcome again changes nothing.
 *
 * @throws {NAMESPACE_NOT_FOUND | RESTORE_NOT_FOUND | RESTORE_CLOSED | FORBIDDEN}
 */
export async function closeRestore(
  context: Context,
  principal: Principal,
  input: Input,
): Promise<RestoreEnd> {
  const { namespace, restore } = input
  const known = await context.db
    .selectFrom('restore')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('restore', '=', restore)
    .executeTakeFirst()
  if (known === undefined) {
    await newestIndex(context.db, namespace)
    throw unknownRestore(input)
  }
  const lost = await findLost(context, known, input)
  const { checkpoint } = known
  const closed = await context.log.append<Restore>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, requireOnJob(principal, 'append', known)),
    reads: [read(restoreById, namespace, restore), read(checkpointByDigest, namespace, checkpoint)],
    decide: async (facts) => {
      const row = facts.find(restoreById, [namespace, restore])
      const subject = facts.find(checkpointByDigest, [namespace, checkpoint])
      if (row === undefined || subject === undefined) throw unknownRestore(input)
      if (row.closed_index !== null) return nothingNew(sameEnd(row, input))
      const evidence = await evidenceOf(await facts.query(), subject, { input, lost, row })
      return decide(row, { input, evidence })
    },
  })
  const index = closed.closedIndex ?? closed.openedIndex
  const standing = await context.db
    .selectFrom('checkpoint')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('digest', '=', checkpoint)
    .executeTakeFirstOrThrow()
  const { grade } = await assess(context.db, namespace, { standing, asOf: NOW })
  return { ...closed, grade, proof: await proveEntry(context, namespace, index) }
}

type Drafts = readonly { readonly entry: Draft }[]

function decide(
  row: Row<'restore'>,
  { input: { restore, body }, evidence }: { readonly input: Input; readonly evidence: Drafts },
): Decision<Restore> {
  return {
    drafts: [
      { entry: { kind: 'restore.recorded', subject: row.checkpoint, restore, ...body } },
      ...evidence,
    ],
    result: ({ index, at }) => ({
      ...restoreOf(row, NOW),
      closedAt: at,
      closedIndex: index,
      ...body,
    }),
  }
}

/** What the restore found out about the bytes of the checkpoint, and of all that it needs. */
async function evidenceOf(
  db: Reader,
  subject: Row<'checkpoint'>,
  {
    input,
    lost,
    row,
  }: {
    readonly input: Input
    readonly lost: readonly LostBlob[]
    readonly row: Row<'restore'>
  },
): Promise<Drafts> {
  const { namespace, restore, body } = input
  const note = `Restore ${restore}.`
  const method = 'restore'
  if (body.outcome === 'succeeded') {
    // Who could read a blob nowhere has not restored it, whatever else is said.
    if (!body.checked || lost.length > 0) return []
    const chain = await readChain(db, subject)
    const since = await failedSince(db, chain, row.opened_index)
    const assessed = await assessAll(db, namespace, { standings: chain, asOf: NOW })
    // What is below and was restored before has nothing new to say.
    const found = chain.filter(({ digest }) => {
      // The bytes may have been read before they were lost.
      if (since.has(digest)) return false
      const known = assessed.get(digest)
      return digest === subject.digest || known?.grade !== 'restored' || known.failing
    })
    return found.map(({ digest }) => ({
      entry: {
        kind: 'evidence.recorded',
        subject: digest,
        finding: 'restored' satisfies Grade,
        outcome: 'passed',
        method,
        note,
      },
    }))
  }
  return lost.map(({ checkpoint, finding, fault }) => ({
    entry: {
      kind: 'evidence.recorded',
      subject: checkpoint,
      finding,
      outcome: 'failed',
      method,
      note,
      detail: { fault },
    },
  }))
}

/** Links of a chain of which failed evidence came after an index. */
async function failedSince(
  db: Reader,
  chain: readonly Standing[],
  after: LogIndex,
): Promise<ReadonlySet<Digest>> {
  const links = new Set(chain.map(({ digest }) => digest))
  const [top] = chain
  if (top === undefined) return links
  const rows = await db
    .selectFrom('evidence')
    .select('checkpoint')
    .distinct()
    .where('namespace', '=', top.namespace)
    .where('outcome', '=', 'failed')
    .where('log_index', '>', after)
    .execute()
  return new Set(rows.map(({ checkpoint }) => checkpoint).filter((digest) => links.has(digest)))
}

/** Blobs of the chain that are lost in every place that their manifests name. */
async function findLost(
  { db, blobs }: Context,
  { namespace, checkpoint }: Row<'restore'>,
  { body: { outcome, failures = [] } }: Input,
): Promise<readonly LostBlob[]> {
  if (failures.length === 0) return []
  const top = await db
    .selectFrom('checkpoint')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('digest', '=', checkpoint)
    .executeTakeFirstOrThrow()
  const named = new Set(failures.map((failure) => failure.checkpoint))
  const objects = new Set<Digest>()
  const manifests = new Map<Digest, Manifest>()
  for (const link of await readChain(db, top)) {
    if (!named.has(link.digest)) continue
    const manifest = await readManifest(db, link)
    manifests.set(link.digest, manifest)
    for (const object of objectsOf(manifest).keys()) objects.add(object)
  }
  // Nothing is looked for that the state does not name.
  const ofState = failures.filter((failure) => objects.has(objectId(failure)))
  const found = outcome === 'succeeded' ? ofState : await confirmGone(blobs, namespace, ofState)
  return weighFailures(found, manifests)
}

/**
 * The end that was recorded, when the same is reported again.
 *
 * @throws {RESTORE_CLOSED}
 */
function sameEnd(row: Row<'restore'>, { restore, body }: Input): Restore {
  if (row.outcome === body.outcome) return restoreOf(row, NOW)
  throw new CatalogError(
    'RESTORE_CLOSED',
    `Restore ${restore} was closed as ${row.outcome} at ${row.closed_at}: an outcome is final. Open another restore for another try.`,
    { detail: { outcome: row.outcome, closedIndex: row.closed_index } },
  )
}

const unknownRestore = ({
  namespace,
  restore,
}: Pick<Input, 'namespace' | 'restore'>): CatalogError =>
  new CatalogError(
    'RESTORE_NOT_FOUND',
    `${namespace} has no restore "${restore}": open it with POST /restores, and report under the id that it answers.`,
  )
