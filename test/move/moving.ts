import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { Dialect } from '../../migrations/dialect.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { projections } from '../../server/compose.ts'
import type { Config } from '../../server/config.ts'
import { checkCatalog, type CatalogVerdict } from '../../server/inspect/check-catalog.ts'
import { exportLog } from '../../server/move/export-log.ts'
import { importLog, type Imported, type ImportTarget } from '../../server/move/import-log.ts'
import type { Scratch } from '../../server/store/open-scratch.ts'
import { openSnapshot } from '../../server/store/open-snapshot.ts'
import { newConfig, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { declareScene, refused, sceneIn, type Scene } from '../register/scene.ts'
import { openRaw } from '../store/raw.ts'

export const NAMESPACE = 'airline'

const silent = (): void => undefined

/** Fills a namespace with a history of many kinds of entries: at least `count` of them. */
export async function fillScene(scene: Scene, count: number): Promise<void> {
  const { run } = await scene.open('fares', { labels: { shift: 'night' } })
  await scene.put('/jobs/labelled', { labels: { team: 'pricing' }, description: 'ünïcode' })
  let step = 0
  let last = await scene.save(run, (step += 1))
  await scene.evidence(last, 'present')
  await scene.tombstone(await scene.save(run, (step += 1)))
  for (let size = await scene.size(); size < count; size = await scene.size()) {
    scene.at.advance(1000)
    const saved = await Promise.all(
      [1, 2, 3, 4].map((offset) => scene.put(`/jobs/job-${size}-${offset}`, {})),
    )
    assert.ok(saved.every((one) => one.status === 200))
    last = await scene.save(run, (step += 1), { labels: { part: String(step) } })
    if (step % 5 === 0) await scene.evidence(last, 'verified')
  }
}

/** An export of a catalog's namespace, whole. */
export async function exportOf({ catalog }: TestCatalog, namespace = NAMESPACE): Promise<Buffer> {
  const { db, signer } = catalog.context
  const chunks: Uint8Array[] = []
  for await (const chunk of exportLog({ db, signer }, namespace as NamespaceName, silent)) {
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Imports bytes into a catalog. */
export function importInto(
  { catalog }: TestCatalog,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  options: Partial<Pick<ImportTarget, 'keys' | 'continues' | 'projections'>> = {},
): Promise<Imported> {
  const { database, context } = catalog
  const { signer, nowMs } = context
  const target = { database, projections, signer, keys: [], onProgress: silent, nowMs, ...options }
  return importLog(bytes instanceof Uint8Array ? piecesOf(bytes) : bytes, target)
}

/** Bytes in pieces of odd sizes, as a pipe may give them. */
export async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 65_537) {
    yield bytes.subarray(at, at + size)
  }
}

/** Checks the database of a configuration from outside. */
export function checkOf(
  { database }: Pick<Config, 'database'>,
  namespace?: string,
  scratch?: Scratch,
): Promise<CatalogVerdict> {
  return checkCatalog(() => openSnapshot(database), {
    projections,
    ...(scratch === undefined ? {} : { scratch }),
    onProgress: silent,
    ...(namespace === undefined ? {} : { namespace: namespace as NamespaceName }),
  })
}

/** An empty catalog that signs with the keys of another, and remembers on its own. */
export async function openSibling(dialect: Dialect, { config }: TestCatalog): Promise<TestCatalog> {
  return openTestCatalog(dialect, { ...(await newConfig(dialect)), logKeys: config.logKeys })
}

/** Within a suite: a namespace with a history, on a dialect. */
export function useFilled(dialect: Dialect, count: number): () => Scene {
  let scene: Scene | undefined
  before(async () => {
    scene = await declareScene(await openTestCatalog(dialect), NAMESPACE)
    await fillScene(scene, count)
  })
  after(() => scene?.at.close())
  return () => {
    assert.ok(scene, 'the suite has begun')
    return scene
  }
}

/** No trace of the namespace is left, and it can be declared as a new one. */
export async function assertEmpty(at: TestCatalog): Promise<void> {
  const raw = await openRaw(at.config)
  for (const table of ['entry', 'document', 'tile', 'tree_head', 'log_head', 'checkpoint']) {
    assert.deepEqual(await raw.run(`select * from ${table}`), [], table)
  }
  await raw.close()
  refused(await sceneIn(at, NAMESPACE).get('/entries'), 'NAMESPACE_NOT_FOUND')
}
