import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { checkCheckpoint } from '../../client-sdk/verify/check-checkpoint.ts'
import { checkHead } from '../../client-sdk/verify/check-head.ts'
import type { Digest } from '../../schema/digest.ts'
import { leafHash } from '../../schema/merkle.ts'
import { verifyConsistency, verifyInclusion } from '../../schema/merkle-check.ts'
import { decodeBase64 } from '../../schema/transparency/base64.ts'
import { decodeEntryBundle } from '../../schema/transparency/entry-bundle.ts'
import { parseSignedNote } from '../../schema/transparency/signed-note.ts'
import { parseTreeHead, type TreeHead } from '../../schema/transparency/tree-head.ts'
import { parseVerifierKey, type VerifierKey } from '../../schema/transparency/verifier-key.ts'
import { dialects } from '../harness/catalog.ts'
import { naiveTree } from '../schema/naive-tree.ts'
import { answered, refused, useScene } from '../register/scene.ts'

/** More than one full tile. */
const JOBS_COUNT = 270

/** The bytes of standard base64. */
function bytesOf(text: string): Uint8Array {
  const bytes = decodeBase64(text)
  assert.ok(bytes, 'strict base64')
  return bytes
}

/** A tree head, whoever signed it. */
function headOf(signedHead: string): TreeHead {
  const note = parseSignedNote(signedHead)
  assert.ok(note.ok)
  const head = parseTreeHead(note.value.text)
  assert.ok(head.ok)
  return head.value
}

