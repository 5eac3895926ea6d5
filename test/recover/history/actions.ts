import fc from 'fast-check'

/**
 * What a random history is made of. Numbers named `pick` choose among what there is, counted from the
 * newest, so that a shrunk history still means something.
 */
export type Action =
  | { readonly kind: 'declare'; readonly line: number }
  | {
      readonly kind: 'open'
      readonly line: number
      readonly resume: 'latest' | 'none' | number
      readonly minGrade: Grade | undefined
    }
  | {
      readonly kind: 'register'
      readonly pick: number
      readonly stride: number
      readonly tier: 'light' | 'durable'
      readonly base: number | undefined
      readonly parent: number | undefined
      readonly environment: 'none' | 'known' | 'unknown'
    }
  | { readonly kind: 'repeat' | 'conflict'; readonly pick: number }
  | { readonly kind: 'close'; readonly pick: number; readonly outcome: 'succeeded' | 'failed' }
  | {
      readonly kind: 'tombstone'
      readonly pick: number
      readonly reason: 'corrupt' | 'policy'
      readonly successor: number | undefined
    }
  | {
      readonly kind: 'evidence'
      readonly pick: number
      readonly finding: Exclude<Grade, 'committed'>
      readonly outcome: 'passed' | 'failed'
    }
  | {
      readonly kind: 'restore'
      readonly pick: number
      /** `away`: no store could be reached, which says nothing of the bytes. */
      readonly ending: 'succeeded' | 'lost' | 'away'
    }
  | ({ readonly kind: 'latest' | 'plan' } & Question)
  | { readonly kind: 'planFrom' | 'get'; readonly pick: number; readonly back: number | undefined }
  | { readonly kind: 'lists'; readonly back: number | undefined }
  | {
      readonly kind: 'lineage'
      readonly pick: number
      readonly direction: 'ancestors' | 'descendants'
      readonly back: number | undefined
    }

type Grade = 'committed' | 'present' | 'verified' | 'restored'

export interface Question {
  readonly line: number
  readonly minGrade: Grade | undefined
  readonly inEnvironment: boolean
  /** Of plans: what is beyond it cannot be used. */
  readonly maxStep: number | undefined
  readonly includeAbandoned: boolean
  /** How many entries back it is asked about; undefined for now. */
  readonly back: number | undefined
}

/** Jobs and partitions of a history. */
export const lines = [
  { job: 'fares', partition: '' },
  { job: 'fares', partition: '2026-11-23' },
  { job: 'delays', partition: '' },
] as const

const maybe = <Value>(value: fc.Arbitrary<Value>, often = 2): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined, freq: often })

/** Mostly the newest. */
const pick = fc.oneof(
  { weight: 5, arbitrary: fc.nat({ max: 2 }) },
  { weight: 1, arbitrary: fc.nat({ max: 30 }) },
)
const line = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: lines.length - 1 }))
const grade = fc.constantFrom<Grade[]>('committed', 'present', 'verified', 'restored')
const back = maybe(fc.nat({ max: 60 }), 1)

const writes: fc.Arbitrary<Action> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('declare' as const), line }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('open' as const),
      line,
      resume: fc.oneof(
        { weight: 4, arbitrary: fc.constant('latest' as const) },
        { weight: 1, arbitrary: fc.constant('none' as const) },
        { weight: 2, arbitrary: pick },
      ),
      minGrade: maybe(grade, 1),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('register' as const),
      pick: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, pick),
      stride: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 1, max: 5 }) },
        fc.integer({ min: -4, max: 0 }),
      ),
      tier: fc.constantFrom('durable' as const, 'light' as const),
      base: maybe(pick),
      parent: maybe(pick, 1),
      environment: fc.constantFrom('none', 'none', 'none', 'known', 'known', 'unknown' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('repeat' as const, 'conflict' as const), pick }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('close' as const),
      pick,
      outcome: fc.constantFrom('succeeded' as const, 'failed' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('tombstone' as const),
      pick,
      reason: fc.constantFrom('corrupt' as const, 'policy' as const),
      successor: maybe(pick, 1),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('evidence' as const),
      pick,
      finding: fc.constantFrom('present' as const, 'verified' as const, 'restored' as const),
      outcome: fc.constantFrom('passed' as const, 'passed' as const, 'failed' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('restore' as const),
      pick,
      ending: fc.constantFrom('succeeded' as const, 'lost' as const, 'away' as const),
    }),
  },
)

const question = {
  line,
  maxStep: maybe(fc.nat({ max: 20 }), 1),
  minGrade: maybe(grade, 1),
  inEnvironment: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  includeAbandoned: fc.boolean(),
  back,
}

const reads: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('latest' as const, 'plan' as const),
      ...question,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('planFrom' as const, 'get' as const),
      pick,
      back,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lists' as const), back }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('lineage' as const),
      pick,
      direction: fc.constantFrom('ancestors' as const, 'descendants' as const),
      back,
    }),
  },
)

/** Without a run there is little to do. */
const opening: Action = { kind: 'open', line: 0, resume: 'latest', minGrade: undefined }

const beginning = (
  rest: fc.Arbitrary<Action>,
  lengths: { readonly minLength: number; readonly maxLength: number },
): fc.Arbitrary<Action[]> =>
  fc.array(rest, { ...lengths, size: 'max' }).map((actions) => [opening, ...actions])

/** Histories of this many writes. */
export const writingHistory = (length: number): fc.Arbitrary<Action[]> =>
  beginning(writes, { minLength: length, maxLength: length })

/** Histories in which questions are asked all the while. */
export const history = (maxLength: number): fc.Arbitrary<Action[]> =>
  beginning(fc.oneof({ weight: 2, arbitrary: writes }, { weight: 1, arbitrary: reads }), {
    minLength: 1,
    maxLength,
  })
