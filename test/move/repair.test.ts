import assert from 'node:assert/strict'
import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openPublishedFolder, openPublishedSite } from '../../client-sdk/cli/published-log.ts'
import type { Dialect } from '../../migrations/dialect.ts'
import { projections } from '../../server/compose.ts'
import { repairLog, type LogFiles, type Repaired } from '../../server/move/repair-log.ts'
import { repairNamespace } from '../../server/maintain.ts'
import { openFolderTarget } from '../../server/publish/folder-target.ts'
import { publishAll } from '../../server/publish/publisher.ts'
import { dialects, newConfig, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { answered, refused, sceneIn } from '../register/scene.ts'
import { checkOf, exportOf, fillScene, importInto, NAMESPACE, useFilled } from './moving.ts'

const OLD_COUNT = 120
/** Over the end of a tile. */
const NEW_COUNT = 300

for (const dialect of dialects) {
  describe(`repairing a log that was set back on ${dialect}`, () => {
    const scene = useFilled(dialect, OLD_COUNT)
    const directory = mkdtempSync(join(tmpdir(), 'cairn-repair-'))
    const published = { middle: join(directory, 'middle'), newest: join(directory, 'newest') }
    let old: Buffer = Buffer.alloc(0)
    let middle: Buffer = Buffer.alloc(0)
    let newest: Buffer = Buffer.alloc(0)
    let newestSize = 0

    before(async () => {
      old = await exportOf(scene().at)
      await fillScene(scene(), (OLD_COUNT + NEW_COUNT) / 2)
      await publish(scene().at, published.middle)
      middle = await exportOf(scene().at)
      await fillScene(scene(), NEW_COUNT)
      await publish(scene().at, published.newest)
      newest = await exportOf(scene().at)
      newestSize = await scene().size()
    })
    after(() => rm(directory, { recursive: true, force: true }))

    /** The catalog as it was at the old size, with the signer's memory of the newest. */
    const useSetBack = async (use: (at: TestCatalog) => Promise<void>): Promise<void> => {
      const at = await openSetBack(dialect, scene().at, old)
      try {
        const setBack = sceneIn(at, NAMESPACE)
        const facts = refused(await setBack.put('/jobs/too-early', {}), 'LOG_ROLLED_BACK')
        assert.equal(facts.missingTo, newestSize - 1)
        answered(await setBack.latest('fares'), 200)
        await use(at)
      } finally {
        await at.close()
      }
    }
    const assertWhole = async (at: TestCatalog): Promise<void> => {
      const { findings } = await checkOf(at.config)
      assert.deepEqual(findings, [])
      const { signer } = at.catalog.context
      const root = await headOf(at)
      assert.equal(signer.sign(NAMESPACE as never, root), signedHead(newest))
      const whole = sceneIn(at, NAMESPACE)
      assert.deepEqual(
        answered(await whole.latest('fares'), 200),
        answered(await scene().latest('fares'), 200),
      )
      answered(await whole.put('/jobs/after-the-repair', {}), 200)
      assert.ok((await whole.size()) > newestSize)
    }

    test('published tiles bring it back to the same root, and it takes writes again', () =>
      useSetBack(async (at) => {
        // As another process would, while this one serves.
        const repaired = await repairNamespace(
          at.config,
          { kind: 'published', log: folder(published.newest) },
          { namespace: NAMESPACE, onProgress: () => undefined },
        )
        assert.ok(repaired.from < repaired.size)
        assert.deepEqual([repaired.size, repaired.complete], [newestSize, true])
        await assertWhole(at)
      }))

    test('a site that serves the published files does as well', () =>
      useSetBack(async (at) => {
        const site = await serveFolder(join(published.newest, NAMESPACE))
        try {
          const repaired = await repair(at, openPublishedSite(`${site.url}/`, undefined))
          assert.deepEqual([repaired.size, repaired.complete], [newestSize, true])
        } finally {
          site.close()
        }
        await assertWhole(at)
      }))

    test('an export brings it back byte by byte', () =>
      useSetBack(async (at) => {
        const keys = at.catalog.context.signer.verifierKeys(NAMESPACE as never)
        const options = { keys, continues: NAMESPACE as never }
        const early = await importInto(at, middle, options)
        assert.equal(early.complete, false)
        refused(await sceneIn(at, NAMESPACE).put('/jobs/too-early', {}), 'LOG_ROLLED_BACK')
        await assert.rejects(importInto(at, middle, options), { code: 'LOG_INDEX_OUT_OF_RANGE' })
        const imported = await importInto(at, newest, options)
        assert.deepEqual([imported.size, imported.complete], [newestSize, true])
        assert.equal(imported.from, early.size)
        assert.ok((await exportOf(at)).equals(newest))
        await assertWhole(at)
      }))

    test('a copy that ends too early brings back what it has, and writes wait for the rest', () =>
      useSetBack(async (at) => {
        const repaired = await repair(at, folder(published.middle))
        assert.equal(repaired.complete, false)
        assert.ok(repaired.size > repaired.from && repaired.size < newestSize)
        assert.deepEqual((await checkOf(at.config)).findings, [])
        refused(await sceneIn(at, NAMESPACE).put('/jobs/too-early', {}), 'LOG_ROLLED_BACK')
        await assert.rejects(repair(at, folder(published.middle)), {
          code: 'LOG_INDEX_OUT_OF_RANGE',
        })
        assert.equal((await repair(at, folder(published.newest))).complete, true)
        await assertWhole(at)
      }))

    test('documents that are gone are named, and another folder may have them', () =>
      useSetBack(async (at) => {
        const copy = join(directory, 'without')
        const elsewhere = join(directory, 'elsewhere', 'sha256')
        await cp(published.newest, copy, { recursive: true })
        mkdirSync(elsewhere, { recursive: true })
        const documents = join(copy, NAMESPACE, 'documents', 'sha256')
        const names = readdirSync(documents)
        for (const name of names) renameSync(join(documents, name), join(elsewhere, name))
        const size = await sceneIn(at, NAMESPACE).size()
        await assert.rejects(repair(at, folder(copy)), (error: Error) => {
          assert.ok('code' in error && error.code === 'DOCUMENT_MISSING')
          assert.ok('detail' in error)
          const { digests } = error.detail as { readonly digests: readonly string[] }
          assert.ok(digests.length > 1)
          assert.ok(digests.every((one) => names.includes(one.slice('sha256:'.length))))
          return true
        })
        assert.equal(await sceneIn(at, NAMESPACE).size(), size)
        const repaired = await repair(at, folder(copy, join(directory, 'elsewhere')))
        assert.equal(repaired.complete, true)
        await assertWhole(at)
      }))

    test('tiles, documents and heads that were altered are refused, and nothing changes', () =>
      useSetBack(async (at) => {
        // A log that was set back is not exported, because its head is not signed.
        const stored = () => at.catalog.context.db.selectFrom('entry').selectAll().execute()
        const unchanged = await stored()
        const files = folder(published.newest)
        const altered = (one: string): LogFiles => ({
          read: async (path) => {
            const bytes = await files.read(path)
            return path === one ? flipped(bytes) : bytes
          },
          readDocument: async (digest) => {
            const bytes = await files.readDocument(digest)
            return one === 'document' ? flipped(bytes) : bytes
          },
        })
        for (const one of ['checkpoint', 'tile/entries/000', 'document']) {
          await assert.rejects(repair(at, altered(one)), { code: 'COPY_CORRUPT' }, one)
        }
        await assert.rejects(repair(at, { ...files, read: async () => undefined }), {
          code: 'COPY_CORRUPT',
        })
        const stranger = await openTestCatalog('sqlite')
        try {
          await assert.rejects(repair(stranger, files), { code: 'COPY_CORRUPT' })
        } finally {
          await stranger.close()
        }
        assert.deepEqual(await stored(), unchanged)
      }))

    test('an old export is refused as an import where more of its log was signed', async () => {
      const { config } = scene().at
      const { logKeys, signerMemory } = config
      const at = await openTestCatalog(dialect, {
        ...(await newConfig(dialect)),
        logKeys,
        signerMemory,
      })
      try {
        await assert.rejects(importInto(at, old), { code: 'LOG_ROLLED_BACK' })
        refused(await sceneIn(at, NAMESPACE).get('/entries'), 'NAMESPACE_NOT_FOUND')
        await importInto(at, newest)
        await assertWhole(at)
      } finally {
        await at.close()
      }
    })
  })
}

/** A new database that holds the log as it once was, with the keys and a copy of the memory of today. */
async function openSetBack(
  dialect: Dialect,
  today: TestCatalog,
  old: Buffer,
): Promise<TestCatalog> {
  const { logKeys, signerMemory } = today.config
  const config = { ...(await newConfig(dialect)), logKeys }
  const past = await openTestCatalog(dialect, config)
  await importInto(past, old)
  await past.catalog.close()
  assert.ok(signerMemory.kind === 'sqlite')
  const file = join(config.dataDirectory, 'memory-of-today.sqlite')
  for (const suffix of ['', '-wal']) {
    writeFileSync(`${file}${suffix}`, readFileSync(`${signerMemory.file}${suffix}`))
  }
  return openTestCatalog(dialect, { ...config, signerMemory: { kind: 'sqlite', file } })
}

async function publish({ catalog }: TestCatalog, to: string): Promise<void> {
  const { db, signer, cosignatures } = catalog.context
  const target = await openFolderTarget(to)
  const onFailure = (error: unknown): void => assert.fail(String(error))
  await publishAll({ db, signer, cosignatures, target, onFailure }, new AbortController().signal)
  target.close()
}

async function serveFolder(
  directory: string,
): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    const path = join(directory, request.url ?? '')
    const isThere = existsSync(path)
    response.writeHead(isThere ? 200 : 404).end(isThere ? readFileSync(path) : 'none')
  })
  const url = await new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      assert.ok(typeof address === 'object' && address !== null)
      resolve(`http://127.0.0.1:${address.port}`)
    })
  })
  return { url, close: () => server.close() }
}

function repair({ catalog }: TestCatalog, files: LogFiles): Promise<Repaired> {
  const { database, context } = catalog
  const namespace = NAMESPACE as never
  const { signer, nowMs } = context
  const onProgress = (): void => undefined
  return repairLog(files, { database, projections, signer, namespace, onProgress, nowMs })
}

function folder(published: string, documents?: string): LogFiles {
  return openPublishedFolder(join(published, NAMESPACE), documents)
}

function flipped(bytes: Uint8Array | undefined): Uint8Array | undefined {
  if (bytes === undefined) return undefined
  const changed = Buffer.from(bytes)
  const place = changed.length - 5
  changed.writeUInt8(changed.readUInt8(place) ^ 1, place)
  return changed
}

function signedHead(exported: Buffer): string {
  const [, note = ''] = /\nsigned-head \d+\n([\s\S]*)\ndigest 71\n/.exec(exported.toString()) ?? []
  return note
}

async function headOf({ catalog }: TestCatalog) {
  return catalog.context.db
    .selectFrom('tree_head')
    .select(['size', 'root'])
    .where('namespace', '=', NAMESPACE as never)
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
}
