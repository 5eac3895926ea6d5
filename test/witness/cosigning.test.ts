import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, test } from 'node:test'
import { CatalogClient } from '../../client-sdk/index.ts'
import { checkHead } from '../../client-sdk/verify/check-head.ts'
import { checkReceipt } from '../../client-sdk/verify/check-receipt.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { parseSignedNote } from '../../schema/transparency/signed-note.ts'
import { parseTlogProof } from '../../schema/transparency/tlog-proof.ts'
import { dialects, openTestCatalog, type Called } from '../harness/catalog.ts'
import { idOf, sampleManifest } from '../harness/samples.ts'
import { answered, declareScene, refused, type Scene } from '../register/scene.ts'
import { valueOf } from '../transparency/note-samples.ts'
import { auditorPolicy, NAMESPACE, openWitness, openWitnessed, policyText } from './deployment.ts'
import { openServer, readAll } from './foreign-witness.ts'
import { newFolder, submit, witnessIn } from './witness-fixture.ts'

/** A path that waits for witnesses. */
const waiting = (path: string): string => `${path}?wait=witnessed`

/** The exact bytes of an entry, as the database has them. */
async function entryAt({ at }: Scene, index: number): Promise<Uint8Array> {
  const { bytes } = await at.catalog.context.db
    .selectFrom('entry')
    .select('bytes')
    .where('namespace', '=', NAMESPACE as NamespaceName)
    .where('log_index', '=', index as LogIndex)
    .executeTakeFirstOrThrow()
  return Uint8Array.from(bytes)
}

/** Hands a request on to a witness, and its answer back. */
async function relay(
  url: string,
  request: AsyncIterable<Buffer>,
  response: ServerResponse,
): Promise<void> {
  const { status, type, text } = await submit(url, await readAll(request))
  response.writeHead(status, { 'content-type': type })
  response.end(text)
}

