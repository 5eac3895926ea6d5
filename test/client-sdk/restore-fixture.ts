import type { Digest, PlanBlob, RecoveryPlan } from '../../client-sdk/api.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import type { BlobReader } from '../../client-sdk/node.ts'

/** One blob of a plan and the bytes that the store has for it. */
export interface Content {
  readonly rank?: number
  readonly name: string
  readonly bytes: Uint8Array
}

/** A plan of one stage a list, the first one full, whose blobs are in a store of the scheme `memory`. */
export function planOf(...stages: readonly (readonly Content[])[]): RecoveryPlan {
  const planStages = stages.map((contents, index) => ({
    checkpoint: digestOf(`checkpoint ${index}`),
    kind: index === 0 ? ('full' as const) : ('delta' as const),
    step: (index + 1) * 100,
    blobs: contents.map(blobOf),
  }))
  const checkpoint: Digest = planStages.at(-1)?.checkpoint ?? digestOf('none')
  return {
    namespace: 'rail',
    job: 'fares',
    partition: '',
    checkpoint,
    step: stages.length * 100,
    asOf: 0,
    stages: planStages,
    blobCount: stages.flat().length,
    totalBytes: stages.flat().reduce((sum, { bytes }) => sum + bytes.length, 0),
    seeds: [],
    seedCoverage: { rankCount: 1, seededCount: 0, missingRanks: [0], unevenGenerators: [] },
    inputs: [],
    skipped: [],
    warnings: [],
  }
}

function blobOf({ rank = 0, name, bytes }: Content): PlanBlob {
  const digest = digestOf(bytes)
  const uri = `memory:${digest}`
  return { rank, name, uri, versionId: 'v1', sizeBytes: bytes.length, digest }
}

/** A store whose bytes are in memory, given out a few at a time, and what was read from it. */
export function memoryStore(
  contents: readonly Content[],
  options: { readonly pieceBytes?: number; readonly failAfterBytes?: () => number } = {},
): { readonly reader: BlobReader; readonly reads: { name: string; offsetBytes: number }[] } {
  const { pieceBytes = 7, failAfterBytes = () => Number.POSITIVE_INFINITY } = options
  const reads: { name: string; offsetBytes: number }[] = []
  const objects = new Map(contents.map(({ bytes }) => [digestOf(bytes), bytes]))
  return {
    reads,
    reader: {
      scheme: 'memory',
      async *read(reference, offsetBytes = 0) {
        reads.push({ name: reference.name, offsetBytes })
        const bytes = objects.get(reference.digest) ?? new Uint8Array()
        const end = failAfterBytes()
        for (let at = offsetBytes; at < bytes.length; at += pieceBytes) {
          await Promise.resolve()
          if (at >= end) throw new TypeError('connection reset')
          yield bytes.subarray(at, at + pieceBytes)
        }
      },
    },
  }
}
