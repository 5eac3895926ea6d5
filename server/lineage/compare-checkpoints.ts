import type { Principal } from '../../schema/grant.ts'
import type { Comparison } from '../../schema/lineage.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { readCheckpoint, type CheckpointQuestion } from '../timeline/read-checkpoint.ts'
import { readEnvironment, readManifest } from '../timeline/read-document.ts'
import { compareSides, type Side } from './rules.ts'

/**
 * How parameters, seeds, inputs, format and environment of two checkpoints of a namespace differ; at most
 * 200 changes a section. The principal may read both.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN}
 */
export async function compareCheckpoints(
  context: Context,
  principal: Principal,
  input: InputOf<'compareCheckpoints'>,
): Promise<Comparison> {
  const { namespace, digest, other } = input
  const left = await readSide(context, principal, { namespace, digest })
  const right = await readSide(context, principal, { namespace, digest: other })
  return { left: digest, right: other, ...compareSides(left, right) }
}

async function readSide(
  { db }: Context,
  principal: Principal,
  question: CheckpointQuestion,
): Promise<Side> {
  const row = await readCheckpoint(db, { principal, verb: 'read' }, question)
  return {
    manifest: await readManifest(db, row),
    environment: await readEnvironment(db, row.namespace, row.environment),
  }
}
