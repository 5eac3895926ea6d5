import type { S3ErrorCode } from './failure.ts'
import type { S3Operation } from './operations.ts'

/** What goes wrong with a request. */
export type Fault =
  /** Answers an error, such as SlowDown, instead of doing what was asked. */
  | { readonly kind: 'error'; readonly code: S3ErrorCode; readonly message?: string }
  /** Does what was asked, and answers 200 with an error in the body, as CompleteMultipartUpload may. */
  | { readonly kind: 'error-in-200'; readonly code: S3ErrorCode }
  /** Ends the connection before the request is looked at. */
  | { readonly kind: 'reset' }
  /** Ends the connection once so many bytes of the request's body have come. */
  | { readonly kind: 'reset-upload'; readonly afterBytes: number }
  /** Does what was asked, and ends the connection instead of answering. */
  | { readonly kind: 'lost-answer' }
  /** Announces the whole body, sends so many bytes of it and ends the connection. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** Turns a bit of the answer's body over on its way. */
  | { readonly kind: 'corrupt'; readonly offset: number }
  /** Reads the request and never answers. */
  | { readonly kind: 'hang' }
  /** Sends so many bytes of the answer's body and then nothing more, with the connection open. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Answers as it should, but late. */
  | { readonly kind: 'delay'; readonly ms: number }

/** Which requests a fault meets, and how often; all of them, always, if nothing is said. */
export interface FaultScope {
  readonly operation?: S3Operation | readonly S3Operation[]
  readonly bucket?: string
  readonly key?: string
  readonly partNumber?: number
  /** Requests it meets before it ends by itself. */
  readonly times?: number
  /** Requests it lets pass first. */
  readonly skips?: number
  /** How long it lasts, in milliseconds of real time. */
  readonly forMs?: number
}

/** A fault that was set up. */
export interface ActiveFault {
  /** Requests it has met. */
  readonly hits: number
  lift(): void
}

/** What a request is, to a fault. */
export interface FaultTarget {
  readonly operation: S3Operation
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly partNumber: number | undefined
}

/** The faults of a double. */
export interface Faults {
  add(fault: Fault, scope?: FaultScope): ActiveFault
  clear(): void
  /** The fault that meets a request now; it is counted. */
  take(target: FaultTarget): Fault | undefined
}

interface Rule {
  readonly fault: Fault
  readonly scope: FaultScope
  readonly endsMs: number
  passed: number
  hits: number
}

/** No faults, so far. */
export function openFaults(nowMs: () => number): Faults {
  const rules = new Set<Rule>()
  const meets = (rule: Rule, target: FaultTarget): boolean => {
    const { operation, bucket, key, partNumber, times } = rule.scope
    const operations = typeof operation === 'string' ? [operation] : operation
    return (
      nowMs() < rule.endsMs &&
      rule.hits < (times ?? Number.POSITIVE_INFINITY) &&
      (operations?.includes(target.operation) ?? true) &&
      (bucket === undefined || bucket === target.bucket) &&
      (key === undefined || key === target.key) &&
      (partNumber === undefined || partNumber === target.partNumber)
    )
  }
  return {
    add: (fault, scope = {}) => {
      const endsMs = nowMs() + (scope.forMs ?? Number.POSITIVE_INFINITY)
      const rule: Rule = { fault, scope, endsMs, passed: 0, hits: 0 }
      rules.add(rule)
      return {
        get hits() {
          return rule.hits
        },
        lift: () => {
          rules.delete(rule)
        },
      }
    },
    clear: () => rules.clear(),
    take: (target) => {
      for (const rule of rules) {
        if (!meets(rule, target)) continue
        rule.passed += 1
        if (rule.passed <= (rule.scope.skips ?? 0)) continue
        rule.hits += 1
        return rule.fault
      }
      return undefined
    },
  }
}
