import { isCatalogError } from '../schema/errors.ts'
import type {
  BlobReference,
  Digest,
  Note,
  Receipt,
  Reservation,
  ReservationReceipt,
  Seed,
  ShardReceipt,
} from './api.ts'
import type { Clock } from './clock.ts'
import type { CallOptions } from './options.ts'
import type { Transport } from './transport.ts'

/** Signs of life in the length of one lease: two may be lost. */
const SIGNS_PER_LEASE_COUNT = 3
/** A lease when the catalog does not say one, in seconds. */
const LEASE_DEFAULT_SECONDS = 60

/** What a handle works with. */
export interface ReservationParts {
  readonly namespace: string
  readonly transport: Transport
  readonly clock: Clock
}

/** What one worker puts. */
export interface ShardInput {
  /** Default: none. */
  readonly blobs?: readonly BlobReference[]
  readonly seeds?: readonly Seed[]
}

/** How one shard is put. */
export interface PutShardOptions extends CallOptions {
  /** Whether the shard that makes it complete also finalizes it. Default: true. */
  readonly finalize?: boolean
}

/** What became of a shard. */
export type ShardResult =
  /** It is durable in the catalog; the checkpoint is not yet registered. */
  | { readonly status: 'waiting'; readonly shard: ShardReceipt }
  /** All shards were there, and the checkpoint is registered. */
  | {
      readonly status: 'registered'
      readonly shard: ShardReceipt
      readonly checkpoint: Digest
      readonly receipt: Receipt
    }

/**
 * A checkpoint that several workers assemble, seen from one of them. The lease is kept alive until the handle is closed,
 * or nothing more can be done for it.
 */
export class ReservationHandle implements AsyncDisposable {
  readonly id: string
  readonly namespace: string
  readonly run: string
  readonly step: number
  readonly worldSize: number
  readonly #parts: ReservationParts
  readonly #ended = new AbortController()
  readonly #lost = new AbortController()
  readonly #keeping: Promise<void>

  constructor(parts: ReservationParts, reservation: Reservation) {
    this.id = reservation.reservation
    this.namespace = parts.namespace
    this.run = reservation.run
    this.step = reservation.step
    this.worldSize = reservation.worldSize
    this.#parts = parts
    const { state, leaseSeconds = LEASE_DEFAULT_SECONDS } = reservation
    this.#keeping =
      state === 'open'
        ? this.#keepAlive((leaseSeconds * 1_000) / SIGNS_PER_LEASE_COUNT)
        : Promise.resolve()
  }

  /** Aborts with the refusal when the catalog says that nothing more can be put, such as `RESERVATION_EXPIRED`. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /**
   * Puts the shard of a rank, durably; the one that makes the reservation complete also finalizes it. The same again
   * is harmless, from whatever process.
   *
   * @throws {SHARD_CONFLICT} the rank has put another shard; the detail names both digests
   * @throws {RANK_OUT_OF_RANGE} the reservation is for fewer workers
   * @throws {RESERVATION_EXPIRED | RESERVATION_ENDED} reserve the step again
   * @throws {ATTEMPT_FENCED} a newer attempt of the job and partition has been opened: stop
   */
  async putShard(
    rank: number,
    { blobs = [], seeds }: ShardInput,
    { finalize = true, ...options }: PutShardOptions = {},
  ): Promise<ShardResult> {
    const { namespace, transport } = this.#parts
    const { worldSize, id: reservation } = this
    const body = { worldSize, blobs, ...(seeds === undefined ? {} : { seeds }) }
    const input = { namespace, reservation, rank: String(rank), body }
    const shard = await transport.call('recordShard', input, options)
    if (!shard.complete || !finalize) return { status: 'waiting', shard }
    const receipt = await this.finalize(options)
    return { status: 'registered', shard, checkpoint: receipt.checkpoint, receipt }
  }

  /**
   * Registers the checkpoint; again, it gives the same receipt.
   *
   * @throws {SHARDS_INCOMPLETE} the detail names the ranks that are missing
   * @throws {RESERVATION_EXPIRED | RESERVATION_ENDED | ATTEMPT_FENCED} as for a shard
   * @throws {PROOF_INVALID | LOG_CONTRADICTED} the client has a `trust`, and the receipt is not to be believed
   */
  async finalize(options?: CallOptions): Promise<Receipt> {
    const { namespace, transport } = this.#parts
    const { worldSize, id: reservation } = this
    const input = { namespace, reservation, body: { worldSize } }
    const receipt = await transport.call('finalizeReservation', input, options)
    await transport.judgeReceipt(namespace, receipt, options)
    this.#ended.abort()
    return receipt
  }

  /**
   * Gives the reservation up; what was put for it is listed as left behind.
   *
   * @throws {RESERVATION_ENDED} it was finalized
   */
  async abandon(note?: Note, options?: CallOptions): Promise<ReservationReceipt> {
    const { namespace, transport } = this.#parts
    const body = note === undefined ? {} : { note }
    const input = { namespace, reservation: this.id, body }
    const abandoned = await transport.call('abandonReservation', input, options)
    this.#ended.abort()
    return abandoned
  }

  /** How far it is, and which ranks are missing. */
  status(options?: CallOptions): Promise<Reservation> {
    const { namespace, transport } = this.#parts
    return transport.call('getReservation', { namespace, reservation: this.id }, options)
  }

  /** Gives no more signs of life from here; the reservation stays, and others may go on with it. */
  async close(): Promise<void> {
    this.#ended.abort()
    await this.#keeping
  }

  /** The same as {@link ReservationHandle.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Ends with the handle or with the catalog's refusal, which comes after 24 hours at the latest. */
  async #keepAlive(everyMs: number): Promise<void> {
    const { namespace, transport, clock } = this.#parts
    const { signal } = this.#ended
    const { worldSize, id: reservation } = this
    for (;;) {
      await clock.sleep(everyMs, { signal, background: true })
      if (signal.aborted) return
      try {
        const input = { namespace, reservation, body: { worldSize } }
        await transport.call('keepReservation', input, { signal, timeoutMs: everyMs })
      } catch (error) {
        if (signal.aborted) return
        // What may pass is tried again with the next sign.
        if (!isCatalogError(error) || error.retryable) continue
        this.#lost.abort(error)
        return
      }
    }
  }
}
