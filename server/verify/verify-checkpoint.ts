import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Verification } from '../../schema/verification.ts'
import type { Context } from '../context.ts'
import { allowedBy } from '../log/command.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { chooseDepth } from './choose-depth.ts'
import { runVerification } from './run-verification.ts'
import { shareWork } from './share-work.ts'

/**
 * Looks at a checkpoint's blobs and records what was found. Answers when that has ended, or in time with how
 * far it is; the same request while it is under way follows it.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN}
 * @throws {OVERLOADED} too many are under way
 */
export async function verifyCheckpoint(
  context: Context,
  principal: Principal,
  { namespace, digest, body: { depth, verification } }: InputOf<'verifyCheckpoint'>,
): Promise<Verification> {
  const asker = { principal, verb: 'verify' } as const
  const checkpoint = await readCheckpoint(context.db, asker, { namespace, digest })
  const grant = requireOnJob(principal, 'verify', checkpoint)
  // The answer is bound to no key: it changes while the work goes on.
  const { idempotency: _key, ...request } = allowedBy(context.request, grant)
  const counts = { blobsDone: 0, blobCount: 0, bytesDone: 0, bytesTotal: 0 }
  return shareWork<Verification>(context, {
    id: verification,
    subject: `verification ${namespace}/${digest} ${depth}`,
    first: (id) => ({
      verification: id,
      checkpoint: digest,
      depth,
      state: 'running',
      ...counts,
      faults: [],
    }),
    run: async (tell) =>
      runVerification(
        { ...context, request },
        {
          checkpoint,
          depth: await chooseDepth(context.db, checkpoint, depth),
          actor: principal.id,
          pace: async () => undefined,
          signal: context.ending,
          onProgress: tell,
        },
      ),
  })
}
