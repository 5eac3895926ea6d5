import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PATTERN_TEXT_MAX_LENGTH, patternCost } from '../../schema/pattern-cost.ts'

const n = PATTERN_TEXT_MAX_LENGTH

describe('the cost of a pattern', () => {
  for (const [pattern, cost] of [
    ['', n],
    ['^$', 1],
    ['^sha256:[0-9a-f]{64}$', 1],
    ['^\\d{4}-\\d\\d$', 1],
    ['^[a-z]+$', n],
    ['[a-z]+', n * n],
    ['^[a-z]+\\.[a-z]+$', n * n],
    ['^[a-z]{1,32}\\.[0-9]{3}$', 32],
    ['^a{2,}$', n],
    ['^(a|b)?c$', 3],
    ['^(?:a|b|cd)$', 3],
    ['^a|b$', 2 * n],
    ['^a?a?a?$', 8],
    ['^\\$', 1],
    ['^😀+$', n],
  ] as const) {
    it(`is ${cost} for ${pattern}`, () => assert.equal(patternCost(pattern), cost))
  }

  for (const pattern of [
    '(a+)+',
    '(a|a)*',
    '(?:a?){30}',
    '(?=a)a',
    '(?!a)',
    '(?<name>a)',
    '(a)\\1',
    '\\b',
    '\\p{L}',
    'a**',
    'a+?',
    '(a)??',
    'a{2}{3}',
    'a{',
    '[]',
    '[a',
    '(a',
    'a)',
    'a^b',
    'a$b',
    '\\',
    '('.repeat(20) + ')'.repeat(20),
    'a'.repeat(1025),
  ]) {
    it(`cannot be told for ${pattern.slice(0, 30)}`, () => {
      assert.equal(patternCost(pattern), undefined)
    })
  }

  it('is not small for what takes an engine long', () => {
    for (const pattern of [
      'a*a*a*a*b',
      '^(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)'.repeat(2),
    ]) {
      assert.ok((patternCost(pattern) ?? Infinity) > 2 ** 20, pattern)
    }
  })
})
