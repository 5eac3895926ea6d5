import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Row } from '../../server/store/tables.ts'
import { stepsFrom } from '../../server/timeline/read-upcasts.ts'

type Version = readonly [version: string, ...from: readonly string[]]

/** Versions in order of their publication, each with the earlier ones that it reads; newest first. */
function published(...versions: readonly Version[]): readonly Row<'format_version'>[] {
  return versions
    .map(([version, ...from]) => ({
      version,
      facts: JSON.stringify({ upcasts: from.map((one) => ({ from: one, patch: [] })) }),
    }))
    .toReversed() as unknown as readonly Row<'format_version'>[]
}

const ways = (version: string, ...versions: readonly Version[]): readonly string[] =>
  stepsFrom(version, published(...versions)).map(({ from, to }) => `${from}>${to}`)

describe('the upcasts from a version', () => {
  it('lead one by one to the newest', () => {
    assert.deepEqual(ways('1', ['1'], ['2', '1'], ['3', '2']), ['1>2', '2>3'])
    assert.deepEqual(ways('2', ['1'], ['2', '1'], ['3', '2']), ['2>3'])
    assert.deepEqual(ways('3', ['1'], ['2', '1'], ['3', '2']), [])
  })

  it('are the fewest that lead to the newest that can be reached', () => {
    assert.deepEqual(ways('1', ['1'], ['2', '1'], ['3', '2', '1']), ['1>3'])
    assert.deepEqual(ways('1', ['1'], ['2', '1'], ['3', '1'], ['4', '2']), ['1>2', '2>4'])
    assert.deepEqual(ways('1', ['1'], ['2', '1'], ['3'], ['4', '3']), ['1>2'])
  })
})
