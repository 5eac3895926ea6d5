import type { LogIndex, Operations, Reservation, StoredShard } from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { ReservationHandle, type ReservationParts } from '../reservation.ts'
import { listPages, type ListQuery } from './scope.ts'

/** Reservations: checkpoints that several workers assemble. A run opens them. */
export class Reservations {
  readonly #parts: ReservationParts

  constructor(parts: ReservationParts) {
    this.#parts = parts
  }

  /**
   * A handle on a reservation that another process or host has opened, by its id alone; keeps it alive while it is open.
   *
   * @throws {RESERVATION_NOT_FOUND} it was never opened
   */
  async open(reservation: string, options?: CallOptions): Promise<ReservationHandle> {
    return new ReservationHandle(this.#parts, await this.get(reservation, {}, options))
  }

  /**
   * Gets a reservation, and which ranks are missing.
   *
   * @throws {RESERVATION_NOT_FOUND} it was never opened
   */
  get(
    reservation: string,
    query: { readonly asOf?: LogIndex } = {},
    options?: CallOptions,
  ): Promise<Reservation> {
    const { namespace, transport } = this.#parts
    return transport.call('getReservation', { namespace, reservation, ...query }, options)
  }

  /** Lists reservations, newest first; abandoned ones name the blobs that they left behind. */
  list(
    query: ListQuery<Operations['listReservations']['input']> = {},
    options: CallOptions = {},
  ): PageIterator<Reservation> {
    const { namespace, transport } = this.#parts
    return listPages(options, (page, call) =>
      transport.call('listReservations', { ...query, namespace, ...page }, call),
    )
  }

  /** Lists the shards that wait in a reservation, or that an abandoned one left behind, by rank. */
  shards(
    reservation: string,
    query: { readonly limit?: number } = {},
    options: CallOptions = {},
  ): PageIterator<StoredShard> {
    const { namespace, transport } = this.#parts
    return listPages(options, (page, call) =>
      transport.call('listShards', { ...query, namespace, reservation, ...page }, call),
    )
  }
}
