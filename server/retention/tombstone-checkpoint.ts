import type { Tombstone, TombstoneReceipt } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { allowedBy, nothingNew, type Decision } from '../log/command.ts'
import type { Facts } from '../log/facts.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'
import { tombstoneOf } from '../timeline/describe-tombstone.ts'
import { checkpointByDigest, read, tombstoneByCheckpoint } from '../timeline/lookups.ts'
import { readCheckpoint, unknownCheckpoint } from '../timeline/read-checkpoint.ts'
import {
  checkDependents,
  checkRepeat,
  checkSuccessor,
  NAMED_MAX_COUNT,
  SUCCESSORS_MAX_COUNT,
} from './rules.ts'

/** A tombstone with its proof, and whether this request made it. */
export interface Tombstoned {
  readonly receipt: TombstoneReceipt
  readonly created: boolean
}

interface Withdrawn {
  readonly tombstone: Tombstone
  readonly created: boolean
}

interface Place {
  readonly namespace: NamespaceName
  readonly digest: Digest
}

const liveDependents = statement<Place, Pick<Row<'checkpoint'>, 'digest'>>((db, param) =>
  db
    .selectFrom('checkpoint')
    .select('digest')
    .where('base', '=', param('digest'))
    .where('namespace', '=', param('namespace'))
    .where('tombstoned_index', 'is', null)
    // A plain order by index would make SQLite read the whole namespace rather than sort the few.
    .orderBy((eb) => eb('log_index', '+', 0 as LogIndex))
    .limit(NAMED_MAX_COUNT),
)

const successorsAfter = statement<Place, { readonly successor: Digest | null }>((db, param) =>
  db
    .withRecursive('line', (query) =>
      query
        .selectFrom('tombstone as t')
        .select('t.successor')
        .select((eb) => eb.lit<number>(1).as('place'))
        .where('t.namespace', '=', param('namespace'))
        .where('t.checkpoint', '=', param('digest'))
        .unionAll(
          query
            .selectFrom('line')
            .innerJoin('tombstone as t', 't.checkpoint', 'line.successor')
            .select('t.successor')
            .select((eb) => eb('line.place', '+', eb.lit(1)).$castTo<number>().as('place'))
            .where('t.namespace', '=', param('namespace'))
            .where('line.place', '<', SUCCESSORS_MAX_COUNT),
        ),
    )
    .selectFrom('line')
    .select('successor')
    .where('successor', 'is not', null)
    .orderBy('place'),
)

/**
 * Withdraws a checkpoint for good; the same again gives the first tombstone.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN}
 * @throws {ALREADY_TOMBSTONED | CHAIN_IN_USE | LINEAGE_CYCLE}
 */
export async function tombstoneCheckpoint(
  context: Context,
  principal: Principal,
  input: InputOf<'tombstoneCheckpoint'>,
): Promise<Tombstoned> {
  const { namespace, digest, body } = input
  const { successor } = body
  const row = await readCheckpoint(context.db, { principal, verb: 'retire' }, { namespace, digest })
  const { tombstone, created } = await context.log.append<Withdrawn>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, requireOnJob(principal, 'retire', row)),
    reads: [
      read(checkpointByDigest, namespace, digest),
      read(tombstoneByCheckpoint, namespace, digest),
      ...(successor === undefined ? [] : [read(checkpointByDigest, namespace, successor)]),
    ],
    decide: (facts) => decide(facts, principal, input),
  })
  const proof = await proveEntry(context, namespace, tombstone.index)
  return { receipt: { ...tombstone, proof }, created }
}

async function decide(
  facts: Facts,
  principal: Principal,
  input: InputOf<'tombstoneCheckpoint'>,
): Promise<Decision<Withdrawn>> {
  const { namespace, digest, body } = input
  if (facts.find(checkpointByDigest, [namespace, digest]) === undefined) {
    throw unknownCheckpoint(input)
  }
  const first = facts.find(tombstoneByCheckpoint, [namespace, digest])
  if (first !== undefined) return nothingNew(checkRepeat(input, tombstoneOf(first)))
  // Under the head lock, and after what this batch has decided: a delta that came first counts.
  const db = await facts.query()
  const { successor } = body
  if (successor !== undefined) {
    const row = facts.find(checkpointByDigest, [namespace, successor])
    const onwards = await successorsAfter(db, { namespace, digest: successor })
    checkSuccessor(
      input,
      row,
      onwards.flatMap((next) => next.successor ?? []),
    )
  }
  const dependents = await liveDependents(db, { namespace, digest })
  checkDependents(
    digest,
    dependents.map((dependent) => dependent.digest),
  )
  return {
    drafts: [{ entry: { kind: 'checkpoint.tombstoned', subject: digest, ...body } }],
    result: ({ index, at }) => ({
      tombstone: { checkpoint: digest, ...body, actor: principal.id, index, at },
      created: true,
    }),
  }
}
