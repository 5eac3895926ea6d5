import type { Digest } from '../schema/digest.ts'
import type { Asked } from './log/command.ts'
import type { Log } from './log/open-log.ts'
import type { ResumeTokens } from './signing/resume-tokens.ts'
import type { Signer } from './signing/signer.ts'
import type { Cosignatures } from './cosign/witnessed-head.ts'
import type { BlobStores } from './store/blob-store.ts'
import type { Reader } from './store/database.ts'

/** What an operation may use. It has no other way to the world. */
export interface Context {
  /** Any table, read-only. */
  readonly db: Reader
  /** The one write door. */
  readonly log: Log
  /** Signs tree heads. */
  readonly signer: Signer
  /** Makes and reads resume tokens. */
  readonly tokens: ResumeTokens
  /** The buckets and folders that the configuration names. */
  readonly blobs: BlobStores
  /** What witnesses have said of the newest heads; undefined where no policy names any. */
  readonly cosignatures: Cosignatures | undefined
  /** Fires when the catalog closes: what works beside requests ends then. */
  readonly ending: AbortSignal
  /** Epoch milliseconds. */
  readonly nowMs: () => number
  /** A new UUIDv7. */
  readonly newId: () => string
  /** What the request at hand binds its write to. */
  readonly request: {
    readonly access?: Asked
    readonly idempotency?: { readonly key: string; readonly requestDigest: Digest }
    /** Set when the answer waits for witnesses; says when they have had their time. */
    readonly witnessing?: AbortSignal
  }
}
