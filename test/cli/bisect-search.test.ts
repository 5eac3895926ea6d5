import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { nextToTry, spanOf, type BisectOutcome } from '../../client-sdk/cli/bisect-search.ts'

/** Searches a line of which everything from `firstBad` on is bad, but for places that cannot be tried. */
function search(length: number, firstBad: number, skips: ReadonlySet<number>) {
  const outcomes: (BisectOutcome | undefined)[] = Array.from({ length })
  outcomes[0] = 'good'
  outcomes[length - 1] = 'bad'
  let tries = 0
  for (let place = nextToTry(outcomes); place !== undefined; place = nextToTry(outcomes)) {
    assert.equal(outcomes[place], undefined, 'nothing is tried twice')
    outcomes[place] = skips.has(place) ? 'skip' : place < firstBad ? 'good' : 'bad'
    tries += 1
  }
  return { ...spanOf(outcomes), tries }
}

describe('the search for the first bad checkpoint', () => {
  it('finds it in as many tries as halving takes', () => {
    const cases = fc.integer({ min: 2, max: 2000 }).chain((length) =>
      fc.record({
        length: fc.constant(length),
        firstBad: fc.integer({ min: 1, max: length - 1 }),
      }),
    )
    fc.assert(
      fc.property(cases, ({ length, firstBad }) => {
        const { good, bad, tries } = search(length, firstBad, new Set())
        assert.deepEqual([good, bad], [firstBad - 1, firstBad])
        assert.ok(tries <= Math.ceil(Math.log2(length)))
      }),
    )
  })

  it('leaves only places that cannot be tried between what it found, whatever is skipped', () => {
    const cases = fc.record({
      length: fc.integer({ min: 2, max: 60 }),
      first: fc.nat(),
      skips: fc.array(fc.nat({ max: 59 })),
    })
    fc.assert(
      fc.property(cases, ({ length, first, skips }) => {
        const firstBad = 1 + (first % (length - 1))
        const skipped = new Set(skips.filter((place) => place > 0 && place < length - 1))
        const { good, bad } = search(length, firstBad, skipped)
        assert.ok(good < firstBad && firstBad <= bad)
        for (let place = good + 1; place < bad; place += 1) assert.ok(skipped.has(place))
      }),
    )
  })

  it('has nothing to try between neighbours', () => {
    assert.equal(nextToTry(['good', 'bad']), undefined)
    assert.equal(nextToTry(['good', 'skip', 'bad']), undefined)
    assert.equal(nextToTry(['good', undefined, 'bad']), 1)
  })
})
