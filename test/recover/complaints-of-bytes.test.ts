import assert from 'node:assert/strict'
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { CatalogClient } from '../../client-sdk/client.ts'
import { openDiskStore, restore } from '../../client-sdk/node.ts'
import { isCatalogError } from '../../schema/errors.ts'
import { dialects } from '../harness/catalog.ts'
import { makeFolder } from '../client-sdk/spool-fixture.ts'
import { useScene } from '../register/scene.ts'

for (const dialect of dialects) {
  describe(`complaints about restored bytes, on ${dialect}`, () => {
    const scene = useScene(dialect)
    const openCatalog = (): CatalogClient =>
      new CatalogClient({
        url: 'http://127.0.0.1',
        namespace: scene().namespace,
        token: scene().at.token,
        fetch: scene().at.fetch,
      })
    /** A job with two states on a disk, and the files of their bytes. */
    const begin = async (folder: string, job: string) => {
      const catalog = openCatalog()
      const store = await openDiskStore({ directory: join(folder, 'store') })
      const { run } = await catalog.runs.resume({ job })
      const files: string[] = []
      for (const step of [1, 2]) {
        const blob = await store.put('model.bin', Buffer.from(`the state of step ${step}`))
        files.push(await fileOf(join(folder, 'store'), `the state of step ${step}`))
        await run.checkpoint({ step, blobs: [blob] })
      }
      return { catalog, files }
    }

    test('a flipped byte is found days later: it is found while fetching, and the older state is taken', async (t) => {
      const folder = await makeFolder(t)
      const { catalog, files } = await begin(folder, 'flipped')
      await writeOver(files[1] ?? '', 'the state of step X')
      const plan = await catalog.recovery.plan({ job: 'flipped' })
      assert.equal(plan.step, 2)
      const into = join(folder, 'state')
      await assert.rejects(restore(plan, { into }), { code: 'BLOB_CORRUPT' })
      assert.deepEqual(await wholeFilesIn(into), [], 'nothing wrong has its final name')
      await catalog.checkpoints.recordEvidence(plan.checkpoint, {
        finding: 'verified',
        outcome: 'failed',
        method: 'restore',
      })
      const older = await catalog.recovery.plan({ job: 'flipped' })
      const state = await restore(older, { into: join(folder, 'older') })
      const [file] = state.stages[0]?.files ?? []
      assert.equal(await readFile(file?.path ?? '', 'utf8'), 'the state of step 1')
    })

    test('the blob is gone and the load fails with a riddle: the error names the blob', async (t) => {
      const folder = await makeFolder(t)
      const { catalog, files } = await begin(folder, 'gone')
      await rm(files[1] ?? '')
      const plan = await catalog.recovery.plan({ job: 'gone' })
      const failed = await restore(plan, { into: join(folder, 'state') }).catch(
        (error: unknown) => error,
      )
      assert.ok(isCatalogError(failed))
      assert.match(failed.message, /model\.bin/)
    })
  })
}

/** The file that holds a content. */
async function fileOf(directory: string, content: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name)
    if ((await readFile(path, 'utf8')) === content) return path
  }
  throw new Error(`no file holds "${content}"`)
}

async function writeOver(path: string, content: string): Promise<void> {
  await chmod(path, 0o600)
  await writeFile(path, content)
}

/** Files below a folder that a job would take for finished. */
async function wholeFilesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name === 'model.bin')
    .map((entry) => join(entry.parentPath, entry.name))
}
