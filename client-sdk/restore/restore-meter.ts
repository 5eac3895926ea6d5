import type { Digest, PlanBlob } from '../api.ts'
import type { Target } from './blob-path.ts'

/** How far a restore has come. */
export interface RestoreProgress {
  readonly kind: 'blob-started' | 'bytes' | 'blob-finished' | 'blob-reused' | 'finished'
  /** Bytes in place, fetched or reused; falls when a part proves wrong and is fetched again. */
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly blobsDone: number
  readonly blobCount: number
  /** The blob at hand; null when everything is finished. */
  readonly blob: (Pick<PlanBlob, 'rank' | 'name' | 'sizeBytes'> & { checkpoint: Digest }) | null
}

/** Keeps count of a restore and tells whoever listens. */
export class RestoreMeter {
  readonly #bytesTotal: number
  readonly #blobCount: number
  readonly #tell: ((progress: RestoreProgress) => void) | undefined
  #fetched = 0
  #reused = 0
  #blobsDone = 0

  constructor(targets: readonly Target[], tell: ((progress: RestoreProgress) => void) | undefined) {
    this.#bytesTotal = targets.reduce((sum, { blob }) => sum + blob.sizeBytes, 0)
    this.#blobCount = targets.length
    this.#tell = tell
  }

  /** A blob begins; what is given back counts its bytes. */
  start(target: Target): (count: number, origin: 'fetched' | 'reused') => void {
    this.#emit('blob-started', target)
    return (count, origin) => {
      if (origin === 'fetched') this.#fetched += count
      else this.#reused += count
      this.#emit('bytes', target)
    }
  }

  finish(target: Target, how: 'fetched' | 'reused'): void {
    this.#blobsDone += 1
    this.#emit(how === 'fetched' ? 'blob-finished' : 'blob-reused', target)
  }

  finishAll(): void {
    this.#emit('finished', null)
  }

  totals(): { readonly bytesFetched: number; readonly bytesReused: number } {
    return { bytesFetched: this.#fetched, bytesReused: this.#reused }
  }

  #emit(kind: RestoreProgress['kind'], target: Target | null): void {
    try {
      this.#tell?.({
        kind,
        bytesDone: this.#fetched + this.#reused,
        bytesTotal: this.#bytesTotal,
        blobsDone: this.#blobsDone,
        blobCount: this.#blobCount,
        blob: target === null ? null : described(target),
      })
    } catch {
      // A progress bar that fails is no reason to stop a recovery.
    }
  }
}

function described({ blob, stage }: Target): RestoreProgress['blob'] {
  const { rank, name, sizeBytes } = blob
  return { rank, name, sizeBytes, checkpoint: stage.checkpoint }
}
