import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  MAX_POLICY_BYTES,
  MAX_POLICY_ITEMS,
  parseLogPolicy,
} from '../../schema/transparency/log-policy.ts'
import { formatVerifierKey, verifierKeyOf } from '../../schema/transparency/verifier-key.ts'
import { assertRefused, findingsIn, foreignText, go, valueOf } from './note-samples.ts'

/** The verifier key of a made-up witness: another public key for each name. */
const vkeyOf = (name: string): string => {
  const publicKey = Uint8Array.from(Buffer.from(name.padEnd(32, '.')).subarray(0, 32))
  return formatVerifierKey(verifierKeyOf('cosignature', `${name}.example`, publicKey))
}
const witness = (name: string): string => `witness ${name} ${vkeyOf(name)}\n`

const examplePolicy = `# An example
log ${go.peterKey} https://log.example/

${witness('X1')}${witness('X2')}${witness('X3')}group X-witnesses 2 X1 X2 X3

witness\tY1  ${vkeyOf('Y1')}\thttps://y1.example/ \n${witness('Y2')}${witness('Y3')}group Y-witnesses any Y1 Y2 Y3
 \t# The end
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`

describe('a trust policy', () => {
  it('is read as the specification’s example says, from text as from bytes', () => {
    for (const input of [examplePolicy, Buffer.from(examplePolicy)]) {
      const policy = valueOf(parseLogPolicy(input))
      assert.deepEqual(
        policy.logs.map(({ key, url }) => [key.name, url]),
        [['PeterNeumann', 'https://log.example/']],
      )
      assert.deepEqual(
        policy.witnesses.map(({ name, url }) => [name, url]),
        ['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3'].map((name) => [
          name,
          name === 'Y1' ? 'https://y1.example/' : undefined,
        ]),
      )
      assert.deepEqual(policy.groups, [
        { name: 'X-witnesses', threshold: 2, members: ['X1', 'X2', 'X3'] },
        { name: 'Y-witnesses', threshold: 1, members: ['Y1', 'Y2', 'Y3'] },
        { name: 'X-and-Y', threshold: 2, members: ['X-witnesses', 'Y-witnesses'] },
      ])
      assert.equal(policy.quorum, 'X-and-Y')
    }
  })

  it('may ask for nothing', () => {
    const policy = valueOf(parseLogPolicy('quorum none\n'))
    assert.deepEqual(policy, { logs: [], witnesses: [], groups: [], quorum: 'none' })
  })

  it('may define what the quorum does not use, also after it', () => {
    assert.equal(valueOf(parseLogPolicy(`${witness('a')}quorum a\n${witness('b')}`)).quorum, 'a')
  })

  it('takes names as they are: two that only look alike are two', () => {
    const policy = valueOf(parseLogPolicy(`${witness('K')}${witness('\u212a')}quorum \u212a\n`))
    assert.deepEqual([policy.witnesses.length, policy.quorum], [2, '\u212a'])
  })

  const a = witness('a')
  const b = witness('b')
  const malformed: readonly (readonly [string, string, string])[] = [
    ['end', 'no quorum', a],
    ['end', 'no line', '\n'],
    ['end', 'no newline at its end', `${a}quorum a`],
    ['line 3', 'two quorums', `${a}quorum a\nquorum a\n`],
    ['line 2', 'a quorum of two names', `${a}quorum a a\n`],
    ['line 1', 'a quorum of no name', 'quorum\n'],
    ['line 1', 'a quorum that is defined later', `quorum a\n${a}`],
    ['line 2', 'a member that nobody defined', `${a}group g any c\nquorum a\n`],
    ['line 2', 'a member that is defined later', `${a}group g any b\n${b}quorum a\n`],
    ['line 2', 'a group in itself', `${a}group g any a g\nquorum g\n`],
    ['line 2', 'the member "none"', `${a}group g any none\nquorum a\n`],
    ['line 2', 'one member twice', `${a}group g any a a\nquorum g\n`],
    ['line 3', 'one member in two groups', `${a}group g any a\ngroup h any a\nquorum h\n`],
    ['line 2', 'a group of none', `${a}group g any\nquorum a\n`],
    ['line 2', 'a group without a threshold', `${a}group g\nquorum a\n`],
    ['line 2', 'a threshold of 0', `${a}group g 0 a\nquorum g\n`],
    ['line 2', 'a threshold above the members', `${a}group g 2 a\nquorum g\n`],
    ['line 2', 'a threshold with a leading zero', `${a}group g 01 a\nquorum g\n`],
    ['line 2', 'a threshold in words', `${a}group g most a\nquorum g\n`],
    ['line 2', 'a witness twice', `${a}${a}quorum a\n`],
    ['line 2', 'a key twice', `${a}witness b ${vkeyOf('a')}\nquorum a\n`],
    ['line 2', 'a log twice', `log ${go.peterKey}\nlog ${go.peterKey} u\nquorum none\n`],
    ['line 2', 'a group named like a witness', `${a}group a any a\nquorum a\n`],
    ['line 1', 'a witness named "none"', `witness none ${vkeyOf('a')}\nquorum none\n`],
    ['line 1', 'a witness without a key', 'witness a\nquorum a\n'],
    ['line 1', 'a witness with more than a URL', `witness a ${vkeyOf('a')} u v\nquorum a\n`],
    ['line 1', 'a witness whose key makes no cosignatures', `witness a ${go.peterKey}\nquorum a\n`],
    ['line 1', 'a broken key', `log ${go.peterKey.slice(1)}\nquorum none\n`],
    ['line 1', 'another word', `logs ${go.peterKey}\nquorum none\n`],
    ['line 1', 'a word in capitals', 'QUORUM none\n'],
    ['line 1', 'a carriage return', 'quorum none\r\n'],
    ['line 1', 'a no-break space', 'quorum\u00a0none\n'],
    ['line 1', 'a delete character in a comment', '# \u007f\nquorum none\n'],
  ]
  for (const [where, what, text] of malformed) {
    it(`is none with ${what}`, () => {
      const [finding] = findingsIn(parseLogPolicy(text))
      assert.deepEqual([finding?.code, finding?.where], ['policy-malformed', where])
    })
  }

  it('may have as many logs, witnesses and groups as its bound says, and no more', () => {
    const names = (kind: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${kind}${index}`)
    const lines = (logs: number, witnesses: number, groups: number) =>
      [
        ...names('l', logs).map((name) => `log ${vkeyOf(name)}\n`),
        ...names('w', witnesses).map(witness),
        ...names('g', groups).map((name, index) => `group ${name} any w${index}\n`),
        'quorum none\n',
      ].join('')
    const most = MAX_POLICY_ITEMS
    const policy = valueOf(parseLogPolicy(lines(most, most, most)))
    assert.deepEqual(
      [policy.logs.length, policy.witnesses.length, policy.groups.length],
      [most, most, most],
    )
    assertRefused(parseLogPolicy(lines(most + 1, 0, 0)), 'policy-malformed')
    assertRefused(parseLogPolicy(lines(0, most + 1, 0)), 'policy-malformed')
    const nested = `${lines(0, most, most).replace('quorum none\n', '')}group h any g0\nquorum h\n`
    assertRefused(parseLogPolicy(nested), 'policy-malformed')
    assertRefused(parseLogPolicy(`#${'a'.repeat(MAX_POLICY_BYTES)}\nquorum none\n`), 'too-large')
    assertRefused(parseLogPolicy(Uint8Array.of(0x23, 0xff, 0x0a)), 'not-utf8')
  })

  it('never throws, and what it accepts holds together', () => {
    fc.assert(
      fc.property(foreignText(examplePolicy), (text) => {
        const parsed = parseLogPolicy(text)
        if (!parsed.ok) return
        const { witnesses, groups, quorum } = parsed.value
        const names = [
          'none',
          ...witnesses.map(({ name }) => name),
          ...groups.map(({ name }) => name),
        ]
        assert.ok(names.includes(quorum))
        assert.equal(new Set(names).size, names.length)
        const members = groups.flatMap((group) => group.members)
        assert.equal(new Set(members).size, members.length)
      }),
      { numRuns: 1_000 },
    )
  })
})
