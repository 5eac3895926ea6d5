import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  accessHash,
  accessStart,
  checkAccess,
  parseAccessBody,
  type StoredAccess,
} from '../../schema/access-log.ts'
import type { Finding } from '../../schema/transparency/finding.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A chain of a few records. */
function chain(namespace: string, count: number): readonly StoredAccess[] {
  const records: StoredAccess[] = []
  let previous = accessStart(namespace).hash
  for (let sequence = 0; sequence < count; sequence += 1) {
    const line = `{"count":${sequence + 1},"entries":[[${sequence},${sequence}]],"outcome":"appended","principal":"alice"}`
    const body = bytesOf(`{"at":"2026-11-23T10:00:00.000Z","lines":[${line}],"v":1}`)
    const hash = accessHash(previous, body)
    records.push({ sequence, previous, hash, body })
    previous = hash
  }
  return records
}

function check(namespace: string, records: readonly StoredAccess[]): readonly Finding[] {
  let at = accessStart(namespace)
  return records.flatMap((record) => {
    const checked = checkAccess(at, record)
    at = checked.at
    return checked.findings
  })
}

describe('the chain of an access log', () => {
  const records = chain('airline', 4)

  test('holds as it was made, and only for its own namespace', () => {
    assert.deepEqual(check('airline', records), [])
    assert.deepEqual(
      check('railway', records).map(({ code }) => code),
      ['access-chain-broken'],
    )
  })

  test('shows every byte that is changed, anywhere', () => {
    records.forEach((record, place) => {
      for (const member of ['previous', 'hash', 'body'] as const) {
        for (let at = 0; at < record[member].length; at += 1) {
          const changed = Uint8Array.from(record[member])
          changed[at] = (changed[at] ?? 0) ^ 0x20
          const forged = records.with(place, { ...record, [member]: changed })
          assert.notDeepEqual(check('airline', forged), [], `${member} ${at}`)
        }
      }
    })
  })

  test('shows a record that is missing, twice or out of order', () => {
    const [first, second, third] = records as readonly [StoredAccess, StoredAccess, StoredAccess]
    for (const wrong of [
      [first, third],
      [second, third],
      [first, first, second],
      [second, first],
    ]) {
      const codes = check('airline', wrong).map(({ code }) => code)
      assert.ok(codes.includes('access-gap') && codes.includes('access-chain-broken'), codes.join())
    }
  })

  test('says that a hash has not 32 bytes', () => {
    const [first] = records
    assert.ok(first)
    for (const hash of [new Uint8Array(0), new Uint8Array(31), new Uint8Array(33)]) {
      assert.equal(check('airline', [{ ...first, hash }])[0]?.code, 'access-hash-mismatch')
    }
  })

  test('never throws on foreign bytes', () => {
    const foreign = [
      '',
      'null',
      '[]',
      '{',
      '"\\ud800"',
      '{"v":1}',
      '{"at":"then","lines":{},"v":1}',
      '{"at":"then","lines":[null],"v":1}',
      '{"at":"then","lines":[{"count":"1","outcome":"denied"}],"v":1}',
      '{"at":"then","lines":[{"count":1,"entries":[[1]],"outcome":"appended"}],"v":1}',
      '{"at":"then","lines":[{"count":1,"outcome":"granted"}],"v":1}',
      '{"at":"then", "lines":[],"v":1}',
      '{"v":1,"at":"then","lines":[]}',
    ]
    for (const text of foreign) {
      const parsed = parseAccessBody(bytesOf(text))
      assert.equal(parsed.ok, false, text)
    }
    assert.equal(parseAccessBody(Uint8Array.of(0xff)).ok, false)
    assert.equal(parseAccessBody(bytesOf('{"at":"then","lines":[],"v":1}')).ok, true)
  })
})
