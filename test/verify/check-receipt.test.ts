import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { checkReceipt } from '../../client-sdk/verify/check-receipt.ts'
import { cosignatureMessage, formatCosignature } from '../../schema/transparency/cosignature.ts'
import { parseLogPolicy } from '../../schema/transparency/log-policy.ts'
import { formatSignatureLine } from '../../schema/transparency/signed-note.ts'
import { formatVerifierKey, verifierKeyOf } from '../../schema/transparency/verifier-key.ts'
import { newSigner, ORIGIN, smallEntries, tileLogOf } from './tile-log.ts'

const entries = smallEntries(300)
const log = tileLogOf(entries)
const entryAt = (index: number): Uint8Array => entries[index] ?? assert.fail()

test('the receipt of every entry is good, and says where the entry is', async () => {
  for (const index of [0, 1, 254, 255, 256, 299]) {
    const tlogProof = log.receiptOf(index)
    const verdict = await checkReceipt({ entry: entryAt(index), tlogProof, keys: [log.key] })
    assert.ok(verdict.ok)
    assert.equal(verdict.index, index)
    assert.equal(verdict.head.size, 300)
    assert.equal(verdict.head.origin, ORIGIN)
  }
})

test('a receipt with any byte changed is refused', async () => {
  const bytes = new TextEncoder().encode(log.receiptOf(256))
  for (let at = 0; at < bytes.length; at += 1) {
    const tlogProof = bytes.with(at, (bytes[at] ?? 0) ^ 0x01)
    const verdict = await checkReceipt({ entry: entryAt(256), tlogProof, keys: [log.key] })
    assert.ok(!verdict.ok && verdict.findings.length > 0, `byte ${at}`)
  }
})

test('an entry with any byte changed has no receipt', async () => {
  const tlogProof = log.receiptOf(9)
  for (const [at, byte] of entryAt(9).entries()) {
    const entry = entryAt(9).with(at, byte ^ 0x80)
    const verdict = await checkReceipt({ entry, tlogProof, keys: [log.key] })
    assert.deepEqual(
      verdict.findings.map((one) => one.code),
      ['proof-invalid'],
    )
  }
})

test('all that is wrong is listed: the signature and the proof', async () => {
  const verdict = await checkReceipt({
    entry: entryAt(8),
    tlogProof: log.receiptOf(9),
    keys: [newSigner().key],
  })
  assert.deepEqual(
    verdict.findings.map((one) => one.code),
    ['signature-unknown', 'proof-invalid'],
  )
})

test('a trusted key of another name does not speak for this log', async () => {
  const stranger = newSigner(ORIGIN, 'other.example/log')
  const forged = tileLogOf(entries, stranger)
  const verdict = await checkReceipt({
    entry: entryAt(0),
    tlogProof: forged.receiptOf(0),
    keys: [stranger.key, log.key],
  })
  assert.deepEqual(
    verdict.findings.map((one) => [one.code, one.where]),
    [['signature-unknown', 'origin']],
  )
})

test('a policy may name the log, and the witnesses that must have cosigned', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const witness = verifierKeyOf('cosignature', 'witness.example', Uint8Array.from(raw))
  const policyOf = (quorum: string) => {
    const lines = [
      `log ${formatVerifierKey(log.key)}`,
      `witness one ${formatVerifierKey(witness)}`,
      `quorum ${quorum}`,
    ]
    const policy = parseLogPolicy(`${lines.join('\n')}\n`)
    assert.ok(policy.ok)
    return policy.value
  }
  const tlogProof = log.receiptOf(0)
  const claim = { entry: entryAt(0), tlogProof, keys: [] }
  assert.ok((await checkReceipt({ ...claim, policy: policyOf('none') })).ok)
  const unmet = await checkReceipt({ ...claim, policy: policyOf('one') })
  assert.deepEqual(
    unmet.findings.map((one) => one.code),
    ['quorum-unmet'],
  )
  const head = log.headAt(300)
  const message = cosignatureMessage(head.slice(0, head.lastIndexOf('\n\n') + 1), 1_800_000_000)
  const cosignature = formatSignatureLine({
    keyName: witness.name,
    keyId: witness.keyId,
    signature: formatCosignature({
      timeSeconds: 1_800_000_000,
      signature: Uint8Array.from(sign(null, message, privateKey)),
    }),
  })
  const met = await checkReceipt({
    ...claim,
    tlogProof: tlogProof + cosignature,
    policy: policyOf('one'),
  })
  assert.deepEqual(met.findings, [])
})

test('bytes that are no receipt are refused without throwing', async () => {
  for (const tlogProof of ['', '\n\n', new Uint8Array(100).fill(0xc3)]) {
    assert.ok(!(await checkReceipt({ entry: entryAt(0), tlogProof, keys: [log.key] })).ok)
  }
})
