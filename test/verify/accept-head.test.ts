import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptHead } from '../../client-sdk/verify/accept-head.ts'
import { newHeadMemory } from '../../client-sdk/verify/head-memory.ts'
import { openTileProofs } from '../../client-sdk/verify/tile-nodes.ts'
import { formatVerifierKey, parseVerifierKey } from '../../schema/transparency/verifier-key.ts'
import golden from '../vectors/tlog/tessera-log.json' with { type: 'json' }
import { newSigner, smallEntries, sourceOf, tileLogOf } from './tile-log.ts'

const log = tileLogOf(smallEntries(300))
const proofs = openTileProofs(sourceOf(log.files))

/** Offers heads to a memory that begins empty. */
function client(keys = [log.key], served = proofs) {
  const memory = newHeadMemory()
  const offer = (signedHead: string) => acceptHead({ signedHead, keys, memory, proofs: served })
  return { memory, offer }
}

const codesOf = (verdict: { readonly findings: readonly { readonly code: string }[] }) =>
  verdict.findings.map((one) => one.code)

test('heads that continue each other are accepted, and the newest is remembered', async () => {
  const { memory, offer } = client()
  for (const size of [0, 1, 2, 200, 256, 256, 300]) {
    assert.ok((await offer(log.headAt(size))).ok, `size ${size}`)
    assert.equal(await memory.load(log.key), log.headAt(size))
  }
})

test('all heads of a log that another implementation wrote continue each other', async () => {
  const key = parseVerifierKey(golden.verifierKey)
  assert.ok(key.ok)
  const tile = Uint8Array.from(Buffer.from(golden.hashTile, 'base64'))
  // The partial tiles of smaller sizes are the beginnings of this one.
  const widths = Array.from({ length: 15 }, (_, at) => at + 1)
  const files = new Map(
    widths.map((width) => [`tile/0/000.p/${width}`, tile.subarray(0, width * 32)]),
  )
  const { offer } = client([key.value], openTileProofs(sourceOf(files)))
  for (const head of golden.heads) assert.deepEqual(codesOf(await offer(head)), [])
})

test('a log that signs two roots of one size has both heads kept against it', async () => {
  const { memory, offer } = client()
  await offer(log.headAt(200))
  const forged = log.signer.head(200, new Uint8Array(32))
  const verdict = await offer(forged)
  assert.ok(!verdict.ok)
  assert.deepEqual(codesOf(verdict), ['head-conflict'])
  assert.deepEqual(verdict.conflicts, [
    {
      verifierKey: formatVerifierKey(log.key),
      remembered: log.headAt(200),
      offered: forged,
      consistencyPath: [],
    },
  ])
  assert.equal(await memory.load(log.key), log.headAt(200))
})

test('a larger head of another past is refused, with both heads and the failed proof', async () => {
  const entries = smallEntries(300).with(5, new TextEncoder().encode('forged'))
  const forged = tileLogOf(entries, log.signer)
  const { memory, offer } = client([log.key], openTileProofs(sourceOf(forged.files)))
  assert.ok((await offer(log.headAt(200))).ok)
  const verdict = await offer(forged.headAt(300))
  assert.ok(!verdict.ok)
  assert.deepEqual(codesOf(verdict), ['proof-invalid'])
  const [conflict] = verdict.conflicts
  assert.equal(conflict?.remembered, log.headAt(200))
  assert.equal(conflict?.offered, forged.headAt(300))
  assert.ok((conflict?.consistencyPath.length ?? 0) > 0)
  assert.equal(await memory.load(log.key), log.headAt(200))
})

test('an older head is refused and not remembered, and accuses nobody if it is consistent', async () => {
  const { memory, offer } = client()
  await offer(log.headAt(300))
  for (const size of [0, 200]) {
    const verdict = await offer(log.headAt(size))
    assert.ok(!verdict.ok)
    assert.deepEqual(codesOf(verdict), ['head-older'])
    assert.deepEqual(verdict.conflicts, [])
  }
  const forked = await offer(log.signer.head(200, new Uint8Array(32)))
  assert.deepEqual(codesOf(forked), ['head-older', 'proof-invalid'])
  assert.equal(await memory.load(log.key), log.headAt(300))
})

test('without a proof a larger head is not accepted, and nobody is accused', async () => {
  const { offer } = client([log.key], openTileProofs(sourceOf(new Map())))
  await offer(log.headAt(200))
  const verdict = await offer(log.headAt(300))
  assert.ok(!verdict.ok)
  assert.deepEqual(new Set(codesOf(verdict)), new Set(['tile-missing']))
  assert.deepEqual(verdict.conflicts, [])
})

test('a head without a trusted signature, or an empty log with a root, is not remembered', async () => {
  const { memory, offer } = client()
  const stranger = tileLogOf(smallEntries(300))
  assert.deepEqual(codesOf(await offer(stranger.headAt(300))), ['signature-unknown'])
  assert.deepEqual(codesOf(await offer(log.signer.head(0, new Uint8Array(32)))), ['root-mismatch'])
  assert.equal(await memory.load(log.key), undefined)
})

test('a new key of the log does not make it forget what the old one signed', async () => {
  const next = newSigner()
  const { offer } = client([log.key, next.key])
  await offer(log.headAt(200))
  const rewritten = await offer(next.head(200, new Uint8Array(32)))
  assert.deepEqual(codesOf(rewritten), ['head-conflict'])
  assert.ok((await offer(next.head(300, log.tree.root(0, 300)))).ok)
})

test('a remembered head that was changed is no first use', async () => {
  const { memory, offer } = client()
  for (const damaged of ['', log.headAt(200).replace('200', '100')]) {
    await memory.save(log.key, damaged)
    assert.deepEqual(codesOf(await offer(log.headAt(300))), ['head-memory-damaged'])
  }
})
