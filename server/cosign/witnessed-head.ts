import type { NamespaceName } from '../../schema/names.ts'

/** A head that reached the quorum of witnesses: size in entries, root, and the note with all signatures. */
export interface WitnessedHead {
  readonly size: number
  readonly root: Uint8Array
  readonly signedHead: string
}

/** What witnesses have said of the newest heads of this server's logs. */
export interface Cosignatures {
  /** Told that a log may have grown; returns at once. */
  readonly announce: (namespace: NamespaceName) => void
  /** A signed head with the cosignatures that were collected for exactly it. */
  addTo(namespace: NamespaceName, signedHead: string): Promise<string>
  /**
   * The newest head of at least `size` entries that reached the quorum, once there is one.
   *
   * @throws {NOT_WITNESSED} the signal came first, or too many wait
   */
  waitFor(namespace: NamespaceName, size: number, signal: AbortSignal): Promise<WitnessedHead>
  /** Asks no more, and ends what waits. */
  close(): Promise<void>
}
