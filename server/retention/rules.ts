import type { Tombstone } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { RetentionRun } from '../../schema/retention.ts'
import type { Row } from '../store/tables.ts'

type Withdrawal = InputOf<'tombstoneCheckpoint'>

/** Checkpoints that a refusal names: enough to act on; withdrawing dependents shows the next ones. */
export const NAMED_MAX_COUNT = 10
/** Successors followed from a new successor: a line of replacements that nobody reads to its end. */
export const SUCCESSORS_MAX_COUNT = 1_000

/**
 * The first tombstone, when the same is asked again; its note is the first one's.
 *
 * @throws {ALREADY_TOMBSTONED} it was withdrawn for another reason, or for another successor
 */
export function checkRepeat(
  { digest, body }: Withdrawal,
  first: Tombstone,
): { readonly tombstone: Tombstone; readonly created: false } {
  if (first.reason === body.reason && first.successor === body.successor) {
    return { tombstone: first, created: false }
  }
  const successor = first.successor === undefined ? 'no successor' : `successor ${first.successor}`
  throw new CatalogError(
    'ALREADY_TOMBSTONED',
    `${digest} was withdrawn as ${first.reason}, with ${successor}, at index ${first.index}: a tombstone is final. Send the same reason and successor to get it, or leave it as it is.`,
    { detail: { tombstone: first } },
  )
}

/**
 * Whether a checkpoint may name this successor, which was looked up in the same namespace.
 *
 * `onwards` are the successors that follow from it, nearest first.
 *
 * @throws {CHECKPOINT_NOT_FOUND} there is no such successor
 * @throws {LINEAGE_CYCLE} the successors lead back to the checkpoint, or go on for too long to tell
 */
export function checkSuccessor(
  { namespace, digest, body: { successor } }: Withdrawal,
  row: Row<'checkpoint'> | undefined,
  onwards: readonly Digest[],
): void {
  if (successor === undefined) return
  if (successor === digest) {
    throw cycle(digest, 'names itself as its successor: name the checkpoint that replaces it', [])
  }
  if (row === undefined) {
    throw new CatalogError(
      'CHECKPOINT_NOT_FOUND',
      `${namespace} has no checkpoint ${successor} to succeed ${digest}: register the successor first, or name none.`,
    )
  }
  if (onwards.includes(digest)) {
    const path = [successor, ...onwards.slice(0, onwards.indexOf(digest) + 1)]
    throw cycle(
      digest,
      `is itself what ${successor} leads to: name a checkpoint that was not withdrawn`,
      path.slice(0, NAMED_MAX_COUNT),
    )
  }
  if (onwards.length >= SUCCESSORS_MAX_COUNT) {
    throw cycle(
      digest,
      `would have more than ${SUCCESSORS_MAX_COUNT} successors in a row after ${successor}: name the last of them`,
      [],
    )
  }
}

/**
 * Refuses to break a live chain.
 *
 * `dependents` are live deltas with this base, at most {@link NAMED_MAX_COUNT} of them.
 *
 * @throws {CHAIN_IN_USE}
 */
export function checkDependents(digest: Digest, dependents: readonly Digest[]): void {
  const [first] = dependents
  if (first === undefined) return
  throw new CatalogError(
    'CHAIN_IN_USE',
    `Live deltas need ${digest} as their base, such as ${first}: withdraw the deltas first, newest first.`,
    { detail: { dependents } },
  )
}

/** A retention run as callers see it. */
export function retentionRunOf(row: Row<'retention_run'>): RetentionRun {
  const { retention_run: retentionRun, log_index: index } = row
  const facts = JSON.parse(row.facts) as Omit<RetentionRun, 'retentionRun' | 'index'>
  return { retentionRun, index, ...facts }
}

const cycle = (digest: Digest, why: string, path: readonly Digest[]): CatalogError =>
  new CatalogError('LINEAGE_CYCLE', `${digest} ${why}.`, { detail: { path } })
