import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { BlobReference, Manifest, Receipt } from '../../client-sdk/api.ts'
import {
  CatalogClient,
  digestOf,
  newHeadMemory,
  openTrust,
  parseVerifierKey,
  type HeadMemory,
  type Spool,
} from '../../client-sdk/index.ts'
import { isCatalogError, type CatalogError } from '../../schema/errors.ts'
import { formatVerifierKey } from '../../schema/transparency/verifier-key.ts'
import { dialects, openTestCatalog } from '../harness/catalog.ts'
import { declareScene } from '../register/scene.ts'
import { newSigner } from '../verify/tile-log.ts'
import { fakeFetch, json } from './fake-fetch.ts'
import { ForkedLog } from './forked-log.ts'
import { MemorySpool } from './memory-spool.ts'

const FAKE_URL = 'http://catalog.test'

/** A reference to bytes that a test only names. */
function blobOf(name: string): BlobReference {
  return {
    name,
    uri: `s3://states/${name}`,
    versionId: 'v-1',
    sizeBytes: 1,
    digest: digestOf(name),
  }
}

/** A manifest that a fake catalog takes, at a step. */
function manifestAt(step: number): Manifest {
  return {
    schemaVersion: 1,
    namespace: 'n',
    job: 'j',
    run: 'r',
    attempt: 1,
    step,
    kind: 'full',
    tier: 'durable',
    shards: [{ rank: 0, blobs: [blobOf('model.bin')] }],
  }
}

/** The error that a promise rejects with. */
async function failing(promise: Promise<unknown>): Promise<CatalogError> {
  const error = await promise.then(
    () => assert.fail('it must reject'),
    (caught: unknown) => caught,
  )
  assert.ok(isCatalogError(error), String(error))
  return error
}

/** The texts under a name in a list of an error's detail. */
function textsOf(error: CatalogError, list: string, name: string): readonly string[] {
  const items = error.detail[list]
  assert.ok(Array.isArray(items))
  return items.map((item) => String(Object(item)[name]))
}

function trusting(
  log: ForkedLog,
  {
    memory = newHeadMemory(),
    spool,
  }: { readonly memory?: HeadMemory; readonly spool?: Spool } = {},
): CatalogClient {
  return new CatalogClient({
    url: FAKE_URL,
    namespace: 'n',
    token: 't',
    retries: 0,
    fetch: fakeFetch(log.respond).fetch,
    trust: openTrust({ keys: [log.verifierKey], memory }),
    ...(spool === undefined ? {} : { spool }),
  })
}

for (const dialect of dialects) {
  describe(`a client that trusts keys only, on ${dialect}`, () => {
    const open = async (context: TestContext) => {
      const at = await openTestCatalog(dialect)
      context.after(() => at.close())
      await declareScene(at, 'airline')
      const options = {
        url: 'http://localhost',
        namespace: 'airline',
        token: at.token,
        fetch: at.fetch,
      }
      return { at, options, plain: new CatalogClient(options) }
    }

    test('registers, alone, in a batch and through a spool, and remembers the newest head', async (context) => {
      const { options, plain } = await open(context)
      const { keys } = await plain.log.keys()
      const [vkey = ''] = keys
      const key = parseVerifierKey(vkey)
      assert.ok(key.ok)
      const memory = newHeadMemory()
      const trust = openTrust({ keys, memory })
      await using spooled = new CatalogClient({ ...options, trust, spool: new MemorySpool() })
      const { run } = await spooled.runs.resume({ job: 'fares' })
      for (const step of [1, 2, 3]) {
        const result = await run.checkpoint({ step, blobs: [blobOf(`model-${step}`)] })
        assert.equal(result.status, 'registered')
      }
      const direct = new CatalogClient({ ...options, trust })
      const manifest = {
        ...manifestAt(4),
        namespace: 'airline',
        job: 'fares',
        run: run.id,
      }
      const receipt = await direct.checkpoints.register(manifest)
      assert.deepEqual(await direct.checkpoints.register(manifest), receipt)
      const results = await direct.checkpoints.registerAll([
        { ...manifest, step: 5 },
        { ...manifest, step: 6 },
      ])
      assert.deepEqual(
        results.map((one) => one.status),
        ['registered', 'registered'],
      )
      assert.equal(await memory.load(key.value), await direct.log.head())
    })

    test('believes no catalog whose keys are others', async (context) => {
      const { options, plain } = await open(context)
      const { origin } = await plain.log.keys()
      const keys = [formatVerifierKey(newSigner(origin).key)]
      const client = new CatalogClient({
        ...options,
        trust: openTrust({ keys, memory: newHeadMemory() }),
      })
      const { run } = await client.runs.resume({ job: 'fares' })
      const error = await failing(run.checkpoint({ step: 1, blobs: [blobOf('model')] }))
      assert.equal(error.code, 'PROOF_INVALID')
      assert.deepEqual(textsOf(error, 'findings', 'code'), ['signature-unknown'])
      assert.equal((await failing(client.log.head())).code, 'PROOF_INVALID')
    })
  })
}

