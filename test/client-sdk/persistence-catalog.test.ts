import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { CatalogClient } from '../../client-sdk/client.ts'
import { openDiskReader, openSpool, openStaging, restore } from '../../client-sdk/node.ts'
import { openS3Store } from '../../client-sdk/s3.ts'
import { dialects, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { s3Fixture } from './s3-fixture.ts'
import { makeFolder } from './spool-fixture.ts'

const { double, newBucket } = await s3Fixture()

const contentsOf = (step: number) => [
  { name: 'state', content: Buffer.from(`the state of step ${step}`) },
]

async function openCatalog(
  t: TestContext,
  dialect: (typeof dialects)[number],
): Promise<TestCatalog> {
  const catalog = await openTestCatalog(dialect)
  t.after(() => catalog.close())
  return catalog
}

/** A client of a job on a machine of its own: a spool, what is staged in it, and a bucket that all share. */
async function openMachine(
  t: TestContext,
  catalog: TestCatalog,
  { directory, options }: { directory: string; options: ReturnType<typeof newBucket> },
) {
  const spool = await openSpool({ directory })
  const store = await openS3Store({ ...options, retries: 0 })
  const client = new CatalogClient({
    url: 'http://catalog.test',
    namespace: 'default',
    token: catalog.token,
    fetch: catalog.fetch,
    spool,
    store,
    staging: openStaging({ spool }),
  })
  t.after(async () => {
    await client.close()
    await spool.close()
    store.close()
  })
  return { client, spool, store }
}

for (const dialect of dialects) {
  describe(`persistence over a catalog on ${dialect}`, () => {
    it('what a crash left staged is where the next attempt goes on', async (t) => {
      const catalog = await openCatalog(t, dialect)
      const place = { directory: await makeFolder(t), options: newBucket() }
      const first = await openMachine(t, catalog, place)
      await first.client.namespaces.declare({})
      const { run } = await first.client.runs.resume({ job: 'nightly' })
      await run.checkpoint({ step: 1, contents: contentsOf(1), persistence: 'hybrid' })
      await run.checkpoint({ step: 2, contents: contentsOf(2), persistence: 'sync' })
      const away = double.faults.add({ kind: 'hang' }, { operation: 'PutObject' })
      await run.checkpoint({ step: 3, contents: contentsOf(3), persistence: 'async' })
      await first.client.close()
      away.lift()

      const second = await openMachine(t, catalog, place)
      const { plan, run: next } = await second.client.runs.resume({ job: 'nightly' })
      assert.equal(plan?.step, 3)
      assert.equal(next.attempt, 2)
      const into = join(await makeFolder(t), 'state')
      const { stages } = await restore(plan, { into, stores: [openDiskReader(), second.store] })
      const path = stages[0]?.files[0]?.path ?? ''
      assert.equal(await readFile(path, 'utf8'), 'the state of step 3')

      const listed = await second.client.checkpoints.list({ job: 'nightly' }).toArray({ limit: 10 })
      assert.deepEqual(listed.map(({ step, tier }) => `${step} ${tier}`).toSorted(), [
        '1 durable',
        '1 light',
        '2 durable',
        '3 durable',
      ])
    })

    it('what a fenced attempt has staged does not count, and the job is told', async (t) => {
      const catalog = await openCatalog(t, dialect)
      const options = newBucket()
      const zombie = await openMachine(t, catalog, { directory: await makeFolder(t), options })
      await zombie.client.namespaces.declare({})
      const { run } = await zombie.client.runs.resume({ job: 'nightly' })
      const slow = double.faults.add({ kind: 'delay', ms: 300 }, { operation: 'PutObject' })
      for (const step of [1, 2]) {
        await run.checkpoint({ step, contents: contentsOf(step), persistence: 'async' })
      }
      const other = await openMachine(t, catalog, { directory: await makeFolder(t), options })
      const { plan } = await other.client.runs.resume({ job: 'nightly' })
      assert.equal(plan, null)
      slow.lift()
      await run.flush()
      await assert.rejects(run.checkpoint({ step: 3 }), { code: 'ATTEMPT_FENCED' })
      const { stagedCount, refusedCount } = await zombie.spool.status()
      assert.deepEqual([stagedCount, refusedCount], [1, 1])
    })
  })
}
