import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseLogSize } from '../../schema/transparency/log-size.ts'
import { assertRefused, valueOf } from './note-samples.ts'

describe('a size in decimal', () => {
  it('is read back as it was written, up to 2^53 - 1', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (size) => {
        assert.equal(valueOf(parseLogSize(`${size}`, 'line 2')), size)
      }),
    )
    assert.equal(valueOf(parseLogSize('9007199254740991', 'line 2')), Number.MAX_SAFE_INTEGER)
  })

  it('has a finding of its own above 2^53 - 1', () => {
    for (const text of ['9007199254740992', '18446744073709551615', '9'.repeat(1_000)]) {
      assertRefused(parseLogSize(text, 'line 2'), 'size-out-of-range', text)
    }
  })

  it('has no sign, leading zero, space, other digits or exponent', () => {
    for (const text of [
      '',
      '00',
      '01',
      '+1',
      '-1',
      ' 1',
      '1 ',
      '1\n',
      '1e3',
      '0x1',
      '1.0',
      '\u0661',
    ]) {
      assertRefused(parseLogSize(text, 'line 2'), 'size-malformed', JSON.stringify(text))
    }
  })
})
