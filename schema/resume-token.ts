import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { Digest, JobName, NamespaceName, Partition, Step, Timestamp } from './names.ts'

/** Longest token, in characters: names of full length and a signature, with room. */
const TOKEN_MAX_LENGTH = 2048
/** A quarter of a year: a checkpoint that is older is looked up, not carried about. */
const LIFETIME_MAX_SECONDS = 90 * 24 * 3600
/** A week: longer than any orchestrator waits before it tries again. */
export const TOKEN_LIFETIME_DEFAULT_SECONDS = 7 * 24 * 3600

/** What an orchestrator carries: opaque, signed by this catalog, and no secret. */
export const ResumeTokenText = Type.String({
  title: 'ResumeTokenText',
  description: 'Opaque; from `POST /resume-tokens`. It names a state, and grants nothing.',
  minLength: 1,
  maxLength: TOKEN_MAX_LENGTH,
})

/** How long a token is good, in seconds. */
export const TokenLifetime = Type.Integer({
  minimum: 1,
  maximum: LIFETIME_MAX_SECONDS,
  description: 'Seconds until it expires. Default: 7 days.',
})

/** A token, and what it stands for. */
export const ResumeToken = Type.Object(
  {
    token: ResumeTokenText,
    namespace: NamespaceName,
    job: JobName,
    partition: Partition,
    checkpoint: Digest,
    step: Step,
    expiresAt: Timestamp,
  },
  { title: 'ResumeToken', additionalProperties: false },
)
export type ResumeToken = Immutable<Static<typeof ResumeToken>>

/** What the catalog signs in a token. */
export interface TokenClaims {
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly checkpoint: Digest
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}
