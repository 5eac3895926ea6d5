import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Dialect } from '../../migrations/dialect.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { readTreeHead } from '../../server/log/read-tiles.ts'
import { dialects, newConfig, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { declaring, upTo } from '../log/drafts.ts'
import { answered, declareScene, refused, sceneIn, type Scene } from '../register/scene.ts'
import { openRaw } from '../store/raw.ts'

const NAMESPACE = 'airline'

/** Past the first tile, so that the right edge has leaves and a tile. */
const ENTRIES_COUNT = 270

const zeros = (dialect: Dialect): string =>
  dialect === 'sqlite' ? 'zeroblob(32)' : `decode(repeat('00', 32), 'hex')`

/** Statements that take the guards of a table away, as whoever owns the database can. */
const withoutGuards: Readonly<Record<Dialect, (table: string) => readonly string[]>> = {
  sqlite: (table) => [`drop trigger ${table}_no_update`],
  postgres: (table) => [
    `alter table ${table} disable trigger user`,
    ...(table === 'entry' ? ['alter table entry drop constraint entry_leaf_hash'] : []),
  ],
}

for (const dialect of dialects) {
  describe(`stored rows that contradict each other on ${dialect}`, () => {
    const open = async (): Promise<Scene> => {
      const at = await openTestCatalog(dialect, await newConfig(dialect))
      const scene = await declareScene(at, NAMESPACE)
      await declareMany(at, 'job', ENTRIES_COUNT)
      return scene
    }
    const tamper = async ({ at }: Scene, table: string, change: string): Promise<void> => {
      const raw = await openRaw(at.config)
      const place = `where namespace = '${NAMESPACE}' and ${change.split(' where ')[1]}`
      for (const statement of withoutGuards[dialect](table)) await raw.run(statement)
      await raw.run(`update ${table} set ${change.split(' where ')[0]} ${place}`)
      await raw.close()
    }
    /** Writes are refused and leave nothing behind; everything else goes on. */
    const assertStopped = async (scene: Scene): Promise<void> => {
      const { db } = scene.at.catalog.context
      const before = await readTreeHead(db, NAMESPACE as NamespaceName)
      const other = await declareScene(scene.at, 'railway')
      const answers = await Promise.all([
        scene.put('/jobs/new', {}),
        other.put('/jobs/new', {}),
        scene.put('/jobs/newer', {}),
      ])
      const facts = refused(answers[0], 'LOG_CORRUPT')
      assert.equal(facts.namespace, NAMESPACE)
      assert.match(answers[0].body.detail, /cairn fsck/)
      answered(answers[1], 200)
      refused(answers[2], 'LOG_CORRUPT')
      refused(await scene.put('/jobs/newest', {}), 'LOG_CORRUPT')
      assert.deepEqual(await readTreeHead(db, NAMESPACE as NamespaceName), before)
      assert.equal(await scene.size(), before.size)
      answered(await scene.get('/jobs/job-1'), 200)
      refused(await scene.get('/jobs/new'), 'JOB_NOT_FOUND')
      answered(await other.put('/jobs/more', {}), 200)
    }

    test('a changed leaf hash stops the namespace before anything is stored', async () => {
      const scene = await open()
      await tamper(scene, 'entry', `leaf_hash = ${zeros(dialect)} where log_index = 260`)
      await assertStopped(scene)
      await scene.at.close()
    })

    test('so does a changed root of a tile, at the next start at the latest', async () => {
      const scene = await open()
      await tamper(scene, 'tile', `root = ${zeros(dialect)} where level = 0 and tile_index = 0`)
      await scene.at.catalog.close()
      const at = await openTestCatalog(dialect, scene.at.config)
      await assertStopped(sceneIn(at, NAMESPACE))
      await at.close()
    })

    test('changed hashes of a tile stop it too, once the patrol of a start has been there', async () => {
      const scene = await open()
      const { stopped } = scene.at.catalog.context.log
      await stopped.patrol(AbortSignal.timeout(60_000))
      answered(await scene.put('/jobs/before', {}), 200)
      const wrong = dialect === 'sqlite' ? 'zeroblob(8192)' : "decode(repeat('00', 8192), 'hex')"
      await tamper(scene, 'tile', `hashes = ${wrong} where level = 0 and tile_index = 0`)
      await scene.at.catalog.close()
      const at = await openTestCatalog(dialect, scene.at.config)
      await at.catalog.context.log.stopped.patrol(AbortSignal.timeout(60_000))
      await assertStopped(sceneIn(at, NAMESPACE))
      const read = await sceneIn(at, NAMESPACE).get('/jobs/job-1')
      assert.equal(read.headers.get('cairn-log-stopped'), 'LOG_CORRUPT')
      assert.equal((await at.call('GET', '/readyz')).body.stopped[0].code, 'LOG_CORRUPT')
      await at.close()
    })

    test('or when the next tile is added', async () => {
      const scene = await open()
      await tamper(scene, 'tile', `root = ${zeros(dialect)} where level = 0 and tile_index = 0`)
      await assert.rejects(declareMany(scene.at, 'more', 256), { code: 'LOG_CORRUPT' })
      assert.ok((await scene.size()) < 512)
      await scene.at.close()
    })

    test('a tree head in place of the next one stops the namespace', async () => {
      const scene = await open()
      const newest = 'size = (select max(size) from tree_head)'
      await tamper(scene, 'tree_head', `size = size + 1 where ${newest}`)
      const other = await declareScene(scene.at, 'railway')
      // One entry, whose tree head has the size of the one that is there.
      const answers = await Promise.all([scene.put('/jobs/new', {}), other.put('/jobs/new', {})])
      refused(answers[0], 'LOG_CORRUPT')
      answered(answers[1], 200)
      refused(await scene.put('/jobs/newer', {}), 'LOG_CORRUPT')
      answered(await other.put('/jobs/newer', {}), 200)
      await scene.at.close()
    })

    test('a head that fell behind its entries stops the namespace', async () => {
      const at = await openTestCatalog(dialect, await newConfig(dialect))
      const scene = await declareScene(at, NAMESPACE)
      const size = await scene.size()
      const raw = await openRaw(at.config)
      // Of 2 entries the compact range is one hash, as of 1.
      assert.equal(size, 2)
      await raw.run('update log_head set size = size - 1')
      if (dialect === 'sqlite') {
        for (const trigger of ['entry_gapless', 'tree_head_grows']) {
          await raw.run(`drop trigger ${trigger}`)
        }
      }
      await raw.close()
      const answers = await Promise.all([scene.put('/jobs/a', {}), scene.put('/jobs/b', {})])
      for (const answer of answers) {
        assert.equal(refused(answer, 'LOG_CORRUPT').namespace, NAMESPACE)
        assert.match(answer.body.detail, /cairn fsck/)
      }
      refused(await scene.put('/jobs/c', {}), 'LOG_CORRUPT')
      await at.close()
    })

    test('a changed compact range is found before it is gone on from', async () => {
      const scene = await open()
      const { db } = scene.at.catalog.context
      const { compact_range: range } = await db
        .selectFrom('log_head')
        .select('compact_range')
        .where('namespace', '=', NAMESPACE as NamespaceName)
        .executeTakeFirstOrThrow()
      const short = Buffer.from(range).subarray(32).toString('hex')
      const raw = await openRaw(scene.at.config)
      const value = dialect === 'sqlite' ? `x'${short}'` : `decode('${short}', 'hex')`
      await raw.run(`update log_head set compact_range = ${value}`)
      await raw.close()
      refused(await scene.put('/jobs/new', {}), 'LOG_CORRUPT')
      answered(await scene.get('/jobs/job-1'), 200)
      await scene.at.close()
    })
  })
}

async function declareMany({ catalog }: TestCatalog, name: string, count: number): Promise<void> {
  const { log } = catalog.context
  for (let from = 0; from < count; from += 100) {
    const numbers = upTo(Math.min(100, count - from))
    await Promise.all(
      numbers.map((number) => log.append(declaring(NAMESPACE, `${name}-${from + number}`))),
    )
  }
}
