import type { Finding, Grade, Outcome } from '../oracle/fact.ts'

/** Jobs and partitions of a sequence: few, so that its steps meet. */
export const jobs = ['fares', 'routes'] as const
export const partitions = ['', '2026-11-23'] as const

/** Which of what is there, newest first: a number modulo how many there are. */
export type Place = number

/** Something of a job and partition. */
export interface Line {
  readonly job: (typeof jobs)[number]
  readonly partition: (typeof partitions)[number]
}

/** How a manifest is made; what it names is found when its turn comes. */
export interface ManifestPlan {
  readonly line: Line
  readonly run: 'current' | 'any' | 'absent'
  readonly pick: Place
  /** From the last step of the run, or from where it was restored. */
  readonly stepBy: number
  readonly base: 'none' | 'last' | 'line' | 'any' | 'absent'
  readonly tier: 'light' | 'durable'
  readonly ranks: 1 | 2
  readonly environment: 'none' | 'known' | 'absent'
  readonly parent: 'none' | 'any' | 'absent'
  readonly rich: boolean
  readonly variant: 0 | 1
  readonly fault: 'none' | 'attempt' | 'job' | 'shards' | 'base' | 'digest'
}

export interface OpenPlan {
  readonly line: Line
  readonly resume: 'latest' | 'none' | 'line' | 'any' | 'absent'
  readonly pick: Place
  readonly minGrade: Grade | undefined
  readonly run: 'given' | 'server' | 'taken'
  readonly environment: 'none' | 'known' | 'absent'
}

export interface WishPlan {
  readonly minGrade: Grade | undefined
  readonly environment: 'none' | 'known' | 'absent'
  readonly includeAbandoned: boolean | undefined
}

/** One step that writes; small values, so that a failing sequence shrinks to what matters. */
export type WriteAction =
  | { readonly do: 'declare'; readonly what: 'namespace' | Line['job']; readonly variant: 0 | 1 }
  | { readonly do: 'environment'; readonly variant: number; readonly wrong: boolean }
  | ({ readonly do: 'open' } & OpenPlan)
  | {
      readonly do: 'close'
      readonly line: Line
      readonly any: boolean
      readonly pick: Place
      readonly outcome: Outcome
    }
  | ({ readonly do: 'register' } & ManifestPlan)
  | { readonly do: 'repeat'; readonly pick: Place; readonly changed: boolean }
  | {
      readonly do: 'evidence'
      readonly pick: Place
      readonly finding: Finding
      readonly outcome: 'passed' | 'failed'
    }
  | {
      readonly do: 'tombstone'
      readonly pick: Place
      readonly successor: 'none' | 'any' | 'self' | 'circle' | 'absent'
      readonly other: Place
    }

export type Action =
  | WriteAction
  | { readonly do: 'batch'; readonly items: readonly ManifestPlan[] }
  | { readonly do: 'together'; readonly writes: readonly WriteAction[] }
  | { readonly do: 'twice'; readonly write: WriteAction }
  | { readonly do: 'again'; readonly pick: Place }
  | AskAction

/** One step that only asks, now or about a past index. */
export interface AskAction {
  readonly do: 'ask'
  readonly what:
    'latest' | 'plan' | 'checkpoints' | 'checkpoint' | 'runs' | 'run' | 'jobs' | 'job' | 'lineage'
  readonly line: Line
  readonly pick: Place
  /** In thousandths of the log; -1 for now, 1000 and above beyond its end. */
  readonly asOf: number
  readonly wish: WishPlan
  readonly limit: number
  readonly depth: number
  /** Bits that turn filters on. */
  readonly filters: number
}
