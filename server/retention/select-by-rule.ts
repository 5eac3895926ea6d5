import type { Digest } from '../../schema/digest.ts'
import type { Tier } from '../../schema/manifest.ts'
import type { Labels } from '../../schema/names.ts'
import type { RetentionRule } from '../../schema/policy.ts'
import type { RetentionCode } from '../../schema/retention.ts'

/** What a rule looks at. */
interface Looked {
  readonly digest: Digest
  readonly index: number
  readonly atMs: number
  readonly step: number
  readonly tier: Tier
  readonly labels: Labels | undefined
}

/** A checkpoint that a rule keeps. */
export interface Selected {
  readonly digest: Digest
  readonly code: RetentionCode
}

/** A decimal number as people and programs write it; anything else is no metric. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/**
 * What one rule keeps. `usable` are the good ones on the current line, in the order in which `latest` looks; `all`
 * has the others too.
 */
export function selectByRule(
  rule: RetentionRule,
  from: {
    readonly usable: readonly Looked[]
    readonly all: readonly Looked[]
    readonly nowMs: number
  },
): readonly Selected[] {
  const ofTier = (one: Looked): boolean => rule.tier === undefined || one.tier === rule.tier
  const usable = from.usable.filter(ofTier)
  switch (rule.keep) {
    case 'latest':
      return named('LATEST', usable.slice(0, rule.count))
    case 'every-steps':
      return named(
        'EVERY_STEPS',
        firstOfEach(usable, (one) => one.step, rule.steps, rule.count),
      )
    case 'every-seconds':
      return named(
        'EVERY_SECONDS',
        firstOfEach(usable, (one) => one.atMs, rule.seconds * 1000, rule.count),
      )
    case 'best':
      return named('BEST', best(usable, rule))
    case 'newer-than': {
      const oldestMs = from.nowMs - rule.seconds * 1000
      return named(
        'NEWER_THAN',
        from.all.filter((one) => ofTier(one) && one.atMs >= oldestMs),
      )
    }
  }
}

const named = (code: RetentionCode, found: readonly Looked[]): readonly Selected[] =>
  found.map(({ digest }) => ({ digest, code }))

/**
 * The first in each bucket of equal width. The first and not the last, because it is known as soon as the bucket
 * begins: a later run never wants another one instead.
 */
function firstOfEach(
  found: readonly Looked[],
  placeOf: (one: Looked) => number,
  width: number,
  count: number | undefined,
): readonly Looked[] {
  const firsts = new Map<number, Looked>()
  for (const one of found) {
    const bucket = Math.floor(placeOf(one) / width)
    const known = firsts.get(bucket)
    if (known === undefined || isBefore([placeOf(one), one.index], [placeOf(known), known.index])) {
      firsts.set(bucket, one)
    }
  }
  const newestFirst = [...firsts].toSorted(([left], [right]) => right - left)
  return newestFirst.slice(0, count).map(([, one]) => one)
}

const isBefore = (left: readonly [number, number], right: readonly [number, number]): boolean =>
  left[0] === right[0] ? left[1] < right[1] : left[0] < right[0]

function best(
  usable: readonly Looked[],
  { count, label, order }: Extract<RetentionRule, { readonly keep: 'best' }>,
): readonly Looked[] {
  const sign = order === 'lowest' ? 1 : -1
  return usable
    .flatMap((one) => {
      const value = metricOf(one.labels?.[label])
      return value === undefined ? [] : [{ one, value }]
    })
    .toSorted((left, right) =>
      left.value === right.value
        ? right.one.index - left.one.index
        : sign * (left.value - right.value),
    )
    .slice(0, count)
    .map(({ one }) => one)
}

function metricOf(text: string | undefined): number | undefined {
  const value = text !== undefined && NUMBER.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}
