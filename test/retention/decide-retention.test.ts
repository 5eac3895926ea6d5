import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { grades, type Grade } from '../../schema/checkpoint.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import type { RunId } from '../../schema/names.ts'
import type { RetentionRule } from '../../schema/policy.ts'
import {
  decideRetention,
  type RetentionCandidate,
  type RetentionTerms,
} from '../../server/retention/decide-retention.ts'

const NOW_MS = Date.parse('2026-11-23T12:00:00.000Z')
const HOUR_MS = 3_600_000

/** A candidate of a job that saves once an hour: checkpoint `n` is at step 10 n. */
function candidate(n: number, members: Partial<RetentionCandidate> = {}): RetentionCandidate {
  return {
    digest: digestOf(`checkpoint ${n}`),
    index: n,
    atMs: NOW_MS - (100 - n) * HOUR_MS,
    run: 'run-1' as RunId,
    attempt: 1,
    step: n * 10,
    tier: 'durable',
    base: null,
    labels: undefined,
    onLine: true,
    grade: 'committed',
    failing: false,
    ...members,
  }
}

const hundred = Array.from({ length: 100 }, (_, place) => candidate(place + 1))

function decide(
  candidates: readonly RetentionCandidate[],
  rules: readonly RetentionRule[] | undefined,
  held: readonly Digest[] = [],
) {
  return decideRetention(candidates, { rules, held: new Set(held), nowMs: NOW_MS })
}

/** Numbers of the checkpoints that are kept for a reason, newest first. */
function keptFor(code: string, found: ReturnType<typeof decide>): readonly number[] {
  return found
    .filter(({ reasons }) => reasons.some((reason) => reason.code === code))
    .map((one) => one.candidate.index)
}

describe('the rules of a policy', () => {
  test('keep the latest', () => {
    const found = decide(hundred, [{ keep: 'latest', count: 3 }])
    assert.deepEqual(keptFor('LATEST', found), [100, 99, 98])
    assert.equal(found.filter((one) => one.keep).length, 3)
    assert.deepEqual(found.at(-1)?.reasons, [{ code: 'NOT_SELECTED' }])
  })

  test('keep the first from each multiple of a step on', () => {
    const found = decide(hundred, [{ keep: 'every-steps', steps: 200 }])
    assert.deepEqual(keptFor('EVERY_STEPS', found), [100, 80, 60, 40, 20, 1])
    const uneven = hundred.map((one) => ({ ...one, step: one.index * 7 }))
    const kept = keptFor(
      'EVERY_STEPS',
      decide(uneven, [{ keep: 'every-steps', steps: 100, count: 3 }]),
    )
    assert.deepEqual(kept, [100, 86, 72])
  })

  test('keep the first of each period', () => {
    const found = decide(hundred, [{ keep: 'every-seconds', seconds: 86_400, count: 2 }])
    // Midnight UTC was twelve hours ago.
    assert.deepEqual(keptFor('EVERY_SECONDS', found), [88, 64])
  })

  test('keep the best by the number in a label, and know no others', () => {
    const losses: Readonly<Record<number, string>> = {
      10: '0.5',
      20: '1e-3',
      30: 'NaN',
      40: '',
      50: '0.001',
      60: 'good',
      70: '-2',
    }
    const labelled = hundred.map((one) => {
      const loss = losses[one.index]
      return loss === undefined ? one : { ...one, labels: { loss } }
    })
    const rule = { keep: 'best', label: 'loss', count: 3 } as const
    const lowest = decide(labelled, [{ ...rule, order: 'lowest' }])
    assert.deepEqual(keptFor('BEST', lowest), [70, 50, 20])
    const highest = decide(labelled, [{ ...rule, order: 'highest' }])
    assert.deepEqual(keptFor('BEST', highest), [50, 20, 10])
  })

  test('keep what is newer than a time, whatever it is', () => {
    const candidates = [
      candidate(95),
      candidate(96, { failing: true }),
      candidate(97, { onLine: false }),
      candidate(98),
    ]
    const found = decide(candidates, [{ keep: 'newer-than', seconds: 4 * 3600 }])
    assert.deepEqual(keptFor('NEWER_THAN', found), [98, 97, 96])
    assert.equal(found.at(-1)?.keep, false)
  })

  test('are for one tier where they name it, and any of them keeps', () => {
    const mixed = hundred.map((one) => ({
      ...one,
      tier: one.index % 10 === 0 ? ('durable' as const) : ('light' as const),
    }))
    const found = decide(mixed, [
      { keep: 'latest', count: 2, tier: 'light' },
      { keep: 'latest', count: 2, tier: 'durable' },
    ])
    assert.deepEqual(keptFor('LATEST', found), [100, 99, 98, 90])
  })

  test('count neither what failed nor what was left behind, and say so of what is dropped', () => {
    const candidates = hundred.map((one) => ({
      ...one,
      failing: one.index > 97,
      onLine: one.index <= 90 || one.index > 95,
    }))
    const found = decide(candidates, [{ keep: 'latest', count: 3 }])
    assert.deepEqual(keptFor('LATEST', found), [97, 96, 90])
    const why = new Map(found.map((one) => [one.candidate.index, one.reasons[0]?.code]))
    assert.equal(why.get(98), 'NOT_GOOD')
    assert.equal(why.get(93), 'ABANDONED')
    assert.equal(why.get(89), 'NOT_SELECTED')
  })
})

