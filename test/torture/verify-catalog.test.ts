import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import BetterSqlite from 'better-sqlite3'
import type { Config } from '../../server/config.ts'
import { newConfig, openTestCatalog } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { NAMESPACE, type Acknowledged } from './acknowledged.ts'
import { verifyCatalog } from './verify-catalog.ts'

const prefix = `/v1/namespaces/${NAMESPACE}`
/** More than one tile holds. */
const CHECKPOINT_COUNT = 300

/** A sound catalog that nobody has open, and what was promised of it. */
async function soundCatalog(
  t: TestContext,
): Promise<{ readonly config: Config; readonly promises: readonly Acknowledged[] }> {
  const config = await newConfig('sqlite')
  const catalog = await openTestCatalog('sqlite', config)
  t.after(() => catalog.close())
  await catalog.call('PUT', prefix, {})
  const opened = await catalog.call('POST', `${prefix}/runs`, { job: 'fares', resume: 'none' })
  const { run } = opened.body
  const promises: Acknowledged[] = [{ kind: 'run', run }]
  for (let step = 0; step < CHECKPOINT_COUNT; step += 100) {
    const items = Array.from({ length: 100 }, (_, offset) => ({
      manifest: sampleManifest(run, step + offset),
    }))
    const { body } = await catalog.call('POST', `${prefix}/checkpoints/batch`, { items })
    for (const { receipt } of body.results) promises.push({ kind: 'checkpoint', receipt })
  }
  return { config, promises }
}

function tamper({ database }: Config, ...statements: readonly string[]): void {
  assert.equal(database.kind, 'sqlite')
  const handle = new BetterSqlite(database.file)
  for (const statement of statements) handle.exec(statement)
  handle.close()
}

test('a sound catalog has no violations', async (t) => {
  const { config, promises } = await soundCatalog(t)
  const { violations, entryCount } = await verifyCatalog(config, promises)
  assert.deepEqual(violations, [])
  assert.equal(entryCount, CHECKPOINT_COUNT + 4)
})

test('a promise that is not in the log is found', async (t) => {
  const { config, promises } = await soundCatalog(t)
  const [, first] = promises
  assert.equal(first?.kind, 'checkpoint')
  const digest = `sha256:${'0'.repeat(64)}` as typeof first.receipt.checkpoint
  const lost: Acknowledged = { ...first, receipt: { ...first.receipt, checkpoint: digest } }
  const { violations } = await verifyCatalog(config, [lost])
  assert.deepEqual(violations, [
    `checkpoint.registered ${digest} was acknowledged at ${first.receipt.index} and is lost`,
  ])
})

test('an entry with other bytes is found, in every tree head and tile above it', async (t) => {
  const { config, promises } = await soundCatalog(t)
  tamper(
    config,
    'drop trigger entry_no_update',
    `update entry set bytes = cast(replace(cast(bytes as text), '"tester"', '"testes"') as blob) where log_index = 10`,
  )
  const { violations } = await verifyCatalog(config, promises)
  assert.ok(violations.includes('entry 10 has another leaf'))
  assert.ok(violations.some((one) => one.startsWith('the tree head of size 304 has another root')))
  assert.ok(violations.some((one) => one.startsWith('tile 0 of level 0')))
})

test('a missing entry, tile or tree head is found', async (t) => {
  const { config, promises } = await soundCatalog(t)
  tamper(
    config,
    'drop trigger tile_no_delete; delete from tile',
    'drop trigger tree_head_no_delete; delete from tree_head where size = 304',
    'drop trigger entry_no_delete; delete from entry where log_index = 303',
  )
  const { violations } = await verifyCatalog(config, promises)
  assert.ok(violations.includes('0 full tiles are stored, and 1 are full'))
  assert.ok(violations.includes('the head says 304 entries, and there are 303'))
  assert.ok(violations.some((one) => one.endsWith('is lost')))
})

test('rows and documents that no entry gives are found', async (t) => {
  const { config, promises } = await soundCatalog(t)
  tamper(
    config,
    'update checkpoint set step = step + 1000, log_index = log_index + 1 where step = 5',
    'update run set attempt = attempt + 1',
    "insert into document (namespace, log_index, bytes) values ('torture', 999999, x'7b7d')",
  )
  const { violations } = await verifyCatalog(config, promises)
  assert.ok(violations.some((one) => /^a row of sha256:\w+ says entry 10, which is no/.test(one)))
  assert.ok(violations.includes('replay of run added 1 rows and removed 1'))
  assert.ok(violations.includes('replay of checkpoint added 1 rows and removed 1'))
  assert.ok(violations.some((one) => one.startsWith('the document at 999999 has no entry')))
})
