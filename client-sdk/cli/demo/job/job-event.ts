import type { Digest, Kind } from '../../../api.ts'

/** What the job tells on its standard output, one JSON object a line. */
export type JobEvent =
  /** The catalog cannot be reached, and the job needs it to begin. */
  | { readonly event: 'waiting'; readonly reason: string }
  | {
      readonly event: 'opened'
      readonly run: string
      readonly attempt: number
      /** What an earlier attempt had spooled and this one sent before it began. */
      readonly flushedCount: number
      readonly stepCount: number
      /** Where it goes on; null for a fresh start. */
      readonly from: {
        readonly checkpoint: Digest
        readonly step: number
        readonly stageCount: number
        readonly totalBytes: number
      } | null
    }
  | { readonly event: 'step'; readonly step: number }
  | {
      readonly event: 'checkpoint'
      readonly step: number
      readonly kind: Kind
      readonly checkpoint: Digest
      readonly status: 'registered' | 'spooled' | 'dropped'
      readonly sizeBytes: number
    }
  /** A checkpoint reached the catalog, at once or from the spool. */
  | { readonly event: 'sent'; readonly checkpoint: Digest }
  | {
      readonly event: 'finished'
      readonly step: number
      /** Digest of the final weights' exact bits. */
      readonly weights: Digest
      /** On flights that were held out, in nats. */
      readonly logLoss: number
      /** Of the best constant guess. */
      readonly baselineLoss: number
    }

const names: ReadonlySet<unknown> = new Set<JobEvent['event']>([
  'waiting',
  'opened',
  'step',
  'checkpoint',
  'sent',
  'finished',
])

/** Reads a line of the job's output; undefined for anything else that a program may print. */
export function parseJobEvent(line: string): JobEvent | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || !('event' in value)) return undefined
    return names.has(value.event) ? (value as JobEvent) : undefined
  } catch {
    return undefined
  }
}
