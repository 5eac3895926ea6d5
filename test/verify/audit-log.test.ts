import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auditLog, type AuditProgress } from '../../client-sdk/verify/audit-log.ts'
import type { TileSource } from '../../client-sdk/verify/tile-source.ts'
import { parseVerifierKey } from '../../schema/transparency/verifier-key.ts'
import golden from '../vectors/tlog/tessera-log.json' with { type: 'json' }
import { newSigner, smallEntries, sourceOf, tileLogOf } from './tile-log.ts'

const codes = (findings: readonly { readonly code: string }[]) => findings.map((one) => one.code)

test('logs of every shape pass the audit', async () => {
  const signer = newSigner()
  for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 700, 65_536, 65_793]) {
    const { files, key } = tileLogOf(smallEntries(size), signer)
    const seen: AuditProgress[] = []
    const verdict = await auditLog(sourceOf(files), {
      keys: [key],
      onProgress: (progress) => seen.push(progress),
    })
    assert.deepEqual(verdict.findings, [])
    assert.ok(verdict.ok && verdict.complete)
    assert.equal(verdict.head?.size, size)
    assert.equal(verdict.checkedCount, size)
    assert.equal(seen.length, Math.ceil(size / 256))
  }
})

test('a log that another implementation wrote passes the audit', async () => {
  const key = parseVerifierKey(golden.verifierKey)
  assert.ok(key.ok)
  const files = new Map([
    ['checkpoint', new TextEncoder().encode(golden.heads[15])],
    ['tile/0/000.p/15', Uint8Array.from(Buffer.from(golden.hashTile, 'base64'))],
    ['tile/entries/000.p/15', Uint8Array.from(Buffer.from(golden.entryBundle, 'base64'))],
  ])
  const verdict = await auditLog(sourceOf(files), { keys: [key.value] })
  assert.deepEqual(verdict.findings, [])
  assert.equal(verdict.checkedCount, 15)
  const older = new Map(files).set('checkpoint', new TextEncoder().encode(golden.heads[14]))
  assert.ok(!(await auditLog(sourceOf(older), { keys: [key.value] })).ok)
})

test('every byte of a log of 200 entries, when changed, is found', async () => {
  const { files, key } = tileLogOf(smallEntries(200))
  const passed: string[] = []
  for (const [path, bytes] of files) {
    for (const [at, byte] of bytes.entries()) {
      bytes[at] = byte ^ 0x01
      const verdict = await auditLog(sourceOf(files), { keys: [key] })
      bytes[at] = byte
      if (verdict.ok || verdict.findings.length === 0) passed.push(`${path} byte ${at}`)
    }
  }
  assert.deepEqual(passed, [])
  assert.ok((await auditLog(sourceOf(files), { keys: [key] })).ok)
})

test('every tile and bundle of a deep log, when changed, cut, grown or gone, is found', async () => {
  const { files, key } = tileLogOf(smallEntries(66_000))
  const failing = async (path: string, bytes: Uint8Array | undefined): Promise<void> => {
    const source: TileSource = {
      read: (asked) => Promise.resolve(asked === path ? bytes : files.get(asked)),
    }
    const verdict = await auditLog(source, { keys: [key] })
    assert.ok(!verdict.ok && verdict.findings.length > 0, path)
  }
  const paths = ['tile/0/000', 'tile/0/257.p/208', 'tile/1/000', 'tile/1/001.p/1']
  paths.push('tile/2/000.p/1', 'tile/entries/000', 'tile/entries/257.p/208')
  for (const path of paths) {
    const bytes = files.get(path) ?? assert.fail(path)
    const last = bytes.length - 1
    await failing(path, bytes.with(last, (bytes[last] ?? 0) ^ 0x80))
    await failing(path, bytes.subarray(0, last))
    await failing(path, Uint8Array.of(...bytes, 0))
    await failing(path, undefined)
  }
})

test('the audit lists all that is wrong and goes on', async () => {
  const { files, key } = tileLogOf(smallEntries(1_000))
  files.delete('tile/entries/000')
  files.set('tile/0/001', new Uint8Array(8_192))
  files.set('tile/entries/003.p/232', new Uint8Array(7))
  const verdict = await auditLog(sourceOf(files), { keys: [key] })
  assert.deepEqual(codes(verdict.findings), ['tile-missing', 'tile-mismatch', 'bundle-malformed'])
  assert.deepEqual(
    verdict.findings.map((one) => one.where),
    ['tile/entries/000', 'tile/0/001, hash 0', 'tile/entries/003.p/232, byte 6'],
  )
  assert.ok(verdict.complete)
  assert.equal(verdict.checkedCount, 1_000)
})

test('an entry that was replaced with its tile is found by the tile above and the root', async () => {
  const signer = newSigner()
  const honest = tileLogOf(smallEntries(300), signer)
  const forged = tileLogOf(smallEntries(300).with(7, new TextEncoder().encode('forged')), signer)
  const files = new Map(honest.files)
  for (const path of ['tile/0/000', 'tile/entries/000']) {
    files.set(path, forged.files.get(path) ?? assert.fail())
  }
  const verdict = await auditLog(sourceOf(files), { keys: [honest.key] })
  assert.deepEqual(codes(verdict.findings), ['tile-mismatch', 'root-mismatch'])
  assert.equal(verdict.findings[0]?.where, 'tile/1/000.p/1, hash 0')
})

test('a head that nobody trusted has signed is found, and the tiles are audited all the same', async () => {
  const { files } = tileLogOf(smallEntries(300))
  files.delete('tile/1/000.p/1')
  const verdict = await auditLog(sourceOf(files), { keys: [newSigner().key] })
  assert.deepEqual(codes(verdict.findings), ['signature-unknown', 'tile-missing'])
})

test('a log without a head, or with one that cannot be read, is refused', async () => {
  const { files, key } = tileLogOf(smallEntries(3))
  const without = new Map(files)
  without.delete('checkpoint')
  const missing = await auditLog(sourceOf(without), { keys: [key] })
  assert.deepEqual(codes(missing.findings), ['tile-missing'])
  assert.ok(!missing.ok && !missing.complete)
  const garbage = new Map(files).set('checkpoint', new Uint8Array(50).fill(0xff))
  assert.deepEqual(codes((await auditLog(sourceOf(garbage), { keys: [key] })).findings), [
    'not-utf8',
  ])
})

test('an audit of a log that claims to be endless stops after 1,000 findings', async () => {
  const signer = newSigner()
  const head = signer.head(Number.MAX_SAFE_INTEGER, new Uint8Array(32))
  const source = sourceOf(new Map([['checkpoint', new TextEncoder().encode(head)]]))
  const verdict = await auditLog(source, { keys: [signer.key] })
  assert.equal(verdict.findings.length, 1_000)
  assert.ok(!verdict.ok && !verdict.complete)
})

test('a source that fails is a finding for each file that it cannot read', async () => {
  const { files, key } = tileLogOf(smallEntries(300))
  const verdict = await auditLog(
    {
      read: (path) =>
        path === 'checkpoint'
          ? Promise.resolve(files.get(path))
          : Promise.reject(new Error('disk on fire')),
    },
    { keys: [key] },
  )
  assert.equal(codes(verdict.findings).filter((code) => code === 'source-failed').length, 5)
})
