import { Type, type Static, type TObject, type TSchema } from 'typebox'
import { DOCUMENT_MAX_BYTES } from '../entry.ts'
import type { ErrorCode } from '../errors.ts'
import type { Verb } from '../grant.ts'
import type { Immutable } from '../immutable.ts'
import { NamespaceName } from '../names.ts'

/** One operation of the HTTP API, as data. */
export interface Operation {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Template with `{name}` for each member of `params`. */
  readonly path: string
  /** Whether the last member of the path may hold slashes. */
  readonly tail?: true
  readonly summary: string
  readonly description?: string
  readonly tag: string
  /** What the principal must have been granted; `public` needs no token. */
  readonly verb: Verb | 'public'
  /** How far the verb must reach before the operation itself looks at the job. */
  readonly reach: 'job' | 'namespace' | 'none'
  readonly params: TObject
  readonly query: TObject
  readonly body?: TSchema
  /** Most bytes of the body; larger ones are refused while reading. */
  readonly bodyMaxBytes?: number
  /** Whether the route compares the body with its canonical form, instead of the strict reader. */
  readonly checksBytes?: true
  /** What a success answers with. */
  readonly response: TSchema
  /** `bytes`: exact bytes, described by `response`. */
  readonly answer: 'json' | 'bytes'
  /** Media type of a success. Default: `application/json`. */
  readonly contentType?: 'text/plain; charset=utf-8' | 'application/octet-stream'
  /** Whether a success of exact bytes may differ the next time; its tag then only saves sending it again. */
  readonly mayChange?: true
  /** Whether repeating the request is safe by its own nature; otherwise the SDK sends an `Idempotency-Key`. */
  readonly repeat: 'safe' | 'by-key'
  /** Whether no answer of a write is bound to an `Idempotency-Key`; its description says why. */
  readonly ignoresKey?: true
  /** Codes of its own, beside those that every operation has. */
  readonly errors: readonly ErrorCode[]
}

/** What an operation is called with: path and query members, and the body. */
export type OperationInput<Op extends Operation> = Immutable<
  Static<Op['params']> &
    Static<Op['query']> &
    (Op extends { readonly body: infer Body extends TSchema } ? { body: Static<Body> } : object)
>

/** Keeps literal types and checks the shape. */
export function operation<const Op extends Operation>(definition: Op): Op {
  return definition
}

/** An object that refuses what it does not know. */
export const closed = <Properties extends Record<string, TSchema>>(
  properties: Properties,
  title?: string,
) => Type.Object(properties, { additionalProperties: false, ...(title ? { title } : {}) })

export const noQuery = closed({})

/** The query of every operation that writes. */
export const writeQuery = closed({
  wait: Type.Optional(
    Type.Literal('witnessed', {
      description:
        'Answer when the quorum of witnesses has cosigned the log with this write in it, for up to 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.',
    }),
  ),
})
export const inNamespace = { namespace: NamespaceName }
export const prefix = '/v1/namespaces/{namespace}'

/** Bodies that name things: far above any real one. */
export const SMALL_BODY_MAX_BYTES = 64 * 1024

/** A document of full size and the envelope around it. */
export const DOCUMENT_BODY_MAX_BYTES = DOCUMENT_MAX_BYTES + 4096
