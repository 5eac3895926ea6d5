import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newConfig, openTestCatalog, type Called } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, declareScene, refused, useScene, type Scene } from '../register/scene.ts'
import { naiveTree } from '../schema/naive-tree.ts'
import { openRaw, type RawDatabase } from '../store/raw.ts'
import { layCable, type Cable } from './cable.ts'
import { upTo } from './drafts.ts'

/** Room that the full disk is given, and far more than that to write. */
const ROOM_PAGES = 8
const WRITES_MAX_COUNT = 200

/** Questions to the database before a wait is given up: many seconds of them. */
const POLLS_MAX_COUNT = 20_000

describe('a full disk under sqlite', () => {
  const scene = useScene('sqlite')
  const setRoom = (pages: number): Promise<void> =>
    scene().at.catalog.database.execute([`pragma max_page_count = ${pages}`])

  test('refuses with 507, half-writes nothing, goes on reading, and recovers', async () => {
    const { run } = await scene().open('fares')
    const first = await scene().save(run, 0)
    const raw = await openRaw(scene().at.config)
    const [{ page_count: pages } = {}] = await raw.run('pragma page_count')
    await raw.close()
    await setRoom(Number(pages) + ROOM_PAGES)

    // Documents that differ, so that pages are needed; until the disk is full.
    let step = 1
    let answer = await scene().register(bulky(run, step))
    while (answer.status === 201) {
      assert.ok(step < WRITES_MAX_COUNT, 'the disk has to become full')
      step += 1
      answer = await scene().register(bulky(run, step))
    }
    refused(answer, 'STORAGE_FULL')
    assert.equal(answer.body.retryable, true)
    await assertSound(scene())
    const size = await scene().size()
    const latest = answered(await scene().latest('fares'), 200)
    assert.equal(latest.checkpoint.step, step - 1)
    assert.equal((await scene().get(`/checkpoints/${first}/manifest`)).status, 200)

    // A batch that does not fit fails as a whole, and none of it shows.
    const crowd = await Promise.all(
      upTo(5).map((number) => scene().register(bulky(run, step + number))),
    )
    for (const one of crowd) refused(one, 'STORAGE_FULL')
    assert.equal(await scene().size(), size)
    await assertSound(scene())

    await setRoom(1_000_000)
    answered(await scene().register(bulky(run, step)), 201)
    assert.equal(answered(await scene().latest('fares'), 200).checkpoint.step, step)
    await assertSound(scene())
  })
})

describe('a full disk under postgres', () => {
  const scene = useScene('postgres')

  test('refuses with 507, half-writes nothing, and recovers', async () => {
    const { run } = await scene().open('fares')
    const size = await scene().size()
    const raw = await openRaw(scene().at.config)
    await raw.run(`create function fill() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file: No space left on device'
      using errcode = '53100'; end $$`)
    // The last table that a batch writes: everything before it has to go as well.
    await raw.run('create trigger full_disk before insert on tree_head execute function fill()')
    const answers = await Promise.all(
      upTo(3).map((step) => scene().register(sampleManifest(run, step))),
    )
    for (const answer of answers) refused(answer, 'STORAGE_FULL')
    assert.equal(await scene().size(), size)
    assert.deepEqual(await raw.run('select * from document'), [])
    await raw.run('drop trigger full_disk on tree_head')
    await raw.close()
    answered(await scene().register(sampleManifest(run, 0)), 201)
    await assertSound(scene())
  })
})

