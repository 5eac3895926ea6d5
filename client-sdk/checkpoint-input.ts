import { CatalogError } from '../schema/errors.ts'
import type { BlobReference, Digest, Manifest, Seed, Shard } from './api.ts'
import type { NamedContent } from './staging.ts'

/** Members of a manifest that a job gives as they are. */
type GivenMembers = Pick<
  Manifest,
  | 'step'
  | 'base'
  | 'worldSize'
  | 'parents'
  | 'progress'
  | 'format'
  | 'inputs'
  | 'parameters'
  | 'environment'
  | 'trace'
  | 'timing'
  | 'persistence'
  | 'labels'
>

/** What a job says of a checkpoint; the run's own facts are added. */
export interface CheckpointInput extends GivenMembers {
  /** The state of a job that is one worker, which has rank 0. Default: none. */
  readonly blobs?: readonly BlobReference[]
  /** The generators of a job that is one worker. */
  readonly seeds?: readonly Seed[]
  /** One part for each worker, instead of `blobs` and `seeds`. */
  readonly shards?: readonly Shard[]
  /** Default: `delta` when there is a `base`, otherwise `full`. */
  readonly kind?: Manifest['kind']
  /** Default: `durable`. */
  readonly tier?: Manifest['tier']
}

/** A checkpoint of a job that is one worker, whose bytes the run persists. */
interface WithContents extends Omit<CheckpointInput, 'shards' | 'persistence'> {
  /** They become blobs, after those of `blobs`. */
  readonly contents: readonly NamedContent[]
}

/** A checkpoint whose bytes are safe when the call returns. */
export interface ContentInput extends WithContents {
  /**
   * `sync` puts the contents into the store and then registers. `hybrid` puts them into a store on this machine, registers
   * that as a `light` checkpoint, and copies them to the store in the background; the copy is the `durable` checkpoint of
   * the step. Default: `sync`.
   */
  readonly persistence?: 'sync' | 'hybrid'
}

/** A checkpoint whose bytes are on this machine's disk when the call returns, and uploaded in the background. */
export interface StagedInput extends WithContents {
  readonly persistence: 'async'
}

/** What a run adds to its checkpoints. */
export interface RunFacts {
  readonly namespace: string
  readonly job: string
  readonly run: string
  readonly attempt: number
  /** Empty for none. */
  readonly partition: string
  /** For checkpoints that name none. */
  readonly environment: Digest | undefined
}

/**
 * Builds the manifest of a checkpoint.
 *
 * @throws {INVALID_REQUEST} the step is no non-negative integer, or both `shards` and `blobs` or `seeds` are given
 * @throws {BASE_REQUIRED} a delta without a base, or a full checkpoint with one
 */
export function buildManifest(run: RunFacts, input: CheckpointInput): Manifest {
  const { blobs, seeds, shards, kind, tier = 'durable', ...given } = input
  const { partition, environment, ...identity } = run
  checkStep(input.step)
  return withoutUndefined({
    ...given,
    ...identity,
    schemaVersion: 1,
    kind: kindOf(kind, input.base),
    tier,
    shards: shardsOf(blobs, seeds, shards),
    ...(partition === '' ? {} : { partition }),
    ...(given.environment === undefined && environment !== undefined ? { environment } : {}),
  })
}

function checkStep(step: unknown): void {
  if (Number.isSafeInteger(step) && Number(step) >= 0) return
  throw new CatalogError('INVALID_REQUEST', '"step" must be a non-negative integer below 2^53.')
}

function kindOf(kind: Manifest['kind'] | undefined, base: Digest | undefined): Manifest['kind'] {
  const implied = base === undefined ? 'full' : 'delta'
  if (kind === undefined || kind === implied) return implied
  throw new CatalogError(
    'BASE_REQUIRED',
    kind === 'delta'
      ? 'A delta must name its base: set "base" to the digest of the checkpoint it changes.'
      : 'A full checkpoint has no base: drop "base", or set "kind" to "delta".',
  )
}

function shardsOf(
  blobs: readonly BlobReference[] | undefined,
  seeds: readonly Seed[] | undefined,
  shards: readonly Shard[] | undefined,
): readonly Shard[] {
  if (shards === undefined) {
    return [{ rank: 0, blobs: blobs ?? [], ...(seeds === undefined ? {} : { seeds }) }]
  }
  if (blobs === undefined && seeds === undefined) return shards
  throw new CatalogError(
    'INVALID_REQUEST',
    'Give "shards", or "blobs" and "seeds" of a single worker, and not both.',
  )
}

/** Compilers without `exactOptionalPropertyTypes` let undefined through, which no document can hold. */
function withoutUndefined<Members extends object>(members: Members): Members {
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) Reflect.deleteProperty(members, name)
  }
  return members
}
