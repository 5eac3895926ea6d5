import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import BetterSqlite from 'better-sqlite3'
import { openTestCatalog } from '../harness/catalog.ts'
import { declareScene } from '../register/scene.ts'
import { flipBytes, type FlipCounts, type FlipTask } from './flip-bytes.ts'
import { checkOf, NAMESPACE } from './moving.ts'

/** Small pages: fewer of their bytes are in no row. */
const PAGE_BYTES = 1024
/** A whole small catalog; and of one that has a full tile, what holds it. */
const databases = [
  { entryCount: 200, table: undefined },
  { entryCount: 260, table: 'tile' },
] as const
/** 1 tries every byte, for some minutes; a prime between samples gives each column of each page its turn. */
const STRIDE = Number(process.env['CAIRN_TEST_FLIP_STRIDE'] ?? 1_999)
/** Bytes from which on it pays to start threads. */
const THREADS_FROM_COUNT = 10_000
/** Memory, where the system has such a folder: every flip is written and read again. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

for (const { entryCount, table } of databases) {
  const part =
    table === undefined ? 'a database file' : `the pages of "${table}" in a database file`
  describe(`${part} of ${entryCount} entries`, () => {
    const directory = mkdtempSync(join(PLACE, 'cairn-damage-'))
    const file = join(directory, 'catalog.sqlite')
    before(() => makeFile(file, entryCount))
    after(() => rm(directory, { recursive: true, force: true }))

    test('with a byte flipped is reported, or every row, index and use is as it was', async (t) => {
      const offsets = offsetsOf(file, table).filter((_, place) => place % STRIDE === 0)
      const startedMs = performance.now()
      const { missed, reported, harmless } = await flipInThreads(file, offsets)
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
      t.diagnostic(
        `${offsets.length} flips: ${reported} found, ${harmless} without meaning, ${missed.length} missed, ${seconds} s`,
      )
      assert.deepEqual(missed, [])
      assert.equal(reported + harmless, offsets.length)
      assert.ok(reported > harmless)
    })
  })
}

describe('a database file', () => {
  const directory = mkdtempSync(join(PLACE, 'cairn-damage-'))
  const file = join(directory, 'catalog.sqlite')
  before(() => makeFile(file, databases[0].entryCount))
  after(() => rm(directory, { recursive: true, force: true }))

  test('that is cut off, empty or no database is a finding, never a crash', async () => {
    const bytes = readFileSync(file)
    for (const content of [
      bytes.subarray(0, 100),
      bytes.subarray(0, Math.floor(bytes.length / 2)),
      Buffer.from('this is no database, however long one looks at it'.repeat(100)),
    ]) {
      const other = join(directory, 'other.sqlite')
      const descriptor = openSync(other, 'w')
      writeSync(descriptor, content)
      closeSync(descriptor)
      const verdict = await checkOf({ database: { kind: 'sqlite', file: other } })
      assert.equal(verdict.ok, false)
      assert.ok(verdict.findings.every((one) => one.message.length > 20))
    }
  })
})

/** A catalog's file with a little of everything, in few batches: the fewer pages, the sooner each byte is tried. */
async function makeFile(file: string, entryCount: number): Promise<void> {
  const at = await openTestCatalog('sqlite')
  const scene = await declareScene(at, NAMESPACE)
  const { run } = await scene.open('fares', { labels: { shift: 'night' } })
  const full = await scene.save(run, 1, { labels: { part: '1' } })
  await scene.evidence(full, 'present')
  await scene.save(run, 2, { base: full })
  await scene.tombstone(await scene.save(run, 3))
  await scene.open('fares')
  at.advance(1000)
  const left = entryCount - (await scene.size())
  await Promise.all(Array.from({ length: left }, (_, place) => scene.put(`/jobs/j${place}`, {})))
  assert.equal(await scene.size(), entryCount)
  await at.catalog.close()
  assert.ok(at.config.database.kind === 'sqlite')
  copyFileSync(at.config.database.file, file)
  await rm(at.config.dataDirectory, { recursive: true, force: true })
  const handle = new BetterSqlite(file)
  handle.pragma('journal_mode = DELETE')
  handle.pragma(`page_size = ${PAGE_BYTES}`)
  handle.exec('vacuum')
  handle.close()
}

/** Every byte of a file, or of the pages of one table. */
function offsetsOf(file: string, table: string | undefined): readonly number[] {
  const handle = new BetterSqlite(file, { readonly: true })
  const pages = handle
    .prepare<[], { name: string; pageno: number }>('select name, pageno from dbstat')
    .all()
  handle.close()
  if (table === undefined) return Array.from(readFileSync(file).keys())
  return pages
    .filter(({ name }) => name === table)
    .flatMap(({ pageno }) =>
      Array.from({ length: PAGE_BYTES }, (_, at) => (pageno - 1) * PAGE_BYTES + at),
    )
}

/** Flips bytes in as many threads as there are cores, each on a copy of its own. */
async function flipInThreads(file: string, offsets: readonly number[]): Promise<FlipCounts> {
  if (offsets.length < THREADS_FROM_COUNT) return flipBytes({ file, offsets })
  const count = availableParallelism()
  const parts = await Promise.all(
    Array.from({ length: count }, async (_, thread) => {
      const copy = `${file}-${thread}`
      copyFileSync(file, copy)
      // Every so manieth byte: all threads have their part of what takes long.
      const own = offsets.filter((__, place) => place % count === thread)
      const workerData: FlipTask = { file: copy, offsets: own }
      const worker = new Worker(new URL('flip-bytes.ts', import.meta.url), { workerData })
      const [counts] = (await once(worker, 'message')) as [FlipCounts]
      return counts
    }),
  )
  const sum = (of: (part: FlipCounts) => number): number =>
    parts.reduce((total, part) => total + of(part), 0)
  return {
    reported: sum((part) => part.reported),
    harmless: sum((part) => part.harmless),
    missed: parts.flatMap((part) => part.missed),
  }
}
