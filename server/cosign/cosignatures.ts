import { CatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { Collection } from './collect-cosignatures.ts'
import type { Signer } from '../signing/signer.ts'
import type { WitnessPolicy } from './witness-policy.ts'
import type { Cosignatures } from './witnessed-head.ts'

/** Requests that may wait for witnesses at once: each holds a connection. */
const WAITING_MAX_COUNT = 4096

export interface CosignatureOptions extends WitnessPolicy {
  readonly db: Reader
  readonly signer: Signer
  /** Told of witnesses that do not answer or refuse. */
  readonly onFailure: (error: unknown) => void
}

/** Collects cosignatures for the logs that are announced. */
export function openCosignatures(options: CosignatureOptions): Cosignatures {
  const collections = new Map<NamespaceName, Collection>()
  const ending = new AbortController()
  let waitingCount = 0

  const of = (namespace: NamespaceName): Collection => {
    let collection = collections.get(namespace)
    if (collection === undefined) {
      collection = new Collection(namespace, { ...options, signal: ending.signal })
      collections.set(namespace, collection)
    }
    return collection
  }

  return {
    announce: (namespace) => {
      if (!ending.signal.aborted) of(namespace).look()
    },
    addTo: async (namespace, signedHead) => {
      if (ending.signal.aborted) return signedHead
      const collection = of(namespace)
      collection.look()
      return collection.addTo(signedHead)
    },
    waitFor: async (namespace, size, signal) => {
      if (waitingCount >= WAITING_MAX_COUNT || ending.signal.aborted) throw notWitnessed()
      waitingCount += 1
      try {
        const either = AbortSignal.any([signal, ending.signal])
        const head = await of(namespace).reach(size, either)
        if (head === undefined) throw notWitnessed()
        return head
      } finally {
        waitingCount -= 1
      }
    },
    close: async () => {
      ending.abort()
      await Promise.all([...collections.values()].map((collection) => collection.ended()))
    },
  }
}

const notWitnessed = (): CatalogError =>
  new CatalogError(
    'NOT_WITNESSED',
    'It is recorded for good, and only the cosignatures are missing: too few witnesses answered in time. Send the same request again, or go on without "wait".',
  )
