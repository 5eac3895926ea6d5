import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { dialects, newConfig } from '../harness/catalog.ts'
import { runAssembly } from './run-assembly.ts'

/** `npm run assembly` has 64. */
const WORKER_COUNT = Number(process.env['CAIRN_TEST_WORKERS'] ?? 9)
/** One that can be completed, and one that cannot. */
const ROUND_COUNT = 2
const SEED = 'assembly'

for (const dialect of dialects) {
  describe(`workers and servers on ${dialect}`, () => {
    test(
      `${WORKER_COUNT} workers assemble a whole checkpoint or none while a third of them is killed`,
      { timeout: 600_000 },
      async (t) => {
        const { dataDirectory: directory, database } = await newConfig(dialect)
        t.after(() => rm(directory, { recursive: true, force: true }))

        const verdict = await runAssembly({
          directory,
          workerCount: WORKER_COUNT,
          roundCount: ROUND_COUNT,
          seed: SEED,
          ...(database.kind === 'postgres' ? { databaseUrl: database.url } : {}),
          onProgress: (text) => t.diagnostic(text),
        })

        assert.deepEqual(verdict.violations, [])
        assert.equal(verdict.finalizedCount, 1)
        assert.equal(verdict.abandonedCount, 1)
        assert.ok(verdict.killedCount > 0)
      },
    )
  })
}
