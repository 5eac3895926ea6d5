import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { dialects, newConfig } from '../harness/catalog.ts'
import { runTorture } from './run-torture.ts'

const KILL_COUNT = 6
const CLIENT_COUNT = 3
/** Four kills in the middle of work, and two while the server starts. */
const SEED = 6

for (const dialect of dialects) {
  describe(`a server on ${dialect}`, () => {
    test(
      'keeps every promise when it is killed at any instant',
      { timeout: 120_000 },
      async (t) => {
        const { dataDirectory: directory, database } = await newConfig(dialect)
        t.after(() => rm(directory, { recursive: true, force: true }))

        const verdict = await runTorture({
          killCount: KILL_COUNT,
          clientCount: CLIENT_COUNT,
          seed: SEED,
          directory,
          ...(database.kind === 'postgres' ? { databaseUrl: database.url } : {}),
          onProgress: (text) => t.diagnostic(text),
        })

        assert.deepEqual(verdict.violations, [])
        assert.equal(verdict.killCount, KILL_COUNT + 1)
        assert.ok(verdict.acknowledgedCount > KILL_COUNT, 'the clients got something in')
        assert.ok(verdict.entryCount >= verdict.acknowledgedCount)
      },
    )
  })
}