describe('whatever the rules say', () => {
  const nothing: readonly RetentionRule[] = [{ keep: 'latest', count: 1, tier: 'light' }]

  test('what is held stays, and without rules everything does', () => {
    const found = decide(hundred, nothing, [digestOf('checkpoint 7')])
    assert.deepEqual(keptFor('HELD', found), [7])
    assert.ok(decide(hundred, undefined).every((one) => one.keep))
  })

  test('the last good one of each grade stays', () => {
    const graded = hundred.map((one): RetentionCandidate => {
      if (one.index === 50) return { ...one, grade: 'restored' }
      if (one.index === 70) return { ...one, grade: 'verified' }
      return one.index > 95 ? { ...one, failing: true } : one
    })
    assert.deepEqual(keptFor('LAST_GOOD', decide(graded, nothing)), [95, 70, 50])
  })

  test('of a line without any good one, the newest that was left behind stays', () => {
    const candidates = hundred.map((one) => ({
      ...one,
      onLine: one.index > 98,
      failing: one.index > 98,
    }))
    assert.deepEqual(keptFor('LAST_GOOD', decide(candidates, nothing)), [98])
  })

  test('what a kept delta needs stays, down to the full one, and says for which', () => {
    const candidates = [
      candidate(1),
      candidate(2, { base: digestOf('checkpoint 1') }),
      candidate(3, { base: digestOf('checkpoint 2') }),
      candidate(4),
    ]
    const found = decide(candidates, nothing, [digestOf('checkpoint 3')])
    assert.deepEqual(
      found.map((one) => one.keep),
      [true, true, true, true],
    )
    assert.deepEqual(found[2]?.reasons, [{ code: 'NEEDED', because: digestOf('checkpoint 3') }])
  })

  test('a delta is as good as the worst that it needs', () => {
    const candidates = [
      candidate(1),
      candidate(2, { grade: 'verified' }),
      candidate(3, { base: digestOf('checkpoint 1'), grade: 'restored' }),
      candidate(4, { base: digestOf('checkpoint 2'), failing: true }),
      candidate(5, { base: digestOf('checkpoint 4') }),
    ]
    const found = decide(candidates, [{ keep: 'latest', count: 1 }])
    assert.deepEqual(keptFor('LATEST', found), [3])
    assert.deepEqual(keptFor('LAST_GOOD', found), [3, 2])
  })
})

