import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newConfig, openTestCatalog, type Called } from '../harness/catalog.ts'
import { idOf, sampleBlob, sampleManifest } from '../harness/samples.ts'
import { answered, declareScene, refused, sceneIn, type Scene } from '../register/scene.ts'
import { openRaw, type RawDatabase } from '../store/raw.ts'
import { upTo } from './drafts.ts'

// On SQLite a transaction begins with the lock, so only PostgreSQL lets two servers look before they wait.
describe('two servers that decide at once on postgres', () => {
  let one: Scene
  let other: Scene
  let raw: RawDatabase
  before(async () => {
    const config = await newConfig('postgres')
    one = await declareScene(await openTestCatalog('postgres', config), 'airline')
    other = sceneIn(await openTestCatalog('postgres', config), 'airline')
    raw = await openRaw(config)
  })
  after(async () => {
    await raw.close()
    await one.at.catalog.close()
    await other.at.close()
  })

  /** Sends both while the head is locked, so that each has looked before either may decide; the first goes first. */
  const atOnce = async (
    first: () => Promise<Called>,
    second: () => Promise<Called>,
  ): Promise<readonly [Called, Called]> => {
    await raw.run("begin; select size from log_head where namespace = 'airline' for update")
    const calls: Promise<Called>[] = []
    for (const call of [first, second]) {
      calls.push(call())
      await waitingFor(raw, calls.length)
    }
    await raw.run('commit')
    const [left, right] = await Promise.all(calls)
    assert.ok(left && right)
    return [left, right]
  }

  test('a write of the old attempt is fenced, though it looked before the new one opened', async () => {
    const { run } = await one.open('fenced')
    await one.save(run, 1)
    const [opened, write] = await atOnce(
      () => one.post('/runs', { job: 'fenced', resume: 'latest' }),
      () => other.register(sampleManifest(run, 2)),
    )
    assert.equal(answered(opened, 201).run.attempt, 2)
    assert.equal(refused(write, 'ATTEMPT_FENCED').currentAttempt, 2)
    assert.equal(answered(await one.latest('fenced'), 200).checkpoint.step, 1)
  })

  test('two resumes get two attempts', async () => {
    const { run } = await one.open('resumed')
    await one.save(run, 1)
    const body = { job: 'resumed', resume: 'latest' }
    const [left, right] = await atOnce(
      () => one.post('/runs', body),
      () => other.post('/runs', body),
    )
    assert.equal(answered(left, 201).run.attempt, 2)
    assert.equal(answered(right, 201).run.attempt, 3)
  })

  test('two manifests for one step are one checkpoint and one conflict', async () => {
    const { run } = await one.open('conflict')
    const manifest = sampleManifest(run, 1)
    const shards = [{ rank: 0, blobs: [sampleBlob('model.bin', 'another')] }]
    const [left, right] = await atOnce(
      () => one.register(manifest),
      () => other.register(sampleManifest(run, 1, { shards })),
    )
    answered(left, 201)
    assert.equal(refused(right, 'REGISTRATION_CONFLICT').checkpoint, idOf(manifest))
  })

  test('the same manifest twice is one entry and one receipt', async () => {
    const { run } = await one.open('repeated')
    const manifest = sampleManifest(run, 1)
    const size = await one.size()
    const [left, right] = await atOnce(
      () => one.register(manifest),
      () => other.register(manifest),
    )
    assert.deepEqual(answered(right, 200), answered(left, 201))
    assert.equal(await one.size(), size + 1)
  })

  test('a step behind the last is refused, though it looked before the last was there', async () => {
    const { run } = await one.open('regression')
    const [left, right] = await atOnce(
      () => one.register(sampleManifest(run, 5)),
      () => other.register(sampleManifest(run, 4)),
    )
    answered(left, 201)
    assert.equal(refused(right, 'STEP_REGRESSION').lastStep, 5)
  })

  test('a closed run takes nothing more, though the write looked before it closed', async () => {
    const { run } = await one.open('closed')
    const [left, right] = await atOnce(
      () => one.post(`/runs/${run.run}/close`, { outcome: 'succeeded' }),
      () => other.register(sampleManifest(run, 1)),
    )
    answered(left, 200)
    refused(right, 'RUN_CLOSED')
  })

  test('a delta is refused on a base that was withdrawn while it waited', async () => {
    const { run } = await one.open('base')
    const base = await one.save(run, 1)
    const [left, right] = await atOnce(
      () => one.tombstone(base),
      () => other.register(sampleManifest(run, 2, { base })),
    )
    answered(left, 201)
    refused(right, 'BASE_NOT_GOOD')
  })

  test('a base is not withdrawn under a delta that came first', async () => {
    const { run } = await one.open('in-use')
    const base = await one.save(run, 1)
    const [left, right] = await atOnce(
      () => one.register(sampleManifest(run, 2, { base })),
      () => other.tombstone(base),
    )
    answered(left, 201)
    refused(right, 'CHAIN_IN_USE')
  })

  test('one idempotency key on two servers is one entry and one answer', async () => {
    const body = { job: 'keyed', resume: 'none' }
    const key = { 'idempotency-key': 'shared' }
    const [left, right] = await atOnce(
      () => one.post('/runs', body, key),
      () => other.post('/runs', body, key),
    )
    assert.deepEqual(answered(right, 201), answered(left, 201))
    const runs = answered(await one.get('/runs?job=keyed'), 200)
    assert.equal(runs.items.length, 1)
  })

  test('two tombstones are one entry', async () => {
    const { run } = await one.open('withdrawn')
    const checkpoint = await one.save(run, 1)
    const [left, right] = await atOnce(
      () => one.tombstone(checkpoint),
      () => other.tombstone(checkpoint),
    )
    assert.deepEqual(answered(right, 200), answered(left, 201))
  })

  test('a namespace that two servers declare first is declared once', async () => {
    const declare = (scene: Scene) => scene.at.call('PUT', '/v1/namespaces/both', {})
    const answers = await Promise.all([declare(one), declare(other), declare(one), declare(other)])
    for (const answer of answers) assert.equal(answered(answer, 200).index, 0)
  })
})

/** Questions to the database before a wait is given up: many seconds of them. */
const POLLS_MAX_COUNT = 20_000

/** Until so many sessions of the database wait for a lock. */
async function waitingFor(raw: RawDatabase, count: number): Promise<void> {
  for (const _ of upTo(POLLS_MAX_COUNT)) {
    const rows = await raw.run(
      `select 1 as one from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rows.length >= count) return
  }
  assert.fail(`${count} sessions were to wait for a lock`)
}
