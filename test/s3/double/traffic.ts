import type { S3Operation } from './operations.ts'

/** Newest requests that are kept in full. */
const KEPT_REQUESTS = 10_000

/** One request that came. */
export interface SeenRequest {
  /** Undefined for what is no operation. */
  readonly operation: S3Operation | undefined
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly versionId: string | undefined
  readonly partNumber: number | undefined
  readonly headers: ReadonlyMap<string, string>
  /** Bytes of its body, encoded as they were sent. */
  readonly receivedBytes: number
  /** Status of the answer; 0 if there was none. */
  readonly status: number
}

/** What was sent to a double. */
export interface Traffic {
  /** The newest 10,000, in the order in which their answers ended. */
  readonly requests: readonly SeenRequest[]
  /** How many requests there were, of one operation or of all. */
  count(operation?: S3Operation): number
  /** Bytes of their bodies. */
  receivedBytes(operation?: S3Operation): number
  /** Forgets all so far. */
  reset(): void
}

/** Traffic that is still being recorded. */
export interface RecordedTraffic extends Traffic {
  record(request: SeenRequest): void
}

/** Nothing was sent, so far. */
export function openTraffic(): RecordedTraffic {
  const requests: SeenRequest[] = []
  const counts = new Map<S3Operation | undefined, { count: number; bytes: number }>()
  const sum = (operation: S3Operation | undefined, of: 'count' | 'bytes'): number =>
    operation === undefined
      ? [...counts.values()].reduce((total, one) => total + one[of], 0)
      : (counts.get(operation)?.[of] ?? 0)
  return {
    requests,
    count: (operation) => sum(operation, 'count'),
    receivedBytes: (operation) => sum(operation, 'bytes'),
    reset: () => {
      requests.length = 0
      counts.clear()
    },
    record: (request) => {
      requests.push(request)
      if (requests.length > KEPT_REQUESTS) requests.shift()
      const { count, bytes } = counts.get(request.operation) ?? { count: 0, bytes: 0 }
      counts.set(request.operation, { count: count + 1, bytes: bytes + request.receivedBytes })
    },
  }
}
