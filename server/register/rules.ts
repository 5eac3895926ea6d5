import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import { CHAIN_MAX_LENGTH } from '../../schema/manifest-rules.ts'
import type { Manifest } from '../../schema/manifest.ts'
import { MISSING_MAX_COUNT, type AbandonReason } from '../../schema/reservation.ts'
import type { NamespaceName, Partition } from '../../schema/names.ts'
import type { Draft } from '../log/command.ts'
import type { WorkChange } from '../log/work-change.ts'
import type { Row } from '../store/tables.ts'

/** What decides about a registration; shards are checked by themselves. */
export type Unsharded = Omit<Manifest, 'shards'>

/** Rows that decide about a registration, as they are under the head lock. */
export interface RegistrationFacts {
  readonly run: Row<'run'> | undefined
  readonly line: Row<'line'> | undefined
  /** The run's newest checkpoint. */
  readonly last: Row<'checkpoint'> | undefined
  /** The checkpoint that already holds this run, step and tier. */
  readonly slot: Row<'checkpoint'> | undefined
  readonly base: Row<'checkpoint'> | undefined
  readonly environment: Row<'environment'> | undefined
  readonly parents: readonly (Row<'checkpoint'> | undefined)[]
}

/** The manifest's partition; empty when it names none. */
export function partitionOf(manifest: Pick<Manifest, 'partition'>): Partition {
  return manifest.partition ?? ('' as Partition)
}

/**
 * Whether a manifest says the namespace that it is sent to.
 *
 * @throws {RUN_MISMATCH}
 */
export function checkNamespace(manifest: Unsharded, namespace: NamespaceName): void {
  if (manifest.namespace === namespace) return
  throw new CatalogError(
    'RUN_MISMATCH',
    `The manifest says namespace "${manifest.namespace}", the path says "${namespace}": they must agree.`,
  )
}

/**
 * Whether a manifest that is not yet recorded may be; gives the length of its chain.
 *
 * @throws {RUN_NOT_FOUND | RUN_MISMATCH | ATTEMPT_FENCED | RUN_CLOSED}
 * @throws {REGISTRATION_CONFLICT | STEP_REGRESSION}
 * @throws {ENVIRONMENT_NOT_FOUND | PARENT_NOT_FOUND}
 * @throws {BASE_NOT_FOUND | BASE_MISMATCH | BASE_NOT_GOOD | CHAIN_TOO_LONG}
 */
export function checkRegistration(manifest: Unsharded, facts: RegistrationFacts): number {
  checkRun(manifest, facts)
  if (facts.slot !== undefined) throw conflict(manifest, facts.slot)
  const { last } = facts
  if (last !== undefined && manifest.step < last.step) {
    throw new CatalogError(
      'STEP_REGRESSION',
      `Step ${manifest.step} is behind step ${last.step}, which this run has already registered: steps grow within a run. To go back, open a new run that resumes from the older checkpoint.`,
      { detail: { lastStep: last.step } },
    )
  }
  if (manifest.environment !== undefined && facts.environment === undefined) {
    throw new CatalogError(
      'ENVIRONMENT_NOT_FOUND',
      `The environment ${manifest.environment} is not recorded: PUT it to /environments/${manifest.environment} first.`,
    )
  }
  manifest.parents?.forEach((parent, place) => {
    if (facts.parents[place] !== undefined) return
    throw new CatalogError(
      'PARENT_NOT_FOUND',
      `The parent ${parent.checkpoint} is not registered in this namespace: register it first, or drop it.`,
    )
  })
  return checkBase(manifest, facts.base)
}

