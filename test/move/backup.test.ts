import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Config } from '../../server/config.ts'
import { backupCatalog, rememberLog } from '../../server/maintain.ts'
import { newConfig, openTestCatalog } from '../harness/catalog.ts'
import { answered, refused, sceneIn } from '../register/scene.ts'
import { checkOf, NAMESPACE, useFilled } from './moving.ts'

describe('a backup of the embedded database', () => {
  const scene = useFilled('sqlite', 60)
  const directory = mkdtempSync(join(tmpdir(), 'cairn-backup-'))
  after(() => rm(directory, { recursive: true, force: true }))

  const on = (file: string): Config => ({
    ...scene().at.config,
    database: { kind: 'sqlite', file },
  })

  test('taken under load passes the check, and is a catalog that goes on', async () => {
    const { run } = await scene().open('busy')
    let isDone = false
    const writing = (async () => {
      for (let step = 1; !isDone; step += 1) await scene().save(run, step)
    })()
    const file = join(directory, 'under-load.sqlite')
    const states: number[] = []
    const before = await scene().size()
    try {
      const { sizeBytes } = await backupCatalog(scene().at.config, file, ({ copiedBytes }) =>
        states.push(copiedBytes),
      )
      assert.ok(sizeBytes > 100_000)
      assert.ok(states.length > 0)
      assert.deepEqual(
        states,
        states.toSorted((left, right) => left - right),
      )
      // Much later than the snapshot: what was written since is not in it.
      while ((await scene().size()) < before + 30) await scene().put('/jobs/waits', {})
    } finally {
      isDone = true
      await writing
    }
    const verdict = await checkOf(on(file))
    assert.deepEqual(verdict.findings, [])
    assert.ok(verdict.entryCount >= before && verdict.entryCount < (await scene().size()))
    assert.deepEqual((await checkOf(scene().at.config)).findings, [])

    const config = await newConfig('sqlite')
    assert.ok(config.database.kind === 'sqlite')
    copyFileSync(file, config.database.file)
    const restored = await openTestCatalog('sqlite', config)
    try {
      const moved = sceneIn(restored, NAMESPACE)
      assert.equal(await moved.size(), verdict.entryCount)
      // Another machine's memory knows nothing of it, and its keys are others: somebody must say that it is meant.
      refused(await moved.put('/jobs/after-the-restore', {}), 'LOG_ROLLED_BACK')
      await rememberLog(config, NAMESPACE)
      answered(await moved.put('/jobs/after-the-restore', {}), 200)
    } finally {
      await restored.close()
    }
  })

  test('never replaces a file, and leaves nothing half-written', async () => {
    const file = join(directory, 'taken.sqlite')
    writeFileSync(file, 'mine')
    const before = readdirSync(directory)
    await assert.rejects(
      backupCatalog(scene().at.config, file, () => undefined),
      {
        code: 'CONFIG_INVALID',
        message: /already/,
      },
    )
    const nowhere = join(directory, 'no', 'folder.sqlite')
    await assert.rejects(
      backupCatalog(scene().at.config, nowhere, () => undefined),
      {
        code: 'CONFIG_INVALID',
        message: /folder/,
      },
    )
    assert.deepEqual(readdirSync(directory), before)
    assert.ok(!existsSync(join(directory, 'no')))
  })

  test('is not made of PostgreSQL, and says what to use', async () => {
    const database = { kind: 'postgres', url: 'postgres://127.0.0.1:1/none' } as const
    const config = { ...scene().at.config, database }
    await assert.rejects(
      backupCatalog(config, join(directory, 'pg.sqlite'), () => undefined),
      {
        code: 'CONFIG_INVALID',
        message: /pg_dump/,
      },
    )
  })
})
