import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTlogProof, parseTlogProof } from '../../schema/transparency/tlog-proof.ts'

// The example of C2SP tlog-proof, with one signature instead of its four, which are cut short there.
const example = `c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog hI2DJw==
`
const head = example.slice(example.indexOf('\n\n') + 2)

test('the example of the specification is read and written the same', () => {
  const parsed = parseTlogProof(example)
  assert.ok(parsed.ok)
  assert.equal(parsed.value.index, 73_894)
  assert.equal(parsed.value.path.length, 5)
  assert.equal(Buffer.from(parsed.value.extra ?? []).toString('latin1', 0, 10), 'age-v1.2.1')
  assert.equal(parsed.value.signedHead, head)
  assert.equal(formatTlogProof(parsed.value), example)
  assert.deepEqual(parseTlogProof(new TextEncoder().encode(example)), parsed)
})

test('a receipt of the only entry has no hashes, and may have no extra data', () => {
  const text = `c2sp.org/tlog-proof@v1\nindex 0\n\n${head}`
  assert.deepEqual(parseTlogProof(text), {
    ok: true,
    value: { index: 0, path: [], signedHead: head },
  })
  assert.equal(formatTlogProof({ index: 0, path: [], signedHead: head }), text)
})

test('a receipt that departs from the format is refused, by line', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['', 'proof-malformed', 'proof'],
    [example.replace('\n\n', '\n'), 'hash-malformed', 'line 9'],
    [example.replace('@v1', '@v2'), 'proof-malformed', 'line 1'],
    [` ${example}`, 'proof-malformed', 'line 1'],
    [example.replaceAll('\n', '\r\n'), 'proof-malformed', 'proof'],
    [example.replace('extra Y', 'extra *'), 'base64-malformed', 'line 2'],
    [example.replace('extra Y', 'Extra Y'), 'proof-malformed', 'line 2'],
    [example.replace('index 73894', 'index 073894'), 'size-malformed', 'line 3'],
    [example.replace('index 73894', 'index -1'), 'size-malformed', 'line 3'],
    [example.replace('index 73894', 'index 9007199254740992'), 'size-out-of-range', 'line 3'],
    [example.replace('index 73894\n', ''), 'proof-malformed', 'line 3'],
    [example.replace('index', 'extra AA==\nindex'), 'proof-malformed', 'line 3'],
    [example.replace('gSKy', 'gSK'), 'hash-malformed', 'line 4'],
    [example.replace('PlQ=', 'PlR='), 'hash-malformed', 'line 4'],
    [example.replace('PlQ=\n', 'PlQ= \n'), 'hash-malformed', 'line 4'],
    [`${example}${'x'.repeat(1024 * 1024)}`, 'too-large', 'proof'],
  ]
  for (const [text, code, where] of cases) {
    const parsed = parseTlogProof(text)
    assert.ok(!parsed.ok, `accepted ${text.slice(0, 60)}`)
    const [first] = parsed.findings
    assert.deepEqual({ code: first?.code, where: first?.where }, { code, where })
  }
})

test('all malformed hashes are listed, and a path longer than any log is high is refused', () => {
  const two = parseTlogProof(example.replace('gSKy', '....').replace('AHCi', '....'))
  assert.ok(!two.ok)
  assert.deepEqual(
    two.findings.map((one) => one.where),
    ['line 4', 'line 8'],
  )
  const line = 'AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n'
  const ofLength = (count: number) =>
    parseTlogProof(`c2sp.org/tlog-proof@v1\nindex 0\n${line.repeat(count)}\n${head}`)
  assert.ok(ofLength(53).ok)
  assert.ok(!ofLength(54).ok)
})

test('no damage to a receipt makes reading it throw', () => {
  const bytes = new TextEncoder().encode(example)
  for (let at = 0; at < bytes.length; at += 1) {
    for (const mask of [1, 0x80, 0xff]) {
      const damaged = bytes.with(at, (bytes[at] ?? 0) ^ mask)
      const parsed = parseTlogProof(damaged)
      if (parsed.ok)
        assert.deepEqual(new TextEncoder().encode(formatTlogProof(parsed.value)), damaged)
    }
  }
})
