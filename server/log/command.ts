import type { AccessLine } from '../../schema/access-log.ts'
import type { Json } from '../../schema/canonical-json.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Entry } from '../../schema/entry.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Facts, Read } from './facts.ts'
import type { WorkChange } from './work-change.ts'

type Omitted<E, Keys extends PropertyKey> = E extends unknown ? Omit<E, Keys> : never

/** An entry before the log gives it its time and actor. */
export type Draft = Omitted<Entry, 'at' | 'actor' | 'v'>

/** The document that the entry names by its digest. */
export interface DraftDocument {
  readonly bytes: Uint8Array
  readonly value: Json
}

/** What a request asks of the log, and the pattern of the grant that allows it. */
export interface Asked {
  readonly kind: 'asked'
  readonly operation: string
  readonly grant: string
}

/** Denials to record; nothing is decided for them. */
export interface Denied {
  readonly kind: 'denied'
  readonly lines: readonly AccessLine[]
  /** Further ones, of which only the number is kept. */
  readonly droppedCount: number
}

/** A request's own members, with the grant that its operation found to allow it. */
export function allowedBy<Request extends { readonly access?: Asked }>(
  request: Request,
  grant: string,
): Request {
  return request.access === undefined
    ? request
    : { ...request, access: { ...request.access, grant } }
}

/** Who appends what the catalog says of its own accord. */
export const LOG_ACTOR = 'cairn'

/** What was decided: what to append, and what to answer once it is recorded. */
export interface Decision<Result> {
  readonly drafts: readonly { readonly entry: Draft; readonly document?: DraftDocument }[]
  /** What changes beside the log. */
  readonly work?: readonly WorkChange[]
  /** The answer, from the index of the first draft and the time of the batch. */
  readonly result: (recorded: {
    readonly index: LogIndex
    readonly at: string
    readonly leafHash: Uint8Array
  }) => Result
}

/** A decision that there is nothing to append. */
export function nothingNew<Result>(result: Result): Decision<Result> {
  return { drafts: [], result: () => result }
}

/** A request to append: what to look at, and how to decide. */
export interface Command<Result> {
  readonly namespace: NamespaceName
  readonly actor: string
  /** Rows that `decide` looks at; loaded for the whole batch at once. */
  readonly reads: readonly Read[]
  /** Reads and thinks, never calls out; throws a `CatalogError` to refuse. May run again after a failure. */
  readonly decide: (facts: Facts) => Decision<Result> | Promise<Decision<Result>>
  /** Whether it may open the namespace's log. */
  readonly opensLog?: boolean
  /** What the access log says of it; without, that its actor did it of the catalog's own accord. */
  readonly access?: Asked | Denied
  /** Binds the answer to a key of the caller's; the answer must then be plain JSON. */
  readonly idempotency?: { readonly key: string; readonly requestDigest: Digest }
}
