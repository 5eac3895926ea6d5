import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import { gradeReplay } from '../../schema/replay-rules.ts'
import type { Replayability } from '../../schema/replay.ts'
import type { Context } from '../context.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { readEnvironment, readManifest } from '../timeline/read-document.ts'

/**
 * How replayable a checkpoint is by what it recorded, and what is missing.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN}
 */
export async function getReplayability(
  { db }: Context,
  principal: Principal,
  input: InputOf<'getReplayability'>,
): Promise<Replayability> {
  const row = await readCheckpoint(db, { principal, verb: 'read' }, input)
  const manifest = await readManifest(db, row)
  const environment = await readEnvironment(db, row.namespace, row.environment)
  return { checkpoint: row.digest, ...gradeReplay({ manifest, environment }) }
}
