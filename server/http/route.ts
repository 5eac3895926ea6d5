import type { Principal } from '../../schema/grant.ts'
import type { InputOf, OperationId } from '../../schema/operations.ts'
import type { Context } from '../context.ts'

/** What a route answers: JSON, or exact bytes. */
export interface Answer {
  /** Default 200. */
  readonly status?: number
  /** A value to serialise, or bytes to send as they are. */
  readonly body: unknown
  /** Strong validator of exact bytes; unless the operation says otherwise, they never change. */
  readonly etag?: string
  /** Where what was made can be read. */
  readonly location?: string
}

/** The body as it arrived, for the routes that hash it. */
export interface RawBody {
  readonly text: string
}

/** One operation behind HTTP. */
export type Route<Id extends OperationId> = (
  context: Context,
  principal: Principal,
  input: InputOf<Id>,
  raw: RawBody,
) => Promise<Answer>

/** A route for every operation: a missing one does not compile. */
export type Routes = { readonly [Id in OperationId]: Route<Id> }

/** An answer with a body. */
export function answer(body: unknown, options: Omit<Answer, 'body'> = {}): Answer {
  return { body, ...options }
}

/** A route that answers what its operation gives, as it is. */
export function json<Id extends OperationId>(
  operation: (context: Context, principal: Principal, input: InputOf<Id>) => Promise<unknown>,
): Route<Id> {
  return async (context, principal, input) => answer(await operation(context, principal, input))
}
