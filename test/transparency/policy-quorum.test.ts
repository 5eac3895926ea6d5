import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { checkSignedNote } from '../../schema/transparency/check-note.ts'
import { formatCosignature } from '../../schema/transparency/cosignature.ts'
import { parseLogPolicy, type LogPolicy } from '../../schema/transparency/log-policy.ts'
import { meetsQuorum, policyKeys, signingLog } from '../../schema/transparency/policy-quorum.ts'
import { parseTreeHead } from '../../schema/transparency/tree-head.ts'
import {
  formatVerifierKey,
  verifierKeyOf,
  type VerifierKey,
} from '../../schema/transparency/verifier-key.ts'
import { sigsum, valueOf } from './note-samples.ts'

const keyOf = (name: string): VerifierKey =>
  verifierKeyOf('cosignature', name, Uint8Array.from(Buffer.from(name.padEnd(32, '.'))))
const witness = (name: string): string => `witness ${name} ${formatVerifierKey(keyOf(name))}\n`
const policyOf = (text: string): LogPolicy => valueOf(parseLogPolicy(text))

const log = verifierKeyOf('ed25519', sigsum.origin, sigsum.logKey)
const glasklar = verifierKeyOf('cosignature', 'witness.glasklar.is', sigsum.glasklarKey)
const mullvad = verifierKeyOf('cosignature', 'witness.mullvad.net', sigsum.mullvadKey)

describe('the quorum of a policy', () => {
  it('of the specification’s example asks for two of one group and one of the other', () => {
    const names = ['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3']
    const policy = policyOf(
      `${names.map(witness).join('')}group X 2 X1 X2 X3\ngroup Y any Y1 Y2 Y3\ngroup Q all X Y\nquorum Q\n`,
    )
    fc.assert(
      fc.property(fc.subarray(names), (signed) => {
        const count = (letter: string) => signed.filter((name) => name.startsWith(letter)).length
        assert.equal(
          meetsQuorum(policy, signed.map(keyOf)),
          count('X') >= 2 && count('Y') >= 1,
          signed.join(' '),
        )
      }),
    )
  })

  it('may be none, a single witness, or any number of a group', () => {
    const names = ['a', 'b', 'c']
    assert.ok(meetsQuorum(policyOf('quorum none\n'), []))
    const single = policyOf(`${names.map(witness).join('')}quorum b\n`)
    assert.deepEqual(
      names.map((name) => meetsQuorum(single, [keyOf(name)])),
      [false, true, false],
    )
    for (const threshold of [1, 2, 3]) {
      const policy = policyOf(
        `${names.map(witness).join('')}group g ${threshold} a b c\nquorum g\n`,
      )
      for (const count of [0, 1, 2, 3]) {
        assert.equal(meetsQuorum(policy, names.slice(0, count).map(keyOf)), count >= threshold)
      }
    }
  })

  it('counts a key once, and only the key that the policy has, under its name and type', () => {
    const policy = policyOf(`${witness('a')}${witness('b')}group g 2 a b\nquorum g\n`)
    const { publicKey } = keyOf('b')
    assert.ok(!meetsQuorum(policy, [keyOf('a'), keyOf('a')]))
    assert.ok(!meetsQuorum(policy, [keyOf('a'), verifierKeyOf('cosignature', 'c', publicKey)]))
    assert.ok(!meetsQuorum(policy, [keyOf('a'), verifierKeyOf('ed25519', 'b', publicKey)]))
    assert.ok(meetsQuorum(policy, [keyOf('a'), keyOf('b')]))
  })

  it('is met for a public log’s tree head by the two witnesses that cosigned it', async () => {
    const signed = (key: VerifierKey, signature: Uint8Array) => ({
      keyName: key.name,
      keyId: key.keyId,
      signature,
    })
    const cosigned = (key: VerifierKey, signature: Uint8Array) =>
      signed(key, formatCosignature({ timeSeconds: sigsum.timeSeconds, signature }))
    const note = {
      text: sigsum.text,
      signatures: [
        signed(log, sigsum.logSignature),
        cosigned(glasklar, sigsum.glasklarSignature),
        cosigned(mullvad, sigsum.mullvadSignature),
      ],
    }
    const { origin } = valueOf(parseTreeHead(note.text))
    for (const threshold of [1, 2, 3]) {
      const policy = policyOf(
        `log ${formatVerifierKey(log)}\nwitness g ${formatVerifierKey(glasklar)}\nwitness m ${formatVerifierKey(mullvad)}\n${witness('dummy')}group all ${threshold} g m dummy\nquorum all\n`,
      )
      const check = await checkSignedNote(note, policyKeys(policy))
      assert.deepEqual(check.findings, [])
      assert.deepEqual(check.verifiedBy, [log, glasklar, mullvad])
      assert.deepEqual(signingLog(policy, origin, check.verifiedBy)?.key, log)
      assert.equal(meetsQuorum(policy, check.verifiedBy), threshold <= 2)
    }
  })
})

describe('the log of a policy that has signed', () => {
  const policy = policyOf(`log ${formatVerifierKey(log)}\n${witness('a')}quorum none\n`)

  it('is none for an origin that is not the name of its key', () => {
    assert.equal(signingLog(policy, 'other.example/log', [log]), undefined)
  })

  it('is none if only a witness has signed', () => {
    assert.equal(signingLog(policy, sigsum.origin, [keyOf('a')]), undefined)
    assert.equal(signingLog(policy, 'a', [keyOf('a')]), undefined)
  })
})
