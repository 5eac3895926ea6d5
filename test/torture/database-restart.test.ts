import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { parseConfig } from '../../server/config.ts'
import { openTestCatalog } from '../harness/catalog.ts'
import { startPostgres } from '../harness/postgres.ts'
import { sampleManifest } from '../harness/samples.ts'
import { NAMESPACE } from './acknowledged.ts'
import { verifyCatalog } from './verify-catalog.ts'

const prefix = `/v1/namespaces/${NAMESPACE}`

test('while the database is away writes are refused as retryable, and afterwards they go on', async (t) => {
  const postgres = await startPostgres()
  t.after(() => postgres.stop())
  const directory = await mkdtemp(join(tmpdir(), 'cairn-test-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const config = parseConfig({
    CAIRN_DATA_DIR: directory,
    CAIRN_DATABASE_URL: `${postgres.url}/postgres`,
  })
  const catalog = await openTestCatalog('postgres', config)
  await catalog.call('PUT', prefix, {})
  const opened = await catalog.call('POST', `${prefix}/runs`, { job: 'fares', resume: 'none' })
  const register = (step: number) =>
    catalog.call('POST', `${prefix}/checkpoints`, {
      manifest: sampleManifest(opened.body.run, step),
    })
  const before = await register(0)
  assert.equal(before.status, 201)

  await postgres.pause()
  for (const step of [1, 2]) {
    const refused = await register(step)
    assert.equal(refused.status, 503)
    assert.equal(refused.body.code, 'STORAGE_UNAVAILABLE')
    assert.equal(refused.body.retryable, true)
    assert.equal(refused.headers.get('retry-after'), '1')
  }
  const unread = await catalog.call('GET', `${prefix}/checkpoints/${before.body.checkpoint}`)
  assert.equal(unread.status, 503)
  assert.equal((await catalog.call('GET', '/readyz')).status, 503)

  await postgres.resume()
  const again = await Promise.all([register(1), register(1)])
  assert.deepEqual(new Set(again.map(({ status }) => status)), new Set([200, 201]))
  const after = await register(2)
  assert.equal(after.status, 201)
  assert.equal((await catalog.call('GET', '/readyz')).status, 200)
  await catalog.close()

  const receipts = [before.body, again[0].body, after.body]
  const promises = receipts.map((receipt) => ({ kind: 'checkpoint' as const, receipt }))
  assert.deepEqual((await verifyCatalog(config, promises)).violations, [])
  assert.equal(canonicalize(again[0].body), canonicalize(again[1].body))
})
