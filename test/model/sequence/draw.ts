import fc from 'fast-check'
import type { Finding, Grade, Outcome } from '../oracle/fact.ts'
import type { Action, AskAction, Line, ManifestPlan, WriteAction } from './action.ts'

// Rules meet where things are few and new: weights favour one job, its newest run and its newest states.

const weighted = <const Value>(
  ...choices: readonly (readonly [number, Value])[]
): fc.Arbitrary<Value> =>
  fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))

const pick = fc.nat({ max: 30 })
/** Mostly what is newest, which is where rules meet. */
const recent = fc.oneof(
  { weight: 3, arbitrary: fc.nat({ max: 3 }) },
  { weight: 1, arbitrary: pick },
)
const line: fc.Arbitrary<Line> = fc.record({
  job: weighted([6, 'fares'], [1, 'routes']),
  partition: weighted([6, ''], [1, '2026-11-23']),
})
const variant = weighted<0 | 1>([3, 0], [1, 1])
const named = weighted<'none' | 'known' | 'absent'>([12, 'none'], [6, 'known'], [1, 'absent'])
const minGrade = weighted<Grade | undefined>(
  [16, undefined],
  [1, 'committed'],
  [1, 'present'],
  [2, 'verified'],
  [1, 'restored'],
)
const finding = weighted<Finding>([2, 'present'], [3, 'verified'], [1, 'restored'])

const manifestPlan: fc.Arbitrary<ManifestPlan> = fc.record({
  line,
  run: weighted([30, 'current'], [3, 'any'], [1, 'absent']),
  pick: recent,
  stepBy: weighted([12, 1], [4, 0], [3, 2], [1, -1], [1, -3]),
  base: weighted([6, 'none'], [6, 'last'], [2, 'line'], [2, 'any'], [1, 'absent']),
  tier: weighted([3, 'durable'], [2, 'light']),
  ranks: weighted<1 | 2>([3, 1], [1, 2]),
  environment: named,
  parent: weighted([12, 'none'], [3, 'any'], [1, 'absent']),
  rich: fc.boolean(),
  variant,
  fault: weighted(
    [40, 'none'],
    [1, 'attempt'],
    [1, 'job'],
    [1, 'shards'],
    [1, 'base'],
    [1, 'digest'],
  ),
})

const write: fc.Arbitrary<WriteAction> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('declare'),
      what: weighted<'namespace' | Line['job']>([1, 'namespace'], [2, 'fares'], [1, 'routes']),
      variant,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('environment'),
      variant: fc.nat({ max: 2 }),
      wrong: weighted([9, false], [1, true]),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('open'),
      line,
      resume: weighted([8, 'latest'], [2, 'none'], [4, 'line'], [1, 'any'], [1, 'absent']),
      pick: recent,
      minGrade,
      run: weighted([12, 'given'], [4, 'server'], [1, 'taken']),
      environment: named,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('close'),
      line,
      any: weighted([2, false], [1, true]),
      pick: recent,
      outcome: weighted<Outcome>([2, 'succeeded'], [1, 'failed'], [1, 'cancelled']),
    }),
  },
  {
    weight: 20,
    arbitrary: manifestPlan.map((plan) => ({ do: 'register' as const, ...plan })),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('repeat'), pick: recent, changed: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('evidence'),
      pick: recent,
      finding,
      outcome: weighted<'passed' | 'failed'>([3, 'passed'], [2, 'failed']),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('tombstone'),
      pick: recent,
      successor: weighted([6, 'none'], [5, 'any'], [2, 'circle'], [1, 'self'], [1, 'absent']),
      other: recent,
    }),
  },
)

const ask: fc.Arbitrary<AskAction> = fc.record({
  do: fc.constant('ask'),
  what: weighted(
    [5, 'latest'],
    [4, 'plan'],
    [4, 'checkpoints'],
    [3, 'checkpoint'],
    [1, 'runs'],
    [2, 'run'],
    [1, 'jobs'],
    [1, 'job'],
    [4, 'lineage'],
  ),
  line,
  pick: recent,
  asOf: fc.oneof(
    { weight: 1, arbitrary: fc.constant(-1) },
    { weight: 2, arbitrary: fc.nat({ max: 1010 }) },
  ),
  wish: fc.record({
    minGrade,
    environment: weighted([20, 'none'], [3, 'known'], [1, 'absent']),
    includeAbandoned: weighted<boolean | undefined>([3, undefined], [2, true], [1, false]),
  }),
  limit: fc.integer({ min: 1, max: 12 }),
  depth: fc.integer({ min: 1, max: 8 }),
  filters: fc.nat({ max: 1023 }),
})

/** Most steps of each of a sequence's three parts: several attempts with chains, and a minute's reading when shrunk. */
const PART_MAX_LENGTH = 30

const action: fc.Arbitrary<Action> = fc.oneof<fc.MaybeWeightedArbitrary<Action>[]>(
  { weight: 24, arbitrary: write },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('batch'),
      items: fc.array(manifestPlan, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('together'),
      writes: fc.array(write, { minLength: 2, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('twice'), write }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again'), pick: recent }) },
  { weight: 12, arbitrary: ask },
)

/** A sequence of steps; in parts, because the length of one drawn array is small more often than not. */
export const sequence: fc.Arbitrary<readonly Action[]> = fc
  .tuple(...[1, 2, 3].map(() => fc.array(action, { maxLength: PART_MAX_LENGTH, size: 'max' })))
  .map((parts) => parts.flat())
