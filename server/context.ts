import type { Digest } from '../schema/digest.ts'
import type { Log } from './log/open-log.ts'
import type { Reader } from './store/database.ts'

/** What an operation may use. It has no other way to the world. */
export interface Context {
  /** Any table, read-only. */
  readonly db: Reader
  /** The one write door. */
  readonly log: Log
  /** Epoch milliseconds. */
  readonly nowMs: () => number
  /** A new UUIDv7. */
  readonly newId: () => string
  /** What the request at hand binds its write to. */
  readonly request: {
    readonly idempotency?: { readonly key: string; readonly requestDigest: Digest }
  }
}
