import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkSignedNote } from '../../schema/transparency/check-note.ts'
import {
  formatSignedNote,
  parseSignedNote,
  type SignedNote,
} from '../../schema/transparency/signed-note.ts'
import {
  parseVerifierKey,
  verifierKeyOf,
  type VerifierKey,
} from '../../schema/transparency/verifier-key.ts'
import { c2sp, cosignatureBy, go, signatureBy, signerOf, sigsum, valueOf } from './note-samples.ts'

const { text, peterLine, enochLine } = go
const peter = valueOf(parseVerifierKey(go.peterKey))
const enoch = valueOf(parseVerifierKey(go.enochKey))

const noteOf = (input: string): SignedNote => valueOf(parseSignedNote(input))

async function codesFor(input: string, keys: readonly VerifierKey[]): Promise<readonly string[]> {
  const check = await checkSignedNote(noteOf(input), keys)
  assert.equal(check.ok, check.findings.length === 0)
  assert.equal(check.ok, check.verifiedBy.length > 0)
  return check.findings.map((finding) => finding.code)
}

async function signersOf(input: string, keys: readonly VerifierKey[]): Promise<readonly string[]> {
  const check = await checkSignedNote(noteOf(input), keys)
  assert.deepEqual(check.findings, [])
  return check.verifiedBy.map((key) => key.name)
}

describe('checking a signed note', () => {
  it('accepts the example of the specification by its key', async () => {
    const key = valueOf(parseVerifierKey(c2sp.key))
    assert.deepEqual(await signersOf(c2sp.note, [key]), ['example.com/foo'])
  })

  it('names the keys that have signed, each once, and passes over the others', async () => {
    const both = `${text}\n${peterLine}${enochLine}`
    assert.deepEqual(await signersOf(both, [peter]), ['PeterNeumann'])
    assert.deepEqual(await signersOf(both, [peter, enoch]), ['PeterNeumann', 'EnochRoot'])
    assert.deepEqual(await signersOf(`${both}${peterLine}`, [peter]), ['PeterNeumann'])
  })

  it('refuses a note that no trusted key has signed', async () => {
    assert.deepEqual(await codesFor(`${text}\n${enochLine}`, [peter]), ['signature-unknown'])
    assert.deepEqual(await codesFor(`${text}\n${enochLine}`, []), ['signature-unknown'])
  })

  it('passes over a signature that shares only a name or only an id with a trusted key', async () => {
    const misnamed = peterLine.replace('PeterNeumann', 'CarmenSandiego')
    const otherId = peterLine.replace('x08g', 'xxxx')
    for (const line of [misnamed, otherId]) {
      assert.deepEqual(await codesFor(`${text}\n${line}`, [peter]), ['signature-unknown'])
      assert.deepEqual(await signersOf(`${text}\n${line}${peterLine}`, [peter]), ['PeterNeumann'])
    }
  })

  it('refuses the whole note for one bad signature by a trusted key, whatever else it has', async () => {
    const bad = `${peterLine.slice(0, 60)}ABCD${peterLine.slice(60)}`
    for (const lines of [bad, bad + enochLine, enochLine + bad, peterLine + bad]) {
      assert.deepEqual(await codesFor(`${text}\n${lines}`, [peter, enoch]), ['signature-invalid'])
    }
    assert.deepEqual(await signersOf(`${text}\n${enochLine}${bad}`, [enoch]), ['EnochRoot'])
  })

  it('refuses a signature for which two trusted keys stand, unless they are one', async () => {
    const impostor = { ...peter, publicKey: enoch.publicKey }
    const note = `${text}\n${peterLine}`
    assert.deepEqual(await codesFor(note, [peter, impostor]), ['verifier-key-ambiguous'])
    assert.deepEqual(await signersOf(note, [peter, { ...peter }]), ['PeterNeumann'])
    const unused = { ...enoch, publicKey: peter.publicKey }
    assert.deepEqual(await signersOf(note, [enoch, peter, unused]), ['PeterNeumann'])
  })

  it('believes no key of a type that it cannot check', async () => {
    const unsupported: VerifierKey = { ...peter, kind: 'unsupported', type: 0x06 }
    assert.deepEqual(await codesFor(`${text}\n${peterLine}`, [unsupported]), ['signature-unknown'])
  })

  it('accepts a public log’s tree head by its key', async () => {
    const log = verifierKeyOf('ed25519', sigsum.origin, sigsum.logKey)
    const note = { text: sigsum.text, signatures: [signed(log, sigsum.logSignature)] }
    assert.deepEqual(await signersOf(formatSignedNote(note), [log]), [sigsum.origin])
  })

  it('does not take a cosignature for a signature of the same key, nor the other way round', async () => {
    const note = signerOf('ed25519', 'w.example', go.peterSeed)
    const witness = signerOf('cosignature', 'w.example', go.peterSeed)
    const cosigned = cosignatureBy(witness, sigsum.text, 1)
    const asNote = { ...cosigned, keyId: note.key.keyId, signature: cosigned.signature.subarray(8) }
    const asWitness = { ...signatureBy(note, sigsum.text), keyId: witness.key.keyId }
    for (const signature of [asNote, asWitness]) {
      const check = await checkSignedNote({ text: sigsum.text, signatures: [signature] }, [
        note.key,
        witness.key,
      ])
      assert.deepEqual(
        check.findings.map((finding) => finding.code),
        ['signature-invalid'],
      )
    }
  })

  it('refuses every flipped bit of a note, or it changes nothing that matters', async () => {
    const bytes = Buffer.from(`${text}\n${peterLine}${enochLine}`)
    const otherPart = bytes.length - Buffer.byteLength(enochLine)
    let refusals = 0
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Uint8Array.from(bytes)
      flipped.set([(bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))], bit >> 3)
      const parsed = parseSignedNote(flipped)
      const check = parsed.ok ? await checkSignedNote(parsed.value, [peter]) : undefined
      if (parsed.ok && check?.ok === true) {
        assert.equal(parsed.value.text, text)
        assert.deepEqual(check.verifiedBy, [peter])
        assert.ok(
          bit >> 3 >= otherPart,
          `bit ${bit} is in the signed text or the trusted signature`,
        )
      } else {
        refusals += 1
      }
    }
    assert.ok(refusals >= otherPart * 8)
  })
})

function signed(key: VerifierKey, signature: Uint8Array): SignedNote['signatures'][number] {
  return { keyName: key.name, keyId: key.keyId, signature }
}