function checkRun(manifest: Unsharded, { run, line }: RegistrationFacts): void {
  if (run === undefined) {
    throw new CatalogError(
      'RUN_NOT_FOUND',
      `There is no run "${manifest.run}": open it with POST /runs before registering its checkpoints.`,
    )
  }
  const partition = partitionOf(manifest)
  if (run.job !== manifest.job || run.partition !== partition || run.attempt !== manifest.attempt) {
    throw new CatalogError(
      'RUN_MISMATCH',
      `Run "${run.run}" is attempt ${run.attempt} of job "${run.job}", partition "${run.partition}"; the manifest says otherwise. Use what opening the run answered.`,
      { detail: { job: run.job, partition: run.partition, attempt: run.attempt } },
    )
  }
  checkFence(run, line)
  if (run.closed_index !== null) throw runClosed(run)
}

/**
 * Refuses a run that a newer attempt has taken over from.
 *
 * @throws {ATTEMPT_FENCED}
 */
export function checkFence(run: Row<'run'>, line: Row<'line'> | undefined): void {
  if (line === undefined || run.attempt >= line.attempt) return
  throw new CatalogError(
    'ATTEMPT_FENCED',
    `Attempt ${run.attempt} has been superseded: attempt ${line.attempt} (run "${line.run}") is current. Stop this process; it must not write any more.`,
    { detail: { currentAttempt: line.attempt, currentRun: line.run } },
  )
}

/** The refusal of what comes after a run's end. */
export function runClosed(run: Row<'run'>): CatalogError {
  return new CatalogError(
    'RUN_CLOSED',
    `Run "${run.run}" was closed as ${run.outcome ?? 'ended'} at ${run.closed_at ?? 'an earlier time'}: open a new run to go on.`,
    { detail: { outcome: run.outcome, closedAt: run.closed_at } },
  )
}

function conflict(manifest: Unsharded, first: Row<'checkpoint'>): CatalogError {
  return new CatalogError(
    'REGISTRATION_CONFLICT',
    `Run "${manifest.run}" has already registered another ${manifest.tier} checkpoint at step ${manifest.step}: ${first.digest}. A checkpoint never changes; register the new state at a later step.`,
    { detail: { checkpoint: first.digest, index: first.log_index } },
  )
}

function checkBase(manifest: Unsharded, base: Row<'checkpoint'> | undefined): number {
  if (manifest.base === undefined) return 1
  if (base === undefined) {
    throw new CatalogError(
      'BASE_NOT_FOUND',
      `The base ${manifest.base} is not registered in this namespace: register it before its deltas.`,
    )
  }
  if (base.job !== manifest.job || base.partition !== partitionOf(manifest)) {
    throw new CatalogError(
      'BASE_MISMATCH',
      `The base ${base.digest} belongs to job "${base.job}", partition "${base.partition}": a delta's base is of the same job and partition.`,
    )
  }
  if (base.step > manifest.step) {
    throw new CatalogError(
      'BASE_MISMATCH',
      `The base ${base.digest} is at step ${base.step}, after step ${manifest.step}: a delta goes forward from its base.`,
    )
  }
  if (base.tombstoned_index !== null) throw baseNotGood(base.digest, 'is tombstoned')
  if (base.chain_length >= CHAIN_MAX_LENGTH) {
    throw new CatalogError(
      'CHAIN_TOO_LONG',
      `The chain below ${base.digest} already has ${base.chain_length} checkpoints, and ${CHAIN_MAX_LENGTH} is the most: register a full checkpoint.`,
    )
  }
  return base.chain_length + 1
}

/** The refusal of a delta on a base that cannot be used. */
export function baseNotGood(base: string, why: string): CatalogError {
  return new CatalogError(
    'BASE_NOT_GOOD',
    `The base ${base} ${why}: register a full checkpoint, or a delta on a good base.`,
    { detail: { base } },
  )
}

/** What of the record decides whether a reservation still counts. */
export interface LeaseFacts {
  readonly line: Row<'line'> | undefined
  readonly run: Row<'run'> | undefined
  /** Undefined when its working state is lost, as after an import. */
  readonly lease: Row<'reservation_lease'> | undefined
  readonly nowMs: number
}

