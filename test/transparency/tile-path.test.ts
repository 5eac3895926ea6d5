import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  formatTilePath,
  parseTilePath,
  type TilePath,
} from '../../schema/transparency/tile-path.ts'

// From C2SP tlog-tiles, and from the tests of golang.org/x/mod (without its tile height) and Tessera.
const good: readonly (readonly [string, TilePath])[] = [
  ['tile/0/x001/x234/067', { kind: 'hashes', level: 0, index: 1_234_067, width: 256 }],
  ['tile/0/x001/x234/067.p/89', { kind: 'hashes', level: 0, index: 1_234_067, width: 89 }],
  ['tile/0/001', { kind: 'hashes', level: 0, index: 1, width: 256 }],
  ['tile/0/001.p/5', { kind: 'hashes', level: 0, index: 1, width: 5 }],
  ['tile/5/x123/x456/078', { kind: 'hashes', level: 5, index: 123_456_078, width: 256 }],
  ['tile/5/x123/x456/078.p/2', { kind: 'hashes', level: 5, index: 123_456_078, width: 2 }],
  ['tile/0/000.p/255', { kind: 'hashes', level: 0, index: 0, width: 255 }],
  ['tile/15/x455/667', { kind: 'hashes', level: 15, index: 455_667, width: 256 }],
  ['tile/63/x123/x456/789.p/41', { kind: 'hashes', level: 63, index: 123_456_789, width: 41 }],
  ['tile/entries/000', { kind: 'entries', index: 0, width: 256 }],
  ['tile/entries/001.p/1', { kind: 'entries', index: 1, width: 1 }],
  ['tile/entries/255.p/253', { kind: 'entries', index: 255, width: 253 }],
  ['tile/entries/x123/x456/789', { kind: 'entries', index: 123_456_789, width: 256 }],
  ['tile/entries/x001/000', { kind: 'entries', index: 1000, width: 256 }],
]

const bad: readonly string[] = [
  '',
  'checkpoint',
  'tile/0',
  'tile/0/',
  'tile/0/1',
  'tile/0/0001',
  'tile/00/001',
  'tile/64/x001/002',
  'tile/-1/x001/002',
  'tile/abc/x001/002',
  'tile/8/001/002',
  'tile/8/x001/0002',
  'tile/8/x001/-002',
  'tile/8/x001/002.p/256',
  'tile/8/x001/002.p/0',
  'tile/8/x001/002.p/01',
  'tile/8/x001/002.p/999',
  'tile/1/x001/.p/abc',
  'tile/0/x001/x234/067.p/',
  'tile/0/x001/x234/067.p',
  'tile/0/x001/x234/',
  'tile/0/x001/x234',
  'tile/0/x001/',
  'tile/0/x001',
  'tile/0/x000/001',
  'tile/0/x000/x001/002',
  'tile/3/5/x123/x456/078',
  'tile/3/-1/123/456/078',
  'tile/1/data/x003/x057/500',
  'tile/data/x003/x057/500',
  'tile/0/X001/002',
  'tile/0/x001/002 ',
  'tile/0/x001/002\n',
  '/tile/0/001',
  'tile/0/../001',
  'tile/0/x٠٠١/002',
  `tile/0/${'x999/'.repeat(6)}999`,
  `tile/0/${'x999/'.repeat(100_000)}999`,
]

test('every path of the format reads back as what it was written from', () => {
  for (const [path, tile] of good) {
    assert.equal(formatTilePath(tile), path)
    assert.deepEqual(parseTilePath(path), { ok: true, value: tile })
  }
})

test('whatever has no or another spelling is refused with a finding', () => {
  for (const path of bad) {
    const parsed = parseTilePath(path)
    assert.ok(!parsed.ok, `accepted ${JSON.stringify(path.slice(0, 40))}`)
    assert.equal(parsed.findings[0]?.code, 'tile-path-malformed')
  }
})

test('an index up to 2^53 − 1 has a path, and one above is refused', () => {
  const largest = formatTilePath({ kind: 'entries', index: Number.MAX_SAFE_INTEGER, width: 256 })
  assert.equal(largest, 'tile/entries/x009/x007/x199/x254/x740/991')
  assert.ok(parseTilePath(largest).ok)
  assert.ok(!parseTilePath('tile/entries/x009/x007/x199/x254/x740/992').ok)
})
