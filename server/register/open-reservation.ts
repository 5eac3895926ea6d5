import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import { DOCUMENT_MAX_BYTES } from '../../schema/entry.ts'
import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import { checkKind } from '../../schema/manifest-rules.ts'
import type { ReservationId } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import {
  LEASE_DEFAULT_SECONDS,
  RESERVATION_MAX_SECONDS,
  type ReservationReceipt,
  type ReservedManifest,
} from '../../schema/reservation.ts'
import type { Context } from '../context.ts'
import { allowedBy, nothingNew, type Decision, type Draft } from '../log/command.ts'
import type { Facts } from '../log/facts.ts'
import { newestIndex } from '../log/read-entries.ts'
import { proveEntry } from '../log/read-proofs.ts'
import type { WorkChange } from '../log/work-change.ts'
import type { Row } from '../store/tables.ts'
import {
  leaseById,
  lineByJob,
  read,
  reservationById,
  reservationBySlot,
  runById,
} from '../timeline/lookups.ts'
import { admitManifest } from './admit-manifest.ts'
import { describeReservations } from './describe-reservations.ts'
import { readReservation } from './read-reservation.ts'
import { abandonment, checkNamespace, checkWorldSize, lapseOf, partitionOf } from './rules.ts'

/** A reservation with its proof, and whether this request opened it. */
export interface OpenedReservation {
  readonly receipt: ReservationReceipt
  readonly created: boolean
}

interface Opened {
  readonly reservation: ReservationId
  readonly created: boolean
}

interface Opening {
  readonly manifest: ReservedManifest
  readonly text: string
  readonly digest: Digest
  readonly reservation: ReservationId
  readonly leaseMs: number
  readonly nowMs: number
}

/**
 * Opens a reservation for a run's step and tier; the same again gives the one that is there.
 *
 * @throws {DOCUMENT_TOO_LARGE | BASE_REQUIRED | FORBIDDEN | RESERVATION_CONFLICT | WORLD_SIZE_MISMATCH}
 * @throws whatever `checkRegistration` refuses
 */
export async function openReservation(
  context: Context,
  principal: Principal,
  { namespace, body }: InputOf<'openReservation'>,
): Promise<OpenedReservation> {
  const { manifest, leaseSeconds = LEASE_DEFAULT_SECONDS } = body
  const text = canonicalize(manifest)
  checkReserved(manifest, text)
  checkNamespace(manifest, namespace)
  const grant = requireOnJob(principal, 'append', { namespace, job: manifest.job })
  const asked = {
    manifest,
    text,
    digest: digestOf(text),
    reservation: context.newId() as ReservationId,
    leaseMs: leaseSeconds * 1_000,
  }
  const slot = read(reservationBySlot, namespace, manifest.run, manifest.step, manifest.tier)
  const { reservation, created } = await context.log.append<Opened>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, grant),
    reads: [slot, ...admitManifest(manifest).reads],
    decide: (facts) => decide(facts, { ...asked, nowMs: context.nowMs() }),
  })
  const asker = { principal, verb: 'append' } as const
  const row = await readReservation(context.db, asker, { namespace, reservation })
  const asOf = await newestIndex(context.db, namespace)
  const [described] = await describeReservations(context.db, [row], { asOf, namesMissing: true })
  if (described === undefined) throw new Error('a row has a description')
  const proof = await proveEntry(context, namespace, row.opened_index)
  return { receipt: { ...described, proof }, created }
}

function checkReserved(manifest: ReservedManifest, text: string): void {
  checkKind(manifest)
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes <= DOCUMENT_MAX_BYTES) return
  throw new CatalogError(
    'DOCUMENT_TOO_LARGE',
    `The manifest has ${sizeBytes} bytes before its shards, and ${DOCUMENT_MAX_BYTES} is the most: keep large metadata in a blob.`,
  )
}

async function decide(facts: Facts, opening: Opening): Promise<Decision<Opened>> {
  const { manifest, digest } = opening
  const { namespace, run, step, tier } = manifest
  const known = facts.find(reservationBySlot, [namespace, run, step, tier])
  if (known === undefined) return opened(facts, opening)
  if (known.ended_index !== null) {
    // What is registered already is refused below, unless it is this.
    if (known.checkpoint === null || known.manifest !== digest) return opened(facts, opening)
    return nothingNew({ reservation: known.reservation, created: false })
  }
  await facts.load([
    read(reservationById, namespace, known.reservation),
    read(leaseById, namespace, known.reservation),
    read(lineByJob, namespace, known.job, known.partition),
  ])
  const lease = facts.find(leaseById, [namespace, known.reservation])
  const lapse = lapseOf(known, {
    line: facts.find(lineByJob, [namespace, known.job, known.partition]),
    run: facts.find(runById, [namespace, run]),
    lease,
    nowMs: opening.nowMs,
  })
  if (lapse !== undefined) {
    return opened(facts, opening, abandonment(known, lease, { reason: lapse }))
  }
  checkWorldSize(known, manifest.worldSize)
  if (known.manifest !== digest) throw conflict(known, digest)
  return nothingNew({ reservation: known.reservation, created: false })
}

async function opened(
  facts: Facts,
  opening: Opening,
  before?: { readonly draft: Draft; readonly work: readonly WorkChange[] },
): Promise<Decision<Opened>> {
  await admitManifest(opening.manifest).admit(facts)
  const { manifest, reservation, text, leaseMs, nowMs } = opening
  const { namespace, job, run, attempt, step, kind, tier, worldSize } = manifest
  const limitMs = nowMs + RESERVATION_MAX_SECONDS * 1_000
  const untilMs = Math.min(nowMs + leaseMs, limitMs)
  const entry: Draft = {
    kind: 'reservation.opened',
    subject: reservation,
    job,
    partition: partitionOf(manifest),
    run,
    attempt,
    step,
    checkpointKind: kind,
    tier,
    worldSize,
    manifest: opening.digest,
    leaseUntil: new Date(untilMs).toISOString(),
  }
  const row: Row<'reservation_lease'> = {
    namespace,
    reservation,
    lease_ms: leaseMs,
    until_ms: untilMs,
    limit_ms: limitMs,
    manifest: text,
    shard_count: 0,
    shard_bytes: 0,
    blob_count: 0,
    blob_bytes: 0,
  }
  return {
    drafts: [...(before === undefined ? [] : [{ entry: before.draft }]), { entry }],
    work: [...(before?.work ?? []), { kind: 'insert', table: 'reservation_lease', row }],
    result: () => ({ reservation, created: true }),
  }
}

const conflict = (known: Row<'reservation'>, asked: Digest): CatalogError =>
  new CatalogError(
    'RESERVATION_CONFLICT',
    `The reservation ${known.reservation} of run "${known.run}", step ${known.step}, is open for another manifest: ${known.manifest}, not ${asked}. Send the same members as the worker that reserved it, or abandon it first.`,
    { detail: { reservation: known.reservation, first: known.manifest, second: asked } },
  )