for (const dialect of dialects) {
  describe(`the log over HTTP on ${dialect}`, () => {
    const scene = useScene(dialect)
    let checkpoint: Digest
    let entries: readonly Uint8Array[]
    let keys: readonly VerifierKey[]

    const ask = async (rest: string, headers: Readonly<Record<string, string>> = {}) =>
      scene().at.app.request(scene().path(rest), {
        headers: { authorization: `Bearer ${scene().at.token}`, ...headers },
      })
    const bytesAt = async (rest: string): Promise<Uint8Array> => {
      const response = await ask(rest)
      assert.equal(response.status, 200, rest)
      return new Uint8Array(await response.arrayBuffer())
    }

    before(async () => {
      const { run } = await scene().open('fares')
      checkpoint = await scene().save(run, 1)
      await Promise.all(
        Array.from({ length: JOBS_COUNT }, (_, number) => scene().put(`/jobs/job-${number}`, {})),
      )
      const rows = await scene()
        .at.catalog.context.db.selectFrom('entry')
        .select('bytes')
        .orderBy('log_index')
        .limit(1_000)
        .execute()
      entries = rows.map((row) => Uint8Array.from(row.bytes))
      const found = answered(await scene().get('/log/keys'), 200)
      keys = found.keys.map((text: string) => {
        const key = parseVerifierKey(text)
        assert.ok(key.ok)
        return key.value
      })
    })

    test('has a head that its keys have signed, over all entries', async () => {
      const response = await ask('/log/checkpoint')
      assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8')
      const verdict = await checkHead(await response.text(), { keys })
      assert.deepEqual(verdict.findings, [])
      assert.equal(verdict.head?.size, entries.length)
      assert.deepEqual(verdict.head?.root, naiveTree(entries).root(0, entries.length))
      const { origin } = answered(await scene().get('/log/keys'), 200)
      assert.equal(verdict.head?.origin, origin)
      assert.match(origin, /\/v1\/namespaces\/airline\/log$/)
    })

    test('lets a head be asked for anew each time, and a tile be kept for good', async () => {
      for (const [rest, cacheControl] of [
        ['/log/checkpoint', 'private, no-cache'],
        ['/log/tile/0/000', 'private, max-age=31536000, immutable'],
        ['/log/tile/0/001.p/1', 'private, max-age=31536000, immutable'],
        ['/log/tile/entries/000', 'private, max-age=31536000, immutable'],
      ] as const) {
        const response = await ask(rest)
        assert.equal(response.headers.get('cache-control'), cacheControl, rest)
        const tag = response.headers.get('etag') ?? ''
        assert.match(tag, /^"sha256:[0-9a-f]{64}"$/)
        const again = await ask(rest, { 'if-none-match': tag })
        assert.deepEqual([again.status, await again.text()], [304, ''], rest)
        assert.equal(again.headers.get('cache-control'), cacheControl)
      }
    })

    test('has tiles of hashes as wide as the log is, and of each smaller width', async () => {
      const hashes = entries.map(leafHash)
      const rest = entries.length - 256
      for (const [path, wanted] of [
        ['0/000', hashes.slice(0, 256)],
        ['0/000.p/7', hashes.slice(0, 7)],
        ['0/000.p/255', hashes.slice(0, 255)],
        [`0/001.p/${rest}`, hashes.slice(256)],
        ['0/001.p/1', hashes.slice(256, 257)],
        ['1/000.p/1', [naiveTree(entries).root(0, 256)]],
      ] as const) {
        const bytes = await bytesAt(`/log/tile/${path}`)
        assert.deepEqual(Buffer.from(bytes), Buffer.concat([...wanted]), path)
      }
      const { headers } = await ask('/log/tile/0/000')
      assert.equal(headers.get('content-type'), 'application/octet-stream')
    })

    test('has bundles of the exact entries', async () => {
      const rest = entries.length - 256
      for (const [path, from, to] of [
        ['000', 0, 256],
        ['000.p/3', 0, 3],
        [`001.p/${rest}`, 256, entries.length],
      ] as const) {
        const bundle = decodeEntryBundle(await bytesAt(`/log/tile/entries/${path}`), to - from)
        assert.ok(bundle.ok)
        assert.deepEqual(
          bundle.value.map((entry) => Buffer.from(entry)),
          entries.slice(from, to).map((entry) => Buffer.from(entry)),
        )
      }
    })

    test('has no tile beyond its end', async () => {
      const rest = entries.length - 256
      for (const path of [
        '0/001',
        `0/001.p/${rest + 1}`,
        '0/002.p/1',
        '1/000',
        '1/000.p/2',
        '1/001.p/1',
        '2/000.p/1',
        '63/000.p/1',
        '63/000',
        '0/x001/x234/067',
        '0/x009/x007/x199/x254/x740/991',
        'entries/001',
        `entries/001.p/${rest + 1}`,
        'entries/x009/x007/x199/x254/x740/991.p/1',
      ]) {
        refused(await scene().get(`/log/tile/${path}`), 'TILE_NOT_FOUND')
      }
    })

    test('refuses what is no path of a tile', async () => {
      for (const path of [
        '0',
        'entries',
        '0/0',
        '0/00',
        '0/0000',
        '0/x000/001',
        '0/001/002',
        '0/000.p/0',
        '0/000.p/256',
        '0/000.p/01',
        '0/000.p/',
        '0/000.p',
        '0/000/',
        '0//000',
        '-1/000',
        '00/000',
        '64/000',
        '100/000',
        'hashes/000',
        'entries/abc',
        '0/%2e%2e%2f000',
        '0/x999/x999/x999/x999/x999/999',
        '0/000%00',
        '0/000%0a',
        `0/${'x001/'.repeat(200)}001`,
      ]) {
        refused(await scene().get(`/log/tile/${path}`), 'INVALID_REQUEST')
      }
      refused(await scene().get('/log/tile/'), 'ROUTE_NOT_FOUND')
      refused(await scene().get('/log/tile'), 'ROUTE_NOT_FOUND')
      refused(await scene().post('/log/tile/0/000', {}), 'METHOD_NOT_ALLOWED')
    })

    test('gives a tile whose slashes are escaped, as they are one member', async () => {
      assert.deepEqual(await bytesAt('/log/tile/0%2F000'), await bytesAt('/log/tile/0/000'))
    })

    test('shows entries only to whoever may audit the namespace', async () => {
      const tokenOf = async (verb: 'read' | 'audit', on: string) => ({
        authorization: `Bearer ${await scene().at.tokenFor('reader', [{ verbs: ['read', verb], on }])}`,
      })
      const statusOf = async (rest: string, headers: { readonly authorization: string }) =>
        (await ask(rest, headers)).status
      const reader = await tokenOf('read', 'airline/*')
      assert.equal(await statusOf('/log/tile/0/000', reader), 200)
      assert.equal(await statusOf('/log/tile/entries/000', reader), 403)
      const narrow = await tokenOf('audit', 'airline/fares')
      assert.equal(await statusOf('/log/tile/entries/000', narrow), 403)
      const auditor = await tokenOf('audit', 'airline/*')
      assert.equal(await statusOf('/log/tile/entries/000', auditor), 200)
    })

    test('proves that any entry is in the log of any size', async () => {
      const tree = naiveTree(entries)
      for (const [index, size] of [
        [0, 1],
        [0, entries.length],
        [255, 256],
        [256, 257],
        [100, 200],
        [entries.length - 1, entries.length],
      ] as const) {
        const found = answered(
          await scene().get(`/log/proofs/inclusion?index=${index}&size=${size}`),
          200,
        )
        const path = found.path.map(bytesOf)
        const verdict = verifyInclusion({
          index,
          size,
          leafHash: leafHash(entries[index] ?? new Uint8Array()),
          path,
          root: tree.root(0, size),
        })
        assert.deepEqual(verdict, { ok: true })
        assert.deepEqual([found.index, found.size], [index, size])
      }
    })

    test('proves that the log of any size begins that of any other', async () => {
      const tree = naiveTree(entries)
      for (const [from, to] of [
        [1, 2],
        [1, entries.length],
        [256, 257],
        [200, entries.length],
        [entries.length, entries.length],
      ] as const) {
        const found = answered(
          await scene().get(`/log/proofs/consistency?from=${from}&to=${to}`),
          200,
        )
        const verdict = verifyConsistency({
          oldSize: from,
          oldRoot: tree.root(0, from),
          newSize: to,
          newRoot: tree.root(0, to),
          path: found.path.map(bytesOf),
        })
        assert.deepEqual(verdict, { ok: true })
      }
    })

    test('proves nothing about what it has not got', async () => {
      const size = entries.length
      for (const query of [
        `inclusion?index=0&size=${size + 1}`,
        `inclusion?index=${size}&size=${size}`,
        `inclusion?index=5&size=5`,
        `inclusion?index=0&size=${Number.MAX_SAFE_INTEGER}`,
        `consistency?from=1&to=${size + 1}`,
        `consistency?from=3&to=2`,
      ]) {
        refused(await scene().get(`/log/proofs/${query}`), 'LOG_INDEX_OUT_OF_RANGE')
      }
      for (const query of ['inclusion', 'inclusion?index=0', 'inclusion?index=0&size=0']) {
        refused(await scene().get(`/log/proofs/${query}`), 'INVALID_REQUEST')
      }
      refused(await scene().get('/log/proofs/consistency?from=0&to=1'), 'INVALID_REQUEST')
      refused(await scene().get('/log/proofs/consistency?from=x&to=1'), 'INVALID_TYPE')
    })

    test('gives a receipt that leads from the signed head to the manifest', async () => {
      const receipt = answered(await scene().get(`/checkpoints/${checkpoint}/receipt`), 200)
      const manifest = await bytesAt(`/checkpoints/${checkpoint}/manifest`)
      const verdict = await checkCheckpoint({
        keys,
        checkpoint,
        entry: bytesOf(receipt.entry),
        tlogProof: receipt.proof,
        manifest,
      })
      assert.deepEqual(verdict.findings, [])
      assert.ok(verdict.ok)
      assert.equal(verdict.index, receipt.index)
      assert.equal(verdict.uncheckedBlobs.length, 1)
      const again = answered(await scene().get(`/checkpoints/${checkpoint}/receipt`), 200)
      assert.deepEqual(again, receipt)
      const head = headOf(receipt.proof.slice(receipt.proof.indexOf('\n\n') + 2))
      assert.ok(head.size <= entries.length, 'it is at the head of its own batch')
    })

    test('gives no receipt for what was never registered', async () => {
      const digest = `sha256:${'0'.repeat(64)}`
      refused(await scene().get(`/checkpoints/${digest}/receipt`), 'CHECKPOINT_NOT_FOUND')
    })
  })
}
