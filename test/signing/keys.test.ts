import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  hexOf,
  openLogKeys,
  retireLogKey,
  rotateLogKeys,
  type LogKeysPlace,
} from '../../server/signing/signing-keys.ts'
import { START_MS } from '../harness/catalog.ts'

describe('the keys of logs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-keys-'))
  after(() => rmSync(folder, { recursive: true }))
  let count = 0
  const place = (origin?: string): LogKeysPlace => ({
    file: join(folder, String((count += 1)), 'log-keys.json'),
    origin,
  })
  const open = (at: LogKeysPlace) => openLogKeys(at, START_MS)
  const names = (at: LogKeysPlace): readonly string[] => open(at).keys.map(hexOf)

  test('are made once, in a file that only its owner can read, and are the same ever after', () => {
    const at = place()
    const first = names(at)
    assert.equal(first.length, 1)
    assert.deepEqual(names(at), first)
    assert.equal(statSync(at.file).mode & 0o777, 0o600)
    assert.deepEqual(readdirSync(join(at.file, '..')), ['log-keys.json'])
  })

  test('give origins that begin with a name of their own, or with what the operator says', () => {
    assert.match(open(place()).base, /^cairn-[0-9a-f]{16}\.local$/)
    const at = place('catalog.example.com/eu')
    assert.equal(open(at).base, 'catalog.example.com/eu')
    assert.equal(open({ ...at, origin: undefined }).base, 'catalog.example.com/eu')
    const other = { ...at, origin: 'other.example.com' }
    assert.throws(() => open(other), { code: 'CONFIG_INVALID', message: /catalog\.example\.com/ })
  })

  test('refuse a name that is no origin, and make nothing', () => {
    for (const origin of ['https://example.com', 'a b', 'a+b', 'example.com/', 'a\nb', '']) {
      const at = place(origin)
      assert.throws(() => open(at), { code: 'CONFIG_INVALID' }, JSON.stringify(origin))
      assert.throws(() => statSync(at.file), { code: 'ENOENT' })
    }
  })

  test('are never made anew over a file that cannot be read', () => {
    const at = place()
    open(at)
    const whole = readFileSync(at.file, 'utf8')
    for (const text of ['', '{}', '[]', 'null', whole.slice(0, -20), whole.replace('MC4', 'MC5')]) {
      writeFileSync(at.file, text)
      assert.throws(() => open(at), { code: 'CONFIG_INVALID', message: /holds no keys/ })
      assert.equal(readFileSync(at.file, 'utf8'), text)
    }
  })

  test('are added to by a rotation, and taken from signing one by one, but never all', () => {
    const at = place()
    const [old = ''] = names(at)
    assert.throws(() => retireLogKey(at, old, START_MS), {
      code: 'INVALID_REQUEST',
      message: /rotate/,
    })
    rotateLogKeys(at, START_MS + 1000)
    const [, fresh = ''] = names(at)
    assert.notEqual(fresh, old)
    assert.ok(open(at).keys.every((key) => key.retiredAt === undefined))
    for (const wrong of ['', 'xyz']) {
      assert.throws(() => retireLogKey(at, wrong, START_MS), { code: 'INVALID_REQUEST' })
    }
    retireLogKey(at, old.slice(0, 16), START_MS + 2000)
    assert.deepEqual(
      open(at).keys.map((key) => [hexOf(key), key.retiredAt]),
      [
        [old, new Date(START_MS + 2000).toISOString()],
        [fresh, undefined],
      ],
    )
    assert.throws(() => retireLogKey(at, fresh, START_MS), { code: 'INVALID_REQUEST' })
    // Again changes nothing.
    retireLogKey(at, old, START_MS + 9000)
    assert.equal(open(at).keys[0]?.retiredAt, new Date(START_MS + 2000).toISOString())
  })

  test('are at most as many as a note may have signatures of', () => {
    const at = place()
    for (let keys = 1; keys < 16; keys += 1) rotateLogKeys(at, START_MS)
    assert.equal(names(at).length, 16)
    assert.throws(() => rotateLogKeys(at, START_MS), { code: 'CONFIG_INVALID' })
  })
})