describe('postgres that goes away', () => {
  let scene: Scene
  let cable: Cable
  let raw: RawDatabase
  before(async () => {
    const config = await newConfig('postgres')
    assert.ok(config.database.kind === 'postgres')
    raw = await openRaw(config)
    cable = await layCable(config.database.url)
    const at = await openTestCatalog('postgres', {
      ...config,
      database: { kind: 'postgres', url: cable.url },
    })
    scene = await declareScene(at, 'airline')
    await scene.open('fares')
  })
  after(async () => {
    await raw.close()
    await scene.at.close()
    await cable.cut()
  })

  /** Runs while a statement's lock is held by someone else. */
  const whileLocked = async (lock: string, body: () => Promise<void>): Promise<void> => {
    await raw.run(`begin; ${lock}`)
    try {
      await body()
    } finally {
      await raw.run('rollback')
    }
  }
  /** Does something to the session that waits for a lock, once there is one. */
  const onceWaiting = async (column: string): Promise<void> => {
    for (const _ of upTo(POLLS_MAX_COUNT)) {
      const found = await raw.run(
        `select ${column} from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      )
      if (found.length > 0) return
    }
    assert.fail('a session was to wait for a lock')
  }
  const endWaiting = (): Promise<void> => onceWaiting('pg_terminate_backend(pid)')
  const lockHead = 'select size from log_head for update'
  const lockJobs = 'lock table job in access exclusive mode'

  test('a write that waits when its session is ended is refused with 503, and the server lives', async () => {
    const size = await scene.size()
    await whileLocked(lockHead, async () => {
      const write = scene.put('/jobs/cut-off', {})
      await endWaiting()
      refused(await write, 'STORAGE_UNAVAILABLE')
    })
    assert.equal(await scene.size(), size)
    await recovers(() => scene.put('/jobs/cut-off', {}))
  })

  test('a read that waits when its session is ended is refused with 503, and the server lives', async () => {
    await whileLocked(lockJobs, async () => {
      const read = scene.get('/jobs/fares')
      await endWaiting()
      refused(await read, 'STORAGE_UNAVAILABLE')
    })
    await recovers(() => scene.get('/jobs/fares'))
  })

  test('a connection that is cut while it waits costs that request a 503, and no more', async () => {
    const requests = [
      [lockHead, () => scene.put('/jobs/cut-off-again', {})],
      [lockJobs, () => scene.get('/jobs/fares')],
    ] as const
    for (const [lock, request] of requests) {
      await recovers(request)
      await whileLocked(lock, async () => {
        const answer = request()
        await onceWaiting('pid')
        await cable.cut()
        refused(await answer, 'STORAGE_UNAVAILABLE')
        await cable.mend()
        await endWaiting()
      })
      await recovers(request)
    }
  })

  test('sessions that are ended while idle cost at most one answer each', async () => {
    await Promise.all(upTo(12).map(() => scene.get('/jobs/fares')))
    await raw.run(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )
    const answers = await Promise.all(upTo(24).map(() => scene.get('/jobs/fares')))
    for (const answer of answers) {
      if (answer.status !== 200) refused(answer, 'STORAGE_UNAVAILABLE')
    }
    await recovers(() => scene.get('/jobs/fares'))
    await recovers(() => scene.put('/jobs/again', {}))
  })

  test('while nobody answers, reads and writes are refused with 503; then all works again', async () => {
    const size = await scene.size()
    await cable.cut()
    refused(await scene.put('/jobs/away', {}), 'STORAGE_UNAVAILABLE')
    refused(await scene.get('/jobs/fares'), 'STORAGE_UNAVAILABLE')
    refused(await scene.post('/runs', { job: 'away', resume: 'none' }), 'STORAGE_UNAVAILABLE')
    assert.equal((await scene.at.call('GET', '/readyz')).status, 503)
    assert.equal((await scene.at.call('GET', '/healthz')).status, 200)
    await cable.mend()
    assert.equal((await scene.at.call('GET', '/readyz')).status, 200)
    assert.equal(await scene.size(), size)
    answered(await scene.put('/jobs/away', {}), 200)
    await assertSound(scene)
  })

  test('a catalog does not start over a database that is away', async () => {
    await cable.cut()
    await assert.rejects(openTestCatalog('postgres', scene.at.config), {
      code: 'STORAGE_UNAVAILABLE',
    })
    await cable.mend()
  })
})

/** Connections of the server's pools, each of which may be found dead once. */
const POOLED_MAX_COUNT = 12

/** The request succeeds as soon as the pools are rid of connections that died; until then it is a 503. */
async function recovers(request: () => Promise<Called>): Promise<void> {
  for (const _ of upTo(POOLED_MAX_COUNT)) {
    const answer = await request()
    if (answer.status === 200) return
    refused(answer, 'STORAGE_UNAVAILABLE')
  }
  answered(await request(), 200)
}

function bulky(
  run: Parameters<typeof sampleManifest>[0],
  step: number,
): ReturnType<typeof sampleManifest> {
  return sampleManifest(run, step, { parameters: { filler: `${step}/`.repeat(2_000) } })
}

/** The tree is that of the entries, every checkpoint has its document, and nothing is left over. */
async function assertSound({ at, namespace }: Scene): Promise<void> {
  const { db } = at.catalog.context
  const entries = await db
    .selectFrom('entry')
    .select('bytes')
    .where('namespace', '=', namespace as never)
    .orderBy('log_index')
    .execute()
  const heads = await db.selectFrom('tree_head').selectAll().orderBy('size').execute()
  const head = heads.at(-1)
  assert.equal(head?.size, entries.length)
  const root = naiveTree(entries.map((entry) => entry.bytes)).root(0, entries.length)
  assert.deepEqual(Buffer.from(head?.root ?? []), Buffer.from(root))
  const kinds = entries.map((entry) => JSON.parse(Buffer.from(entry.bytes).toString()).kind)
  const registered = kinds.filter((kind) => kind === 'checkpoint.registered').length
  const count = async (table: 'checkpoint' | 'document'): Promise<number> =>
    (await db.selectFrom(table).select('log_index').execute()).length
  assert.equal(await count('checkpoint'), registered)
  assert.equal(await count('document'), registered)
}