for (const dialect of dialects) {
  describe(`a log with witnesses on ${dialect}`, () => {
    test('two deployments cosign each other, and each write waits for it', async (context) => {
      // Each runs a witness beside its catalog, which knows the other's log.
      const policies: string[] = []
      const deployments = []
      for (const folder of [newFolder(context), newFolder(context)]) {
        deployments.push(
          await openWitnessed(context, dialect, async (otherKeys) => {
            const witness = await witnessIn(folder, otherKeys)
            context.after(() => witness.close())
            const policy = policyText([witness])
            policies.push(policy)
            return policy
          }),
        )
      }
      for (const [place, { scene, keys }] of deployments.entries()) {
        const policy = auditorPolicy(keys, policies[place] ?? '')
        const answer = answered(await scene.put(waiting('/jobs/nightly'), {}), 200)
        const receipt = await checkReceipt({
          entry: await entryAt(scene, answer.index),
          tlogProof: answer.proof,
          keys: [],
          policy,
        })
        assert.deepEqual(receipt.findings, [])
        const head = answered(await scene.get('/log/checkpoint'), 200)
        const verdict = await checkHead(head, { keys: [], policy })
        assert.deepEqual(verdict.findings, [])
        assert.equal(verdict.head?.size, await scene.size())
        const catalog = new CatalogClient({
          url: 'http://localhost',
          namespace: NAMESPACE,
          token: scene.at.token,
          fetch: scene.at.fetch,
        })
        const { run } = await catalog.runs.resume({ job: 'nightly' })
        for (const [step, wanted] of [
          [1, 1],
          [2, 0],
        ] as const) {
          const options = wanted === 1 ? ({ waitFor: 'witnessed' } as const) : {}
          const saved = await run.checkpoint({ step }, options)
          assert.ok(saved.status === 'registered')
          const proof = valueOf(parseTlogProof(saved.receipt.proof))
          const { signatures } = valueOf(parseSignedNote(proof.signedHead))
          assert.equal(signatures.length, keys.length + wanted)
        }
        // The same receipt without waiting names no witness, and is good by the log's key alone.
        const plain = answered(await scene.put('/jobs/nightly', {}), 200)
        assert.equal(valueOf(parseTlogProof(plain.proof)).index, answer.index)
        const { signedHead } = valueOf(parseTlogProof(plain.proof))
        assert.equal(valueOf(parseSignedNote(signedHead)).signatures.length, keys.length)
      }
    })

    test('every kind of write can wait, one by one and many at once', async (context) => {
      let policy = ''
      const { scene, keys } = await openWitnessed(context, dialect, async (logKeys) => {
        policy = policyText([
          await openWitness(context, logKeys),
          await openWitness(context, logKeys),
        ])
        return policy
      })
      const trust = { keys: [], policy: auditorPolicy(keys, policy) }
      const isWitnessed = async (proof: string): Promise<void> => {
        const { signedHead } = valueOf(parseTlogProof(proof))
        assert.deepEqual((await checkHead(signedHead, trust)).findings, [])
      }
      const opened = answered(
        await scene.post(waiting('/runs'), { job: 'daily', resume: 'latest' }),
        201,
      )
      await isWitnessed(opened.proof)
      const jobs = Array.from({ length: 40 }, (_, at) => scene.put(waiting(`/jobs/job-${at}`), {}))
      for (const job of await Promise.all(jobs)) await isWitnessed(answered(job, 200).proof)
      assert.deepEqual(
        (await checkHead(answered(await scene.get('/log/checkpoint'), 200), trust)).findings,
        [],
      )
    })

    test('says that a write is recorded when too few witnesses answer', async (context) => {
      let isAway = true
      const held = new Set<() => void>()
      const { scene, keys } = await openWitnessed(context, dialect, async (logKeys) => {
        const witness = await openWitness(context, logKeys)
        const url = await openServer(context, (request, response) => {
          if (isAway) {
            held.add(() => response.end())
            return
          }
          void relay(witness.url, request, response)
        })
        return policyText([{ ...witness, url }])
      })
      const { context: catalog } = scene.at.catalog
      const size = await scene.size()
      await assert.rejects(
        catalog.cosignatures?.waitFor(NAMESPACE as NamespaceName, size, AbortSignal.timeout(50)) ??
          assert.fail('no cosignatures'),
        { code: 'NOT_WITNESSED', message: /recorded for good.*only the cosignatures/ },
      )
      const plain = answered(await scene.put('/jobs/meanwhile', {}), 200)
      assert.equal(plain.index, size)
      const head = answered(await scene.get('/log/checkpoint'), 200)
      assert.equal(valueOf(parseSignedNote(head)).signatures.length, keys.length)
      // The witness comes back: the same request again waits and gets what was missing.
      isAway = false
      for (const release of held) release()
      const again = answered(await scene.put(waiting('/jobs/meanwhile'), {}), 200)
      assert.equal(again.index, plain.index)
      const { signedHead } = valueOf(parseTlogProof(again.proof))
      assert.equal(valueOf(parseSignedNote(signedHead)).signatures.length, keys.length + 1)
      // From here on nobody collects: what waits is told so, and what it wrote is there.
      const { run } = await scene.open('nightly')
      await catalog.cosignatures?.close()
      const late = await scene.put(waiting('/jobs/late'), {})
      refused(late, 'NOT_WITNESSED')
      assert.equal(late.status, 504)
      answered(await scene.get('/jobs/late'), 200)
      const manifest = sampleManifest(run, 1)
      const batch = { items: [{ manifest }] }
      refused(await scene.post(waiting('/checkpoints/batch'), batch), 'NOT_WITNESSED')
      answered(await scene.get(`/checkpoints/${idOf(manifest)}`), 200)
    })

    test('needs a policy to wait, and the wait is no part of an idempotent request', async (context) => {
      const alone = await openTestCatalog(dialect)
      context.after(() => alone.close())
      const without = await declareScene(alone, NAMESPACE)
      refused(await without.put(waiting('/jobs/x'), {}), 'INVALID_REQUEST')
      assert.equal((await without.get('/jobs/x')).status, 404)
      const plain = await openWitnessed(context, dialect, async () => 'quorum none\n')
      answered(await plain.scene.put(waiting('/jobs/nobody-is-asked'), {}), 200)
      refused(await plain.scene.put('/jobs/x?wait=never', {}), 'INVALID_REQUEST')
      const body = { job: 'nightly', resume: 'latest' }
      const key = { 'idempotency-key': 'one-and-the-same' }
      const first: Called = await plain.scene.post('/runs', body, key)
      const second: Called = await plain.scene.post(waiting('/runs'), body, key)
      assert.equal(answered(second, 201).run.run, answered(first, 201).run.run)
    })
  })
}
