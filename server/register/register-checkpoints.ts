import type { Principal } from '../../schema/grant.ts'
import type { Context } from '../context.ts'
import {
  registerCheckpoint,
  type Registered,
  type RegistrationInput,
} from './register-checkpoint.ts'

/** How one item of a batch ended. */
export type BatchOutcome =
  | { readonly ok: true; readonly registered: Registered }
  | { readonly ok: false; readonly error: unknown }

/** Registers several checkpoints in their order; each has a result of its own. */
export async function registerCheckpoints(
  context: Context,
  principal: Principal,
  inputs: readonly RegistrationInput[],
): Promise<readonly BatchOutcome[]> {
  // A key binds one answer, and every item has its own: the digest makes each safe to repeat.
  const unbound = { ...context, request: {} }
  const settled = await Promise.allSettled(
    inputs.map((input) => registerCheckpoint(unbound, principal, input)),
  )
  return settled.map((result) =>
    result.status === 'fulfilled'
      ? { ok: true, registered: result.value }
      : { ok: false, error: result.reason as unknown },
  )
}
