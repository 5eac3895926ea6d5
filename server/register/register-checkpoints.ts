import { denialOf } from '../../schema/denial.ts'
import { isCatalogError, type CatalogError } from '../../schema/errors.ts'
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
  const { idempotency: _, ...request } = context.request
  const unbound = { ...context, request }
  const settled = await Promise.allSettled(
    inputs.map((input) => registerCheckpoint(unbound, principal, input)),
  )
  for (const [place, result] of settled.entries()) {
    if (result.status === 'fulfilled') continue
    const namespace = inputs[place]?.namespace ?? ''
    const asked = { namespace, operation: 'registerCheckpoints', principal: principal.id }
    const denial = denialOf(result.reason, asked)
    if (denial !== undefined) await context.log.deny(denial)
  }
  for (const result of settled) {
    // Recorded all the same, so that no item may be called refused.
    if (result.status === 'rejected' && isUnwitnessed(result.reason)) throw result.reason
  }
  return settled.map((result) =>
    result.status === 'fulfilled'
      ? { ok: true, registered: result.value }
      : { ok: false, error: result.reason as unknown },
  )
}

function isUnwitnessed(reason: unknown): reason is CatalogError {
  return isCatalogError(reason) && reason.code === 'NOT_WITNESSED'
}
