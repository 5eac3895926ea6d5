import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { openTileFolder } from '../../client-sdk/stores/tile-folder.ts'
import { auditLog } from '../../client-sdk/verify/audit-log.ts'
import { digestOf } from '../../schema/digest.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { parseSignedNote } from '../../schema/transparency/signed-note.ts'
import { formatVerifierKey } from '../../schema/transparency/verifier-key.ts'
import { followCatalog } from '../../server/publish-logs.ts'
import { openFolderTarget } from '../../server/publish/folder-target.ts'
import type { PublishedLog } from '../../server/publish/publish-log.ts'
import { publishAll, startPublisher } from '../../server/publish/publisher.ts'
import type { PublishTarget } from '../../server/publish/tile-sink.ts'
import { dialects, newConfig, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { answered, declareScene, type Scene } from '../register/scene.ts'
import { openRaw } from '../store/raw.ts'
import { valueOf } from '../transparency/note-samples.ts'
import { verifyFolderNaively } from '../verify/naive-verifier.ts'
import {
  logKeysOf,
  NAMESPACE,
  openWitness,
  openWitnessed,
  policyText,
} from '../witness/deployment.ts'

function newFolder(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-publish-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Publishes once, to a folder or to a target that does as a test wants. */
async function publish(
  { catalog }: TestCatalog,
  target: PublishTarget | string,
): Promise<readonly PublishedLog[]> {
  const failures: unknown[] = []
  const open = typeof target === 'string' ? await openFolderTarget(target) : target
  try {
    const { db, signer, cosignatures } = catalog.context
    return await publishAll(
      { db, signer, cosignatures, target: open, onFailure: (error) => failures.push(error) },
      new AbortController().signal,
    )
  } finally {
    open.close()
    if (failures.length > 0) await Promise.reject(failures[0])
  }
}

/** Asserts that a folder is a whole log, by our audit and by the one that shares nothing with it; its size. */
async function audited(at: TestCatalog, folder: string): Promise<number> {
  const directory = join(folder, NAMESPACE)
  const [key] = logKeysOf(at)
  assert.ok(key)
  const verdict = await auditLog(openTileFolder({ directory }), { keys: [key] })
  assert.deepEqual(verdict.findings, [])
  const size = verifyFolderNaively(directory, formatVerifierKey(key))
  assert.equal(verdict.checkedCount, size)
  return size
}

/** Appends entries until the log has a size. */
async function growTo(scene: Scene, size: number): Promise<void> {
  const from = await scene.size()
  const jobs = Array.from({ length: size - from }, (_, at) =>
    scene.put(`/jobs/job-${from + at}`, {}),
  )
  for (const job of await Promise.all(jobs)) answered(job, 200)
  assert.equal(await scene.size(), size)
}

async function openScene(context: TestContext, at: TestCatalog): Promise<Scene> {
  context.after(() => at.close())
  return declareScene(at, NAMESPACE)
}

/** A target that fails after so many files, as a process does that is killed. */
function failingAfter(target: PublishTarget, fileCount: number): PublishTarget {
  let left = fileCount
  return {
    ...target,
    sinkOf: (namespace) => {
      const sink = target.sinkOf(namespace)
      return {
        ...sink,
        add: async (files) => {
          for (const file of files) {
            if (left === 0) throw new Error('killed')
            left -= 1
            await sink.add([file])
          }
        },
        replaceHead: async (bytes) => {
          if (left === 0) throw new Error('killed')
          left -= 1
          return sink.replaceHead(bytes)
        },
      }
    },
  }
}

for (const dialect of dialects) {
  describe(`publishing a log of a catalog on ${dialect}`, () => {
    test('writes what the log has grown by, and the folder is a whole log each time', async (context) => {
      const scene = await openScene(context, await openTestCatalog(dialect))
      const folder = newFolder(context)
      const tiles = join(folder, NAMESPACE, 'tile')
      let before = 0
      for (const size of [10, 255, 256, 257, 300, 600]) {
        await growTo(scene, size)
        assert.deepEqual(await publish(scene.at, folder), [{ namespace: NAMESPACE, before, size }])
        assert.equal(await audited(scene.at, folder), size)
        before = size
      }
      // Partial tiles of older heads stay until the full one is there.
      assert.deepEqual(readdirSync(join(tiles, '0')), ['000', '001', '002.p'])
      assert.deepEqual(readdirSync(join(tiles, 'entries', '002.p')), ['88'])
      assert.deepEqual(readdirSync(join(tiles, '1', '000.p')), ['1', '2'])
      assert.deepEqual(await publish(scene.at, folder), [
        { namespace: NAMESPACE, before, size: before },
      ])
      assert.deepEqual(readdirSync(join(folder, '.tmp')), [])
    })

    test('publishes every document under its digest, byte for byte', async (context) => {
      const scene = await openScene(context, await openTestCatalog(dialect))
      const folder = newFolder(context)
      const { run } = await scene.open('nightly')
      const digests = []
      for (let step = 1; step <= 20; step += 1) {
        digests.push(await scene.save(run, step))
        if (step === 7) await publish(scene.at, folder)
      }
      await publish(scene.at, folder)
      const documents = join(folder, NAMESPACE, 'documents', 'sha256')
      assert.deepEqual(
        readdirSync(documents).toSorted(),
        digests.map((digest) => digest.slice('sha256:'.length)).toSorted(),
      )
      for (const digest of digests) {
        const bytes = readFileSync(join(documents, digest.slice('sha256:'.length)))
        assert.equal(digestOf(bytes), digest)
      }
    })

    test('leaves a whole log wherever it is cut off, and goes on from there', async (context) => {
      const scene = await openScene(context, await openTestCatalog(dialect))
      const folder = newFolder(context)
      await growTo(scene, 200)
      await publish(scene.at, folder)
      const { run } = await scene.open('nightly')
      for (let step = 1; step <= 3; step += 1) await scene.save(run, step)
      await growTo(scene, 520)
      let cutCount = 0
      for (;;) {
        const target = failingAfter(await openFolderTarget(folder), cutCount)
        const outcome = await publish(scene.at, target).catch((error: unknown) => error)
        if (!(outcome instanceof Error)) break
        assert.match(outcome.message, /killed/)
        assert.equal(await audited(scene.at, folder), 200)
        cutCount += 1
      }
      assert.equal(cutCount, 8)
      assert.equal(await audited(scene.at, folder), 520)
    })

    test('publishes no smaller head, and none that does not continue the one that is there', async (context) => {
      const config = await newConfig(dialect)
      const scene = await openScene(context, await openTestCatalog(dialect, config))
      const folder = newFolder(context)
      await growTo(scene, 40)
      await publish(scene.at, folder)
      const head = readFileSync(join(folder, NAMESPACE, 'checkpoint'), 'utf8')
      // Another database under the same keys: what an old copy is, and what a fork is.
      const { signerMemory: _, ...other } = await newConfig(dialect)
      const signerMemory = {
        kind: 'sqlite',
        file: join(other.dataDirectory, 'memory.sqlite'),
      } as const
      const restored = await openScene(
        context,
        await openTestCatalog(dialect, { ...other, signerMemory, logKeys: config.logKeys }),
      )
      for (const size of [30, 40, 41, 300]) {
        // Of the same log, but for the time of what follows the 30 entries.
        await growTo(restored, size)
        restored.at.advance(1)
        await assert.rejects(publish(restored.at, folder), { code: 'LOG_ROLLED_BACK' })
        assert.equal(readFileSync(join(folder, NAMESPACE, 'checkpoint'), 'utf8'), head)
      }
      assert.equal(await audited(scene.at, folder), 40)
      const stranger = await openScene(context, await openTestCatalog(dialect))
      await growTo(stranger, 50)
      await assert.rejects(publish(stranger.at, folder), { code: 'CONFIG_INVALID' })
    })

    test('publishes nothing of a batch whose entries were altered in the database', async (context) => {
      const scene = await openScene(context, await openTestCatalog(dialect))
      const folder = newFolder(context)
      await growTo(scene, 20)
      await publish(scene.at, folder)
      await growTo(scene, 30)
      await alterEntry(scene.at)
      await assert.rejects(publish(scene.at, folder), { code: 'LOG_CORRUPT' })
      assert.equal(await audited(scene.at, folder), 20)
    })

    test('publishes no head over a tile that was altered in the database, at any level', async (context) => {
      const scene = await openScene(context, await openTestCatalog(dialect))
      const folder = newFolder(context)
      await growTo(scene, 20)
      await publish(scene.at, folder)
      await growTo(scene, 600)
      const raw = await openRaw(scene.at.config)
      try {
        const guard = dialect === 'sqlite' ? 'drop trigger tile_no_update' : GUARD_OFF
        await raw.run(guard)
        for (const [column, start] of [
          ['hashes', 1],
          ['hashes', 8161],
          ['root', 1],
        ] as const) {
          const kept = await raw.run(`select ${column} as bytes from tile where tile_index = 1`)
          const bytes = Buffer.from(kept[0]?.['bytes'] as Uint8Array)
          const altered = Buffer.from(bytes)
          altered[start] = (altered[start] ?? 0) ^ 1
          const write = (value: Buffer): Promise<unknown> =>
            raw.run(
              `update tile set ${column} = ${dialect === 'sqlite' ? `x'${value.toString('hex')}'` : `'\\x${value.toString('hex')}'`} where tile_index = 1`,
            )
          await write(altered)
          // Nothing of what was read before is remembered.
          const fresh = await openTestCatalog(dialect, scene.at.config)
          await assert.rejects(publish(fresh, folder), { code: 'LOG_CORRUPT' })
          await fresh.catalog.close()
          assert.equal(await audited(scene.at, folder), 20)
          await write(bytes)
        }
      } finally {
        await raw.close()
      }
      const sound = await openTestCatalog(dialect, scene.at.config)
      await publish(sound, folder)
      await sound.catalog.close()
      assert.equal(await audited(scene.at, folder), 600)
    })

    test('follows a server that writes, one process for a folder', async (context) => {
      const scene = await openScene(context, await openTestCatalog(dialect))
      const folder = newFolder(context)
      const { catalog } = scene.at
      const { db, signer, cosignatures } = catalog.context
      const done = Promise.withResolvers<void>()
      const publisher = startPublisher({
        db,
        signer,
        cosignatures,
        target: await openFolderTarget(folder),
        onPublished: ({ size }) => (size === 270 ? done.resolve() : undefined),
        onFailure: done.reject,
      })
      catalog.follow(publisher.announce)
      try {
        await assert.rejects(followCatalog(catalog, folder), { code: 'CONFIG_INVALID' })
        for (const mistyped of ['S3://bucket/logs', 's3:/bucket/logs', 'file:///srv/logs']) {
          await assert.rejects(followCatalog(catalog, mistyped), { code: 'CONFIG_INVALID' })
        }
        await growTo(scene, 270)
        await done.promise
      } finally {
        await publisher.close()
      }
      assert.equal(await audited(scene.at, folder), 270)
      const next = await followCatalog(catalog, folder)
      await next?.close()
      assert.equal(await followCatalog(catalog, undefined), undefined)
    })

    test('closing publishes what was written last, and waits ten seconds at most', async (context) => {
      const scene = await openScene(context, await openTestCatalog(dialect))
      const folder = newFolder(context)
      const publisher = await followCatalog(scene.at.catalog, folder)
      await growTo(scene, 30)
      await publisher?.close()
      assert.equal(await audited(scene.at, folder), 30)
      const target = await openFolderTarget(folder)
      const hanging = Promise.withResolvers<void>()
      const failures: unknown[] = []
      const { db, signer, cosignatures } = scene.at.catalog.context
      const stuck = startPublisher({
        db,
        signer,
        cosignatures,
        target: {
          ...target,
          sinkOf: (namespace) => ({
            ...target.sinkOf(namespace),
            add: () => {
              hanging.resolve()
              return new Promise<never>(() => undefined)
            },
          }),
        },
        onFailure: (error) => failures.push(error),
      })
      await growTo(scene, 31)
      stuck.announce(NAMESPACE as NamespaceName)
      await hanging.promise
      context.mock.timers.enable({ apis: ['setTimeout'] })
      const closed = stuck.close()
      context.mock.timers.tick(10_000)
      await closed
      assert.equal(failures.length, 1)
      assert.match(String(failures[0]), /Not all that was written last is published/)
    })

    test('publishes heads with the cosignatures of their witnesses, and takes none away', async (context) => {
      const { scene, keys } = await openWitnessed(context, dialect, async (logKeys) =>
        policyText([await openWitness(context, logKeys)]),
      )
      const folder = newFolder(context)
      const signatureCount = (): number =>
        valueOf(parseSignedNote(readFileSync(join(folder, NAMESPACE, 'checkpoint')))).signatures
          .length
      await growTo(scene, 12)
      await publish(scene.at, folder)
      assert.equal(signatureCount(), keys.length + 1)
      const { context: catalog } = scene.at.catalog
      const withoutWitnesses = { ...catalog, cosignatures: undefined }
      await publish(
        { ...scene.at, catalog: { ...scene.at.catalog, context: withoutWitnesses } },
        folder,
      )
      assert.equal(signatureCount(), keys.length + 1)
      assert.equal(await audited(scene.at, folder), 12)
    })
  })
}

/** Takes the guards of the table of tiles away. */
const GUARD_OFF = 'alter table tile disable trigger all'

async function alterEntry(at: TestCatalog): Promise<void> {
  const raw = await openRaw(at.config)
  try {
    const statements =
      at.config.database.kind === 'sqlite'
        ? [
            'drop trigger entry_no_update',
            `update entry set bytes = cast(replace(cast(bytes as text), 'job-25"', 'job-26"') as blob)
              where instr(bytes, 'job-25"') > 0`,
          ]
        : [
            'alter table entry disable trigger all',
            'alter table entry drop constraint entry_leaf_hash',
            `update entry set bytes = convert_to(
                replace(convert_from(bytes, 'UTF8'), 'job-25"', 'job-26"'), 'UTF8')
              where position('job-25"'::bytea in bytes) > 0`,
          ]
    for (const statement of statements) await raw.run(statement)
  } finally {
    await raw.close()
  }
}