const anyRule: fc.Arbitrary<RetentionRule> = fc.oneof(
  fc.record({ keep: fc.constant('latest' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ keep: fc.constant('every-steps' as const), steps: fc.integer({ min: 1, max: 9 }) }),
  fc.record({
    keep: fc.constant('every-seconds' as const),
    seconds: fc.integer({ min: 1, max: 20_000 }),
    count: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    keep: fc.constant('best' as const),
    count: fc.integer({ min: 1, max: 3 }),
    label: fc.constant('loss'),
    order: fc.constantFrom('lowest' as const, 'highest' as const),
  }),
  fc.record({
    keep: fc.constant('newer-than' as const),
    seconds: fc.integer({ min: 1, max: 40_000 }),
    tier: fc.constantFrom('light' as const, 'durable' as const),
  }),
)

/** Some checkpoints of several attempts, deltas on older ones among them. */
const anyCandidates = fc
  .array(
    fc.record({
      attempt: fc.integer({ min: 1, max: 3 }),
      gap: fc.integer({ min: 0, max: 4 }),
      base: fc.option(fc.nat(), { freq: 2 }),
      grade: fc.constantFrom(...grades),
      failing: fc.boolean(),
      onLine: fc.boolean(),
      loss: fc.option(fc.integer({ min: -3, max: 3 })),
      tier: fc.constantFrom('light' as const, 'durable' as const),
    }),
    { maxLength: 20 },
  )
  .map((drawn) => {
    const made: RetentionCandidate[] = []
    for (const [n, { gap, base, loss, ...members }] of drawn.entries()) {
      const older = base === null ? undefined : made[base % Math.max(1, n)]
      made.push(
        candidate(60 + n, {
          ...members,
          // No two of a run have the same step and tier.
          step: n * 5 + gap,
          base: older?.digest ?? null,
          labels: loss === null ? undefined : { loss: String(loss) },
        }),
      )
    }
    return made
  })

/** Invariant 11, said again without the code that keeps it: slowly, from the rows alone. */
function mustStay(
  candidates: readonly RetentionCandidate[],
  { held }: Pick<RetentionTerms, 'held'>,
): ReadonlySet<Digest> {
  const byDigest = new Map(candidates.map((one) => [one.digest, one]))
  const chainOf = (one: RetentionCandidate): readonly RetentionCandidate[] => {
    const base = one.base === null ? undefined : byDigest.get(one.base)
    return base === undefined ? [one] : [one, ...chainOf(base)]
  }
  const stays = new Set<Digest>()
  const stay = (one: RetentionCandidate): void => {
    for (const link of chainOf(one)) stays.add(link.digest)
  }
  for (const one of candidates) if (held.has(one.digest)) stay(one)
  for (const grade of grades) {
    const good = candidates.filter((one) =>
      chainOf(one).every((link) => !link.failing && reaches(link.grade, grade)),
    )
    const onLine = good.filter((one) => one.onLine)
    const newest = (left: RetentionCandidate, right: RetentionCandidate): number =>
      right.attempt - left.attempt || right.step - left.step || (left.tier === 'durable' ? -1 : 1)
    const last = onLine.toSorted(newest)[0] ?? good.toSorted((a, b) => b.index - a.index)[0]
    if (last !== undefined) stay(last)
  }
  return stays
}

const reaches = (grade: Grade, wanted: Grade): boolean =>
  grades.indexOf(grade) >= grades.indexOf(wanted)

test('random policies over random histories never drop what has to stay, and explain each decision', () => {
  fc.assert(
    fc.property(
      anyCandidates,
      fc.option(fc.array(anyRule, { minLength: 1, maxLength: 3 }), { nil: undefined }),
      fc.array(fc.nat({ max: 25 }), { maxLength: 3 }),
      (candidates, rules, heldPlaces) => {
        const held = new Set(heldPlaces.flatMap((place) => candidates[place]?.digest ?? []))
        const found = decideRetention(candidates, { rules, held, nowMs: NOW_MS })
        assert.equal(found.length, candidates.length)
        const kept = new Set(found.filter((one) => one.keep).map((one) => one.candidate.digest))
        for (const digest of mustStay(candidates, { held })) assert.ok(kept.has(digest))
        for (const { candidate: one, keep, reasons } of found) {
          assert.ok(reasons.length > 0)
          if (keep && one.base !== null) assert.ok(kept.has(one.base), 'a kept chain is whole')
          const codes = new Set(reasons.map(({ code }) => code))
          assert.equal(codes.size, reasons.length, 'each reason once')
          assert.equal(
            keep,
            ![...codes].some((code) => ['NOT_SELECTED', 'ABANDONED', 'NOT_GOOD'].includes(code)),
          )
        }
        const again = decideRetention(candidates.toReversed(), { rules, held, nowMs: NOW_MS })
        assert.deepEqual(again, found, 'the order in which they are given does not matter')
      },
    ),
    { numRuns: 2_000 },
  )
})
