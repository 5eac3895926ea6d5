import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Hono } from 'hono'
import type { Dialect } from '../../migrations/dialect.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import { Manifest } from '../../schema/manifest.ts'
import { checkManifest } from '../../schema/manifest-rules.ts'
import { Environment } from '../../schema/environment.ts'
import { parseTlogProof } from '../../schema/transparency/tlog-proof.ts'
import { openDatabase } from '../../server/compose.ts'
import type { Config } from '../../server/config.ts'
import { validate } from '../../server/http/validate.ts'
import { dialects, newConfig, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { verifyCatalog } from '../torture/verify-catalog.ts'
import { publishTiles, timeAudit } from './audit-tiles.ts'
import { checkpointAt, digestAt, environment, lineAt, LINE_COUNT, NAMESPACE } from './fixture.ts'
import { goals, judge } from './goals.ts'
import { loadClient } from './http-load.ts'
import { openLogQuestions } from './log-questions.ts'
import { parseOptions } from './options.ts'
import { openRawPostgres } from './raw-postgres.ts'
import { openRawSqlite } from './raw-sqlite.ts'
import { layOut } from './raw-statements.ts'
import { recordWrites } from './raw-writes.ts'
import { openRegistrations } from './registrations.ts'
import { interleave, ratioOf } from './rounds.ts'
import { median, quantile, variation } from './statistics.ts'
import { createAppWithoutReceipts } from './without-receipts.ts'

describe('the fixture', () => {
  test('has valid manifests of about 2 KB with four blob references', () => {
    for (const sequence of [0, LINE_COUNT + 1, 7 * LINE_COUNT + 2, 8 * LINE_COUNT]) {
      const { text, digest } = checkpointAt(sequence)
      const manifest: unknown = JSON.parse(text)
      validate(Manifest, manifest, 'body')
      checkManifest(manifest as Manifest)
      assert.equal(canonicalize(manifest), text)
      assert.equal(digestOf(text), digest)
      assert.ok(text.length > 1_800 && text.length < 2_200, `${text.length} bytes`)
      assert.equal(text.match(/"versionId"/g)?.length, 4)
    }
    validate(Environment, environment, 'body')
  })

  test('gives the same chain whatever was asked for before', () => {
    const newest = checkpointAt(3 * LINE_COUNT)
    const [first, second] = [digestAt(0), digestAt(LINE_COUNT)]
    assert.equal((JSON.parse(checkpointAt(LINE_COUNT).text) as { base: string }).base, first)
    assert.equal((JSON.parse(checkpointAt(2 * LINE_COUNT).text) as { base: string }).base, second)
    assert.deepEqual(checkpointAt(3 * LINE_COUNT), newest)
  })

  test('hands out each checkpoint once, in sequence', () => {
    const registrations = openRegistrations(5)
    registrations.prepare(3)
    assert.deepEqual(registrations.take(), checkpointAt(5))
    assert.equal(registrations.takeAll(3), undefined)
    assert.deepEqual(registrations.takeAll(2), [checkpointAt(6), checkpointAt(7)])
    assert.equal(registrations.take(), undefined)
    registrations.prepare(1)
    assert.equal(registrations.next(), 8)
    assert.deepEqual(registrations.take(), checkpointAt(8))
  })
})

describe('the figures', () => {
  test('are medians, quantiles and distances from the middle', () => {
    assert.equal(median([3, 1, 2]), 2)
    assert.equal(quantile([0, 10], 0.99), 9.9)
    assert.equal(variation([100, 80, 120]), 0.2)
  })

  test('are judged in the direction of their goal', () => {
    const verdicts = [0.2, 0.25, 0.4, 0.6].map((value) => judge(goals.register, value))
    assert.deepEqual(verdicts, ['broken', 'floor', 'target', 'stretch'])
    assert.deepEqual(
      [16, 15, 5, 3].map((value) => judge(goals.tail, value)),
      ['broken', 'floor', 'target', 'stretch'],
    )
    assert.equal(judge(goals.memory, 300), 'floor')
  })

  test('compare rounds with each other, and start again when the reference does not hold still', async () => {
    const rates = [1, 100, 100, 200, 100, 100, 100, 100]
    const samples = { perSecond: 50, p50Ms: 1, p99Ms: 1, count: 1 }
    const block = await interleave(
      [
        {
          name: 'reference',
          isReference: true,
          run: async () => ({ ...samples, perSecond: rates.shift() ?? Number.NaN }),
        },
        { name: 'measure', run: async () => samples },
      ],
      { roundCount: 3 },
    )
    assert.equal(block.attemptCount, 2)
    assert.equal(block.variation, 0)
    assert.deepEqual(ratioOf(block, ['measure', 'reference']), { middle: 0.5, low: 0.5, high: 0.5 })
  })

  test('are asked for in words that are checked', () => {
    assert.deepEqual(parseOptions(['--size', 'all']).sizes, ['10k', '100k', '1m'])
    assert.throws(() => parseOptions(['--size', '10m']), /give 10k, 100k, 1m or all/)
    assert.throws(() => parseOptions(['--rounds', '2']), /from 5 to 50/)
  })
})

test('the load generator counts what is answered, and refuses an answer that it does not expect', async (t) => {
  let status = 200
  let count = 0
  const server = createServer((_request, response) => {
    count += 1
    response.writeHead(status, { 'content-length': 5_000 })
    response.end('x'.repeat(5_000))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const client = loadClient((server.address() as AddressInfo).port, 4)
  const request = Buffer.from('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
  let left = 50
  const closed = await client.closedLoop(() => ((left -= 1) < 0 ? undefined : request), 10_000)
  assert.equal(closed.count, 50)
  assert.equal(count, 50)
  const open = await client.openLoop(() => request, { perSecond: 400, durationMs: 100 })
  assert.equal(open.count, 40)
  status = 503
  await assert.rejects(
    client.closedLoop(() => request, 100),
    /503/,
  )
})

const prefix = `/v1/namespaces/${NAMESPACE}`

/** A catalog with the runs of the first four lines. */
async function openWithRuns(dialect: Dialect, config: Config): Promise<TestCatalog> {
  const catalog = await openTestCatalog(dialect, config)
  await catalog.call('PUT', prefix, {})
  const digest = digestOf(canonicalize(environment))
  await catalog.call('PUT', `${prefix}/environments/${digest}`, environment)
  for (const number of [0, 1, 2, 3]) {
    const body = { ...lineAt(number), resume: 'none' }
    assert.ok((await catalog.call('POST', `${prefix}/runs`, body)).status < 300)
  }
  return catalog
}

for (const dialect of dialects) {
  test(`on ${dialect} the server without receipts writes the same log, and the one as shipped goes on`, async (t) => {
    const config = await newConfig(dialect)
    const shipped = await openWithRuns(dialect, config)
    t.after(() => rm(config.dataDirectory, { recursive: true, force: true }))
    const bare = await createAppWithoutReceipts(shipped.catalog)
    const register = async (app: Hono, sequence: number): Promise<string> => {
      const answer = await app.request(`http://127.0.0.1${prefix}/checkpoints`, {
        method: 'POST',
        headers: { authorization: `Bearer ${shipped.token}`, 'content-type': 'application/json' },
        body: `{"manifest":${checkpointAt(sequence).text}}`,
      })
      assert.equal(answer.status, 201)
      return ((await answer.json()) as { readonly proof: string }).proof
    }
    assert.notEqual(await register(shipped.app, 0), '')
    assert.equal(await register(bare, 1), '')
    assert.equal(await register(bare, 2), '')
    const proof = parseTlogProof(await register(shipped.app, 3))
    assert.ok(proof.ok)
    const { body } = await shipped.call('GET', `${prefix}/entries`)
    const kinds = (body as { items: readonly { entry: { kind: string } }[] }).items.map(
      (item) => item.entry.kind,
    )
    assert.equal(kinds.filter((kind) => kind === 'checkpoint.registered').length, 4)
    assert.equal(kinds.filter((kind) => kind === 'log-key.published').length, 1)
    await shipped.catalog.close()
    assert.deepEqual((await verifyCatalog(config, [], NAMESPACE)).violations, [])
  })

  test(`the raw loop writes on ${dialect} what the catalog would have written`, async (t) => {
    const config = await newConfig(dialect)
    const catalog = await openWithRuns(dialect, config)
    t.after(() => rm(config.dataDirectory, { recursive: true, force: true }))
    await catalog.catalog.close()

    const database = await openDatabase(config.database, Date.now)
    const { database: where } = config
    const writer =
      where.kind === 'sqlite'
        ? await openRawSqlite(where.file, database)
        : await openRawPostgres(where.url)
    const steps = Array.from({ length: 8 }, (_, step) =>
      [0, 1, 2, 3].map((line) => checkpointAt(step * LINE_COUNT + line)),
    )
    const groups = await recordWrites(database, steps)
    const before = await verifyCatalog(config, [], NAMESPACE)
    await writer.write(groups.map(layOut))
    await writer.close()
    await database.close()

    const after = await verifyCatalog(config, [], NAMESPACE)
    assert.deepEqual(after.violations, [])
    assert.equal(after.entryCount, before.entryCount + 32)
  })
}

test('the log is asked in process, and audited from a folder without its documents', async (t) => {
  const config = await newConfig('sqlite')
  const catalog = await openWithRuns('sqlite', config)
  t.after(async () => {
    await catalog.catalog.close()
    await rm(config.dataDirectory, { recursive: true, force: true })
  })
  for (const sequence of [0, 1, 2, 3]) {
    const manifest: unknown = JSON.parse(checkpointAt(sequence).text)
    const { status } = await catalog.call('POST', `${prefix}/checkpoints`, { manifest })
    assert.equal(status, 201)
  }
  const ask = await openLogQuestions(catalog.catalog.context)
  for (const question of ['hot proof', 'any proof'] as const) {
    const sample = await ask(question, 20)
    assert.ok(sample.count > 0 && sample.p99Ms >= sample.p50Ms && sample.perSecond > 0)
  }
  // Most lines have no run here: a question that is refused is no measurement.
  await assert.rejects(ask('latest', 1_000), { code: 'JOB_NOT_FOUND' })

  const published = await publishTiles(catalog.catalog, join(config.dataDirectory, 'published'))
  assert.ok(published.size > 8)
  assert.ok((await timeAudit(published)) > 0)
  assert.ok(!(await readdir(published.directory)).includes('documents'))
  await writeFile(join(published.directory, `tile/0/000.p/${published.size}`), 'altered')
  await assert.rejects(timeAudit(published), /the audit of/)
})
