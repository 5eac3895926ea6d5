import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import { DOCUMENT_MAX_BYTES } from '../../schema/entry.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Principal } from '../../schema/grant.ts'
import { checkManifest } from '../../schema/manifest-rules.ts'
import type { Manifest, Shard } from '../../schema/manifest.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { ReservedManifest } from '../../schema/reservation.ts'
import type { Context } from '../context.ts'
import type { Decision } from '../log/command.ts'
import type { Facts } from '../log/facts.ts'
import type { WorkChange } from '../log/work-change.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { checkpointByDigest, read } from '../timeline/lookups.ts'
import { decideRegistration, type Candidate, type Registration } from './decide-registration.ts'
import { describeReceipt } from './describe-receipt.ts'
import type { Registered } from './register-checkpoint.ts'
import { abandonment, missingRanks } from './rules.ts'
import { touchReservation, type Held } from './touch-reservation.ts'

type Finalized = Registration & { readonly checkpoint: Digest }

/**
 * Registers the checkpoint of a reservation whose shards are all there; again, it gives the same receipt.
 *
 * @throws {NAMESPACE_NOT_FOUND | RESERVATION_NOT_FOUND | FORBIDDEN | WORLD_SIZE_MISMATCH}
 * @throws {SHARDS_INCOMPLETE | RESERVATION_EXPIRED | RESERVATION_ENDED | ATTEMPT_FENCED | RUN_CLOSED}
 * @throws whatever `checkRegistration` refuses
 */
export async function finalizeReservation(
  context: Context,
  principal: Principal,
  { namespace, reservation, body }: InputOf<'finalizeReservation'>,
): Promise<Registered> {
  const { checkpoint, created, ...place } = await touchReservation<Finalized>(context, principal, {
    namespace,
    reservation,
    worldSize: body.worldSize,
    decide: (facts, held) => decide(context, facts, held),
    repeat,
  })
  const receipt = await describeReceipt(context, { namespace, checkpoint }, place)
  return { receipt, created }
}

async function decide(context: Context, facts: Facts, held: Held): Promise<Decision<Finalized>> {
  const { row, lease } = held
  const db = await facts.query()
  if (lease.shard_count < row.world_size) throw await incomplete(db, row)
  const candidate = await assemble(db, held)
  const { digest: checkpoint } = candidate.document
  const { reads, decide: register } = decideRegistration(context, candidate)
  await facts.load(reads)
  const { drafts, result } = await register(facts)
  const key = [row.namespace, row.reservation]
  const work: readonly WorkChange[] = [
    { kind: 'remove', table: 'reservation_lease', key },
    { kind: 'remove', table: 'reservation_shard', key },
  ]
  const finalized = (registration: Registration): Finalized => ({ ...registration, checkpoint })
  if (drafts.length > 0) {
    return { drafts, work, result: (recorded) => finalized(result(recorded)) }
  }
  // Somebody has registered just this without the reservation: nothing is left behind.
  const { draft } = abandonment(row, undefined, { reason: 'superseded', checkpoint })
  return {
    drafts: [{ entry: draft }],
    work,
    result: (recorded) => finalized(result(recorded)),
  }
}

/** The manifest, shards in the order of their ranks. */
async function assemble(db: Reader, { row, lease }: Held): Promise<Candidate> {
  const stored = await db
    .selectFrom('reservation_shard')
    .select('shard')
    .where('namespace', '=', row.namespace)
    .where('reservation', '=', row.reservation)
    .orderBy('rank')
    .execute()
  const shards = stored.map(({ shard }) => parseShard(shard))
  const manifest: Manifest = { ...parseReserved(lease.manifest), shards }
  checkManifest(manifest)
  const bytes = Buffer.from(canonicalize(manifest))
  if (bytes.length > DOCUMENT_MAX_BYTES) throw new Error('each shard that was put still fitted')
  const document = { digest: digestOf(bytes), bytes, value: manifest }
  return { manifest, document, reservation: row.reservation }
}

async function incomplete(db: Reader, row: Row<'reservation'>): Promise<CatalogError> {
  const put = await db
    .selectFrom('reservation_shard')
    .select('rank')
    .where('namespace', '=', row.namespace)
    .where('reservation', '=', row.reservation)
    .execute()
  const missing = missingRanks(
    row.world_size,
    put.map(({ rank }) => rank),
  )
  return new CatalogError(
    'SHARDS_INCOMPLETE',
    `${put.length} of ${row.world_size} shards are there; the next that is missing is of rank ${missing[0] ?? ''}. Finalize when every worker has put its shard.`,
    { detail: { worldSize: row.world_size, shardCount: put.length, missingRanks: missing } },
  )
}

async function repeat(facts: Facts, row: Row<'reservation'>): Promise<Finalized> {
  const key = [row.namespace, row.checkpoint ?? '']
  await facts.load([read(checkpointByDigest, ...key)])
  const registered = facts.find(checkpointByDigest, key)
  if (registered === undefined) throw new Error('a finalized reservation has its checkpoint')
  const { digest: checkpoint, log_index: index, at } = registered
  return { checkpoint, created: false, index, at, leafHash: '' }
}

const parseShard = (text: string): Shard => JSON.parse(text) as Shard

const parseReserved = (text: string): ReservedManifest => JSON.parse(text) as ReservedManifest
