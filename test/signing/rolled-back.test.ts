import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CatalogClient, type LogStoppedEvent } from '../../client-sdk/index.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Config } from '../../server/config.ts'
import { inspectCatalog, rememberLog } from '../../server/main.ts'
import { openSignerMemory } from '../../server/signing/signer-memory.ts'
import { readTreeHead } from '../../server/log/read-tiles.ts'
import { dialects, newConfig, openTestCatalog } from '../harness/catalog.ts'
import { upTo } from '../log/drafts.ts'
import { answered, declareScene, refused, sceneIn, type Scene } from '../register/scene.ts'
import { openRaw } from '../store/raw.ts'
import { copyDatabase } from './copy-database.ts'
import { assertProven, judge } from './log-trust.ts'

const NAMESPACE = 'airline'

for (const dialect of dialects) {
  describe(`a database that is older than what was signed, on ${dialect}`, () => {
    /** A catalog with some jobs, closed again. */
    const begin = async (): Promise<Config> => {
      const config = await newConfig(dialect)
      const scene = await declareScene(await openTestCatalog(dialect, config), NAMESPACE)
      await declareJobs(scene, 'early', 3)
      await scene.at.catalog.close()
      return config
    }
    /** Opens a catalog and closes it behind the work. */
    const within = async <Result>(
      config: Config,
      work: (scene: Scene) => Promise<Result>,
    ): Promise<Result> => {
      const at = await openTestCatalog(dialect, config)
      try {
        return await work(sceneIn(at, NAMESPACE))
      } finally {
        await at.catalog.close()
      }
    }

    test('is read but not written to, and the refusal says what is missing', async () => {
      const config = await begin()
      const old = await copyDatabase(config)
      await within(config, (scene) => declareJobs(scene, 'late', 4))
      await within(old, async (scene) => {
        const size = await scene.size()
        const first = refused(await scene.put('/jobs/new', {}), 'LOG_ROLLED_BACK')
        assert.equal(first.missingFrom, size)
        assert.equal(first.missingTo, size + 3)
        const again = await scene.put('/jobs/new', {})
        assert.match(again.body.detail, new RegExp(`${size} to ${size + 3} are missing`))
        assert.match(again.body.detail, /cairn log repair/)
        assert.equal(again.body.retryable, false)
        // A repeat of what is there, too: the answer would rest on what the database lacks.
        refused(await scene.put('/jobs/early-0', {}), 'LOG_ROLLED_BACK')
        refused(await scene.post('/runs', { job: 'early-0', resume: 'none' }), 'LOG_ROLLED_BACK')
        assert.equal(await scene.size(), size)

        answered(await scene.get('/jobs/early-0'), 200)
        // Nothing shows that this database is the beginning of what was signed, so its head is not signed again.
        const unsigned = refused(await scene.get('/log/checkpoint'), 'LOG_ROLLED_BACK')
        assert.equal(unsigned.storedSize, size)
        // Other logs of the same database are not touched by it.
        await declareScene(scene.at, 'railway')
      })
      // The newest database back in its place goes on.
      await within(config, (scene) => declareJobs(scene, 'after', 1))
    })

    test('is said to be so by every read, by its readiness, and by fsck', async () => {
      const config = await begin()
      const old = await copyDatabase(config)
      await within(config, async (scene) => {
        await declareJobs(scene, 'late', 4)
        assert.equal((await scene.at.call('GET', '/readyz')).status, 200)
        assert.equal((await scene.get('/jobs')).headers.get('cairn-log-stopped'), null)
      })
      await within(old, async (scene) => {
        const size = await scene.size()
        const range = `missing-from=${size};missing-to=${size + 3}`
        for (const path of ['/jobs', '/entries', '/checkpoints', '/jobs/early-0']) {
          const answer = await scene.get(path)
          assert.equal(answer.status, 200, path)
          assert.equal(answer.headers.get('cairn-log-stopped'), `LOG_ROLLED_BACK;${range}`, path)
        }
        const none = await scene.get('/jobs/early-0/latest')
        refused(none, 'NO_GOOD_CHECKPOINT')
        assert.equal(none.headers.get('cairn-log-stopped'), `LOG_ROLLED_BACK;${range}`)
        const { status, body } = await scene.at.call('GET', '/readyz')
        assert.equal(status, 503)
        const stopped = { code: 'LOG_ROLLED_BACK', missingFrom: size, missingTo: size + 3 }
        assert.deepEqual(body, { status: 'reads-only', stopped: [stopped] })
        assert.equal((await scene.at.call('GET', '/readyz?for=reads')).status, 200)
        // Nobody but this log is stopped.
        const other = await declareScene(scene.at, 'railway')
        assert.equal((await other.get('/jobs')).headers.get('cairn-log-stopped'), null)
      })
      const { ok, findings, isMemoryChecked } = await inspectCatalog(old, { onProgress: () => {} })
      assert.equal(ok, false)
      assert.equal(isMemoryChecked, true)
      assert.deepEqual(
        findings.map(({ code, namespace }) => `${code} ${namespace}`),
        [`signed-head-missing ${NAMESPACE}`],
      )
      assert.match(findings[0]?.message ?? '', /are missing, as after restoring an old copy/)
      const sound = await inspectCatalog(config, { onProgress: () => {} })
      assert.equal(sound.ok, true)
    })

    test('is heard of by a client through a hook, and no longer once it is whole again', async () => {
      const config = await begin()
      await within(config, async (scene) => {
        const events: LogStoppedEvent[] = []
        const catalog = new CatalogClient({
          url: 'http://localhost',
          namespace: NAMESPACE,
          token: scene.at.token,
          fetch: scene.at.fetch,
          hooks: { onLogStopped: (event) => events.push(event) },
        })
        await catalog.jobs.get('early-0')
        assert.deepEqual(events, [])
        const { size } = await readTreeHead(scene.at.catalog.context.db, NAMESPACE as NamespaceName)
        const memory = await openSignerMemory(config.signerMemory)
        const origin = scene.at.catalog.context.signer.originOf(NAMESPACE as NamespaceName)
        const signed = await memory.read(origin)
        assert.ok(signed)
        const ahead = { size: size + 7, root: new Uint8Array(32) }
        await memory.swap({ origin, from: signed, to: ahead })
        refused(await scene.put('/jobs/new', {}), 'LOG_ROLLED_BACK')
        await catalog.jobs.get('early-0')
        assert.deepEqual(
          events.map(({ operation, code, missing }) => ({ operation, code, missing })),
          [
            {
              operation: 'getJob',
              code: 'LOG_ROLLED_BACK',
              missing: { from: size, to: size + 6 },
            },
          ],
        )
        await memory.swap({ origin, from: ahead, to: signed })
        await memory.close()
        assert.equal((await scene.at.call('GET', '/readyz')).status, 200)
        await catalog.jobs.get('early-0')
        assert.equal(events.length, 1)
      })
    })

    test('is refused while the server runs, and the others of its batch are not', async () => {
      const config = await begin()
      await within(config, async (scene) => {
        const other = await declareScene(scene.at, 'railway')
        await setMemory(config, scene, { size: 1000, root: new Uint8Array(32) })
        const answers = await Promise.all([
          scene.put('/jobs/one', {}),
          other.put('/jobs/two', {}),
          scene.put('/jobs/three', {}),
        ])
        refused(answers[0], 'LOG_ROLLED_BACK')
        answered(answers[1], 200)
        refused(answers[2], 'LOG_ROLLED_BACK')
      })
    })

    test('that went its own way is refused although it is long enough', async () => {
      const config = await begin()
      const fork = await copyDatabase(config)
      await within(config, (scene) => declareJobs(scene, 'ours', 2))
      const elsewhere = await newConfig(dialect)
      const { signerMemory } = elsewhere
      await rememberLog({ ...fork, signerMemory }, NAMESPACE)
      await within({ ...fork, signerMemory }, (scene) => declareJobs(scene, 'theirs', 5))
      await within(fork, async (scene) => {
        const answer = await scene.put('/jobs/new', {})
        refused(answer, 'LOG_ROLLED_BACK')
        assert.match(answer.body.detail, /another log than was signed/)
      })
    })

    test('cannot be told without the memory, so nothing is written until somebody says that it is the newest', async () => {
      const config = await begin()
      const lost = { ...config, signerMemory: (await newConfig(dialect)).signerMemory }
      await within(lost, async (scene) => {
        const answer = await scene.put('/jobs/new', {})
        refused(answer, 'LOG_ROLLED_BACK')
        assert.match(answer.body.detail, /memory knows nothing of .*cairn keys remember/)
        refused(await scene.get('/log/checkpoint'), 'LOG_ROLLED_BACK')
        answered(await scene.get('/jobs/early-0'), 200)
        // A new log of the same catalog begins as ever.
        await declareScene(scene.at, 'railway')
      })
      const { size } = await rememberLog(lost, NAMESPACE)
      await within(lost, async (scene) => {
        assert.equal(await scene.size(), size)
        await declareJobs(scene, 'on', 1)
      })
      await assert.rejects(() => rememberLog(lost, NAMESPACE), { code: 'INVALID_REQUEST' })
    })

    test('goes on without its newest entries once somebody gives up exactly those', async () => {
      const config = await begin()
      const old = await copyDatabase(config)
      await within(config, (scene) => declareJobs(scene, 'late', 4))
      const size = await within(old, (scene) => scene.size())
      for (const count of [undefined, 3, 5]) {
        await assert.rejects(rememberLog(old, NAMESPACE, count), {
          code: 'INVALID_REQUEST',
          message: new RegExp(`entries ${size} to ${size + 3} are missing.*log repair.*--lose 4`),
        })
      }
      await within(old, async (scene) =>
        refused(await scene.put('/jobs/new', {}), 'LOG_ROLLED_BACK'),
      )
      const remembered = await rememberLog(old, NAMESPACE, 4)
      assert.equal(remembered.size, size)
      assert.equal(remembered.lostCount, 4)
      await within(old, async (scene) => {
        await declareJobs(scene, 'anew', 1)
        assert.equal(await scene.size(), size + 1)
      })
      await assert.rejects(rememberLog(old, NAMESPACE, 1), { code: 'INVALID_REQUEST' })
      // What was given up contradicts the log from here on.
      await within(config, async (scene) => {
        refused(await scene.put('/jobs/new', {}), 'LOG_ROLLED_BACK')
      })
    })

    test('cannot be told by other keys, which would sign another log', async () => {
      const config = await begin()
      const { logKeys } = await newConfig(dialect)
      await within({ ...config, logKeys }, async (scene) => {
        refused(await scene.put('/jobs/new', {}), 'LOG_ROLLED_BACK')
      })
      await within(config, (scene) => declareJobs(scene, 'on', 1))
    })

    test('is not signed where the row of a head was changed, whichever it is', async () => {
      const config = await begin()
      await within(config, (scene) => declareJobs(scene, 'late', 3))
      await within(config, async (scene) => {
        const { db } = scene.at.catalog.context
        const newest = await readTreeHead(db, NAMESPACE as NamespaceName)
        const raw = await openRaw(config)
        await raw.run(
          dialect === 'sqlite'
            ? 'drop trigger tree_head_no_update'
            : 'alter table tree_head disable trigger user',
        )
        // Each root becomes that of the row before it: 32 bytes that the log did sign, of another size.
        for (const size of [newest.size, newest.size - 1]) {
          await raw.run(
            `update tree_head set root = (select root from tree_head
               where namespace = '${NAMESPACE}' and size = ${size - 1})
             where namespace = '${NAMESPACE}' and size = ${size}`,
          )
        }
        await raw.close()
        refused(await scene.get('/log/checkpoint'), 'LOG_ROLLED_BACK')
        // The answers of repeats rest on the heads of their batches, of which one was changed.
        refused(await scene.put('/jobs/late-1', {}), 'LOG_ROLLED_BACK')
      })
    })

    test('is not meant where a crash came between storing and remembering: the next write heals', async () => {
      const config = await begin()
      await within(config, async (scene) => {
        const { db, signer } = scene.at.catalog.context
        const before = await readTreeHead(db, NAMESPACE as NamespaceName)
        await declareJobs(scene, 'late', 2)
        await setMemory(config, scene, before)
        assert.equal((await memoryOf(config, scene))?.size, before.size)
        const proven = answered(await scene.put('/jobs/late-1', {}), 200)
        await assertProven(scene.at, NAMESPACE, proven)
        const { size } = await readTreeHead(db, NAMESPACE as NamespaceName)
        assert.ok(size > before.size)
        await signer.remember(
          NAMESPACE as NamespaceName,
          await readTreeHead(db, NAMESPACE as NamespaceName),
        )
        assert.equal((await memoryOf(config, scene))?.size, size)
      })
      await within(config, (scene) => declareJobs(scene, 'on', 1))
    })

    test('a write is not acknowledged before it is remembered, and then gives the same receipt', async () => {
      const config = await begin()
      await within(config, async (scene) => {
        await withMemory(config, 'alter table signed_head rename to hidden')
        const failed = await scene.put('/jobs/unremembered', {})
        refused(failed, 'STORAGE_UNAVAILABLE')
        assert.equal(failed.body.retryable, true)
        await withMemory(config, 'alter table hidden rename to signed_head')
        const index = await scene.size()
        const stored = answered(await scene.put('/jobs/unremembered', {}), 200)
        assert.equal(stored.index, index)
        const verdict = await judge(scene.at, NAMESPACE, stored)
        assert.deepEqual(verdict.findings, [])
      })
    })

    test('a head that another server signed meanwhile is accepted if it is stored, and refused if not', async () => {
      const config = await begin()
      await within(config, async (scene) => {
        const namespace = NAMESPACE as NamespaceName
        const { db, signer } = scene.at.catalog.context
        const old = await readTreeHead(db, namespace)
        await declareJobs(scene, 'late', 1)
        const newest = await readTreeHead(db, namespace)
        const other = await openTestCatalog(dialect, config)
        await other.catalog.context.signer.remember(namespace, old)
        await other.catalog.close()
        await signer.remember(namespace, newest)

        await setMemory(config, scene, { size: newest.size, root: new Uint8Array(32) })
        const fresh = await openTestCatalog(dialect, config)
        await assert.rejects(fresh.catalog.context.signer.remember(namespace, newest), {
          code: 'LOG_ROLLED_BACK',
        })
        await fresh.catalog.close()
      })
    })
  })
}

async function declareJobs(scene: Scene, name: string, count: number): Promise<void> {
  for (const number of upTo(count)) answered(await scene.put(`/jobs/${name}-${number}`, {}), 200)
}

async function withMemory({ signerMemory, ...config }: Config, statement: string): Promise<void> {
  const raw = await openRaw({ ...config, signerMemory, database: signerMemory })
  await raw.run(statement)
  await raw.close()
}

const originOf = (scene: Scene): string =>
  scene.at.catalog.context.signer.originOf(scene.namespace as NamespaceName)

async function memoryOf({ signerMemory }: Config, scene: Scene) {
  const memory = await openSignerMemory(signerMemory)
  const head = await memory.read(originOf(scene))
  await memory.close()
  return head
}

async function setMemory(
  { signerMemory }: Config,
  scene: Scene,
  to: { readonly size: number; readonly root: Uint8Array },
): Promise<void> {
  const memory = await openSignerMemory(signerMemory)
  const origin = originOf(scene)
  assert.ok(await memory.swap({ origin, from: await memory.read(origin), to }))
  await memory.close()
}