/** Why an open reservation is to be abandoned; undefined while it counts. */
export function lapseOf(
  { attempt }: Row<'reservation'>,
  { line, run, lease, nowMs }: LeaseFacts,
): AbandonReason | undefined {
  if (line !== undefined && attempt < line.attempt) return 'fenced'
  if (run !== undefined && run.closed_index !== null) return 'run-closed'
  return lease === undefined || lease.until_ms <= nowMs ? 'expired' : undefined
}

/** What ends a reservation without a checkpoint of its own: its shards stay, to be found. */
export function abandonment(
  { namespace, reservation: subject }: Row<'reservation'>,
  lease: Row<'reservation_lease'> | undefined,
  {
    reason,
    note,
    checkpoint,
  }: {
    readonly reason: AbandonReason
    readonly note?: string | undefined
    readonly checkpoint?: Digest
  },
): { readonly draft: Draft; readonly work: readonly WorkChange[] } {
  return {
    draft: {
      kind: 'reservation.abandoned',
      subject,
      reason,
      ...(note === undefined ? {} : { note }),
      shardCount: lease?.shard_count ?? 0,
      blobCount: lease?.blob_count ?? 0,
      blobBytes: lease?.blob_bytes ?? 0,
      ...(checkpoint === undefined ? {} : { checkpoint }),
    },
    work: [{ kind: 'remove', table: 'reservation_lease', key: [namespace, subject] }],
  }
}

/** The refusal of what comes after a reservation's end. */
export function reservationEnded(
  { reservation, checkpoint }: Row<'reservation'>,
  reason: AbandonReason | null,
): CatalogError {
  const detail = { reservation, ...(reason === null ? {} : { reason }) }
  const name = `The reservation ${reservation}`
  switch (reason) {
    case 'expired':
      return new CatalogError(
        'RESERVATION_EXPIRED',
        `${name} is abandoned: its lease ended without a sign of life. Reserve the step again and put every shard again.`,
        { detail },
      )
    case 'fenced':
      return new CatalogError(
        'ATTEMPT_FENCED',
        `${name} is abandoned: a newer attempt of the job and partition has been opened. Stop this process; it must not write any more.`,
        { detail },
      )
    case 'run-closed':
      return new CatalogError(
        'RUN_CLOSED',
        `${name} is abandoned: its run was closed. Open a new run to go on.`,
        { detail },
      )
    case 'asked':
      return new CatalogError(
        'RESERVATION_ENDED',
        `${name} was abandoned on request: reserve the step again to go on.`,
        { detail },
      )
    case 'superseded':
    case null:
      return new CatalogError(
        'RESERVATION_ENDED',
        `${name} has ended with the checkpoint ${checkpoint ?? ''}: nothing is left to be done for it.`,
        { detail: { ...detail, checkpoint } },
      )
  }
}

/**
 * Refuses a worker that counts on another number of workers.
 *
 * @throws {WORLD_SIZE_MISMATCH}
 */
export function checkWorldSize(row: Row<'reservation'>, worldSize: number | undefined): void {
  if (worldSize === undefined || worldSize === row.world_size) return
  throw new CatalogError(
    'WORLD_SIZE_MISMATCH',
    `The reservation ${row.reservation} is for ${row.world_size} workers, and this one counts on ${worldSize}: start all workers with one world size, or abandon the reservation and reserve again.`,
    { detail: { reservation: row.reservation, declared: row.world_size, asked: worldSize } },
  )
}

/** Ranks that are not among those that were put, lowest first; at most {@link MISSING_MAX_COUNT}. */
export function missingRanks(worldSize: number, put: readonly number[]): readonly number[] {
  const ranks = new Set(put)
  const missing: number[] = []
  for (let rank = 0; rank < worldSize && missing.length < MISSING_MAX_COUNT; rank += 1) {
    if (!ranks.has(rank)) missing.push(rank)
  }
  return missing
}