describe('a client that trusts keys only, and a log that lies', () => {
  test('follows it as long as each head continues the last', async () => {
    const log = new ForkedLog()
    const client = trusting(log)
    for (const step of [1, 2, 3, 4, 5]) await client.checkpoints.register(manifestAt(step))
    assert.equal(await client.log.head(), log.signedHead)
  })

  test('keeps both signed heads when the past was rewritten', async () => {
    const log = new ForkedLog()
    const client = trusting(log)
    await client.checkpoints.register(manifestAt(1))
    await client.checkpoints.register(manifestAt(2))
    const remembered = log.signedHead
    log.rewrite()
    const error = await failing(client.checkpoints.register(manifestAt(3)))
    assert.equal(error.code, 'LOG_CONTRADICTED')
    assert.equal(error.retryable, false)
    assert.deepEqual(textsOf(error, 'findings', 'code'), ['proof-invalid'])
    assert.equal(error.detail['offered'], log.signedHead)
    assert.deepEqual(textsOf(error, 'remembered', 'signedHead'), [remembered])
    assert.deepEqual(textsOf(error, 'conflicts', 'remembered'), [remembered])
    assert.deepEqual(textsOf(error, 'conflicts', 'offered'), [log.signedHead])
    assert.equal((await failing(client.log.head())).code, 'LOG_CONTRADICTED')
  })

  test('sees that the log was set back, also after a restart of its own', async () => {
    const log = new ForkedLog()
    const memory = newHeadMemory()
    const client = trusting(log, { memory })
    for (const step of [1, 2, 3]) await client.checkpoints.register(manifestAt(step))
    const remembered = log.signedHead
    log.setBack(2)
    const error = await failing(trusting(log, { memory }).log.head())
    assert.equal(error.code, 'LOG_CONTRADICTED')
    assert.deepEqual(textsOf(error, 'findings', 'code'), ['head-older', 'source-failed'])
    assert.deepEqual(textsOf(error, 'remembered', 'signedHead'), [remembered])
    const again = await failing(trusting(log, { memory }).checkpoints.register(manifestAt(9)))
    assert.equal(again.code, 'LOG_CONTRADICTED')
  })

  test('keeps a checkpoint in its spool while the log contradicts itself, and says so', async () => {
    const log = new ForkedLog()
    const spool = new MemorySpool()
    await using client = trusting(log, { spool })
    const run = client.runs.handle({ run: 'r', job: 'j', partition: '', attempt: 1 })
    assert.equal((await run.checkpoint({ step: 1 })).status, 'registered')
    log.rewrite()
    const result = await run.checkpoint({ step: 2 })
    assert.ok(result.status === 'spooled')
    assert.equal(result.reason?.code, 'LOG_CONTRADICTED')
    assert.deepEqual(textsOf(result.reason, 'conflicts', 'offered'), [log.signedHead])
    assert.equal(spool.waiting.length, 1)
  })

  test('takes an older head that is provably of the same log', async () => {
    const log = new ForkedLog()
    const client = trusting(log)
    const first = await client.checkpoints.register(manifestAt(1))
    const { fetch } = fakeFetch(async (request) =>
      request.method === 'POST' ? json(first, 200) : log.respond(request),
    )
    await client.checkpoints.register(manifestAt(2))
    const newest = log.signedHead
    const memory = newHeadMemory()
    const key = parseVerifierKey(log.verifierKey)
    assert.ok(key.ok)
    await memory.save(key.value, newest)
    const trust = openTrust({ keys: [log.verifierKey], memory })
    const again = new CatalogClient({ url: FAKE_URL, namespace: 'n', token: 't', fetch, trust })
    assert.deepEqual(await again.checkpoints.register(manifestAt(1)), first)
    assert.equal(await memory.load(key.value), newest)
  })

  const lies: readonly (readonly [string, (receipt: Receipt) => Receipt, RegExp])[] = [
    ['another index', (receipt) => ({ ...receipt, index: 7 }), /index or leaf hash/],
    ['another leaf hash', (receipt) => ({ ...receipt, leafHash: 'AAAA' }), /index or leaf hash/],
    ['no proof', (receipt) => ({ ...receipt, proof: '' }), /cannot be read/],
    [
      'the proof of another entry',
      (receipt) => ({ ...receipt, proof: receipt.proof.replace(/index \d+/, 'index 0') }),
      /does not lead from this entry/,
    ],
    [
      'a head that was altered',
      (receipt) => ({ ...receipt, proof: receipt.proof.replace(/\n2\n/, '\n3\n') }),
      /altered or forged/,
    ],
  ]
  for (const [what, lie, why] of lies) {
    test(`refuses a receipt with ${what}`, async () => {
      const log = new ForkedLog()
      await trusting(log).checkpoints.register(manifestAt(1))
      const { fetch } = fakeFetch(async (request) => {
        const response = await log.respond(request)
        return request.method === 'POST' ? json(lie(await response.json())) : response
      })
      const trust = openTrust({ keys: [log.verifierKey], memory: newHeadMemory() })
      const client = new CatalogClient({ url: FAKE_URL, namespace: 'n', token: 't', fetch, trust })
      const error = await failing(client.checkpoints.register(manifestAt(2)))
      assert.equal(error.code, 'PROOF_INVALID')
      assert.match(error.message, why)
    })
  }

  test('refuses a receipt for another checkpoint', async () => {
    const log = new ForkedLog()
    const first = await trusting(log).checkpoints.register(manifestAt(1))
    const { fetch } = fakeFetch(() => json(first))
    const client = new CatalogClient({ url: FAKE_URL, namespace: 'n', token: 't', fetch })
    const error = await failing(client.checkpoints.register(manifestAt(2)))
    assert.equal(error.code, 'DIGEST_MISMATCH')
  })

  test('cannot be made without anybody to trust, and lists all that is wrong', () => {
    const memory = newHeadMemory()
    assert.throws(() => openTrust({ memory }), { code: 'CONFIG_INVALID' })
    assert.throws(
      () => openTrust({ keys: ['x', 'y+1'], policy: 'z', memory }),
      (error) => {
        assert.ok(isCatalogError(error) && error.code === 'CONFIG_INVALID')
        assert.deepEqual(textsOf(error, 'findings', 'where'), ['key 1', 'key 2', 'end'])
        return true
      },
    )
  })
})
