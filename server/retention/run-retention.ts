import { createHash } from 'node:crypto'
import { digestFromBytes, type Digest } from '../../schema/digest.ts'
import { requireOnJob, requireOnNamespace, type Principal } from '../../schema/grant.ts'
import { declaredBytes } from '../../schema/manifest-objects.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { RetentionReceipt, RetentionRun } from '../../schema/retention.ts'
import type { Context } from '../context.ts'
import { allowedBy } from '../log/command.ts'
import { newestIndex } from '../log/read-entries.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { readManifests } from '../timeline/read-document.ts'
import { readPolicy, unknownPolicy } from '../timeline/read-policy.ts'
import { tombstoneDropped, type Asker } from './tombstone-dropped.ts'
import {
  walkDecisions,
  type PartitionDecisions,
  type PartitionPlace,
  type RetentionQuestion,
} from './walk-decisions.ts'

/** Checkpoints withdrawn by one request: some seconds of work; the next request goes on. */
const TOMBSTONES_MAX_COUNT = 10_000
/** Checkpoints withdrawn in one transaction, beside which others wait. */
const CHUNK_COUNT = 100

interface Dropped extends PartitionPlace {
  readonly digests: Digest[]
}

/** What a walk over all decisions came to. */
interface Summary {
  keptCount: number
  droppedCount: number
  droppedBytes: number
  /** The first of them, as many as one request withdraws. */
  readonly dropped: Dropped[]
}

/**
 * Decides what to keep, records that, and unless it is a dry run withdraws the rest in bounded steps. A run that ends
 * in the middle is gone on with by the next one: all decisions follow from what is recorded.
 *
 * @throws {NAMESPACE_NOT_FOUND | POLICY_NOT_FOUND | FORBIDDEN | RETENTION_TOO_LARGE}
 */
export async function runRetention(
  context: Context,
  principal: Principal,
  { namespace, body }: InputOf<'runRetention'>,
): Promise<RetentionReceipt> {
  const { job, partition, policy } = body
  const grant =
    job === undefined
      ? requireOnNamespace(principal, 'retire', namespace)
      : requireOnJob(principal, 'retire', { namespace, job })
  const asOf = await newestIndex(context.db, namespace)
  const nowMs = context.nowMs()
  const question = { namespace, asOf, nowMs, job, partition, policy }
  if (policy !== undefined) await requirePolicy(context, { ...question, policy })
  const { summary, decisions } = await summarizeDecisions(context, question)
  const { keptCount, droppedCount, droppedBytes, dropped } = summary
  const retentionRun = context.newId()
  const facts = {
    ...body,
    asOf,
    moment: new Date(nowMs).toISOString(),
    keptCount,
    droppedCount,
    droppedBytes,
    decisions,
  }
  const run = await context.log.append<RetentionRun>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, grant),
    reads: [],
    decide: () => ({
      drafts: [{ entry: { kind: 'retention.decided', subject: retentionRun, ...facts } }],
      result: ({ index, at }) => ({ retentionRun, ...facts, actor: principal.id, index, at }),
    }),
  })
  const tombstonedCount = run.dryRun
    ? 0
    : await withdraw(context, askerOf(context, principal, grant), {
        question,
        dropped,
        retentionRun: run.retentionRun,
      })
  const leftCount = run.dryRun ? 0 : droppedCount - tombstonedCount
  const proof = await proveEntry(context, namespace, run.index)
  return { ...run, tombstonedCount, leftCount, proof }
}

async function requirePolicy(
  { db }: Context,
  question: RetentionQuestion & Parameters<typeof readPolicy>[1],
): Promise<void> {
  if ((await readPolicy(db, question)) === undefined) throw unknownPolicy(question)
}

/** A key binds one answer, that of the run itself: its tombstones are safe to repeat. */
function askerOf({ request }: Context, principal: Principal, grant: string): Asker {
  const { idempotency: _, ...asked } = allowedBy(request, grant)
  return { actor: principal.id, ...asked }
}

async function summarizeDecisions(
  { db }: Context,
  question: RetentionQuestion,
): Promise<{ readonly summary: Summary; readonly decisions: Digest }> {
  const summary: Summary = { keptCount: 0, droppedCount: 0, droppedBytes: 0, dropped: [] }
  const hash = createHash('sha256')
  let room = TOMBSTONES_MAX_COUNT
  for await (const found of walkDecisions(db, question)) {
    for (const { candidate, keep, reasons } of found.decided) {
      const codes = reasons.map(({ code }) => code).join()
      hash.update(`${candidate.digest} ${keep ? 'keep' : 'drop'} ${codes}\n`)
    }
    const dropped = droppedOf(found)
    summary.keptCount += found.decided.length - dropped.length
    summary.droppedCount += dropped.length
    const indexes = dropped.map(({ index }) => index)
    for await (const { manifest } of readManifests(db, question.namespace, indexes)) {
      summary.droppedBytes += declaredBytes(manifest)
    }
    const taken = dropped.slice(0, room).map(({ digest }) => digest)
    room -= taken.length
    const { job, partition } = found
    if (taken.length > 0) summary.dropped.push({ job, partition, digests: taken })
  }
  return { summary, decisions: digestFromBytes(hash.digest()) }
}

const droppedOf = ({
  decided,
}: PartitionDecisions): readonly { readonly digest: Digest; readonly index: LogIndex }[] =>
  decided.filter(({ keep }) => !keep).map(({ candidate }) => candidate)

async function withdraw(
  context: Context,
  asker: Asker,
  run: {
    readonly question: RetentionQuestion
    readonly dropped: readonly Dropped[]
    readonly retentionRun: string
  },
): Promise<number> {
  const { namespace, asOf } = run.question
  let count = 0
  for (const { digests, ...place } of run.dropped) {
    for (let from = 0; from < digests.length; from += CHUNK_COUNT) {
      const chunk = digests.slice(from, from + CHUNK_COUNT)
      const { retentionRun } = run
      const dropped = { namespace, asOf, retentionRun, ...place, digests: chunk }
      count += await tombstoneDropped(context, asker, dropped)
    }
  }
  return count
}
