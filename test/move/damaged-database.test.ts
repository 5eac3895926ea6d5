import assert from 'node:assert/strict'
import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import BetterSqlite from 'better-sqlite3'
import type { Config } from '../../server/config.ts'
import { openTestCatalog } from '../harness/catalog.ts'
import { declareScene } from '../register/scene.ts'
import { checkOf, fillScene, NAMESPACE } from './moving.ts'

/** One tile and the beginning of another. */
const ENTRY_COUNT = 260
/** 1 tries every byte, for some hours; a prime between samples gives each column of each page its turn. */
const STRIDE = Number(process.env['CAIRN_TEST_FLIP_STRIDE'] ?? 1_999)

/** What must never change: all that the log consists of. */
const sacred = [
  'select namespace, log_index, bytes, leaf_hash from entry',
  'select namespace, log_index, bytes from document',
  'select namespace, level, tile_index, hashes, root from tile',
  'select namespace, size, root, at_ms from tree_head',
  'select namespace, sequence, previous, hash, body from access_log',
] as const

describe('a database file in which a byte is another', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-damage-'))
  const file = join(directory, 'catalog.sqlite')
  let config: Config | undefined

  before(async () => {
    const at = await openTestCatalog('sqlite')
    await fillScene(await declareScene(at, NAMESPACE), ENTRY_COUNT)
    await at.catalog.close()
    assert.ok(at.config.database.kind === 'sqlite')
    copyFileSync(at.config.database.file, file)
    config = { ...at.config, database: { kind: 'sqlite', file } }
    await rm(at.config.dataDirectory, { recursive: true, force: true })
  })
  after(() => rm(directory, { recursive: true, force: true }))

  const check = async () => {
    assert.ok(config)
    return checkOf(config)
  }

  test('is reported, or leaves everything that the log consists of as it is', async () => {
    assert.deepEqual((await check()).findings, [])
    const whole = contentOf(file)
    const bytes = readFileSync(file)
    const counts = { reported: 0, harmless: 0 }
    const descriptor = openSync(file, 'r+')
    try {
      for (let offset = 0; offset < bytes.length; offset += STRIDE) {
        const flipped = bytes.readUInt8(offset) ^ (1 << (offset % 8))
        writeSync(descriptor, Uint8Array.of(flipped), 0, 1, offset)
        const { ok, findings } = await check()
        assert.equal(ok, findings.length === 0)
        if (ok) assert.equal(contentOf(file), whole, `byte ${offset} of ${bytes.length}`)
        counts[ok ? 'harmless' : 'reported'] += 1
        writeSync(descriptor, bytes, offset, 1, offset)
      }
    } finally {
      closeSync(descriptor)
    }
    assert.ok(counts.reported > counts.harmless, JSON.stringify(counts))
    assert.deepEqual((await check()).findings, [])
  })

  test('a file that is cut off, empty or no database is a finding, never a crash', async () => {
    assert.ok(config)
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
      const verdict = await checkOf({ ...config, database: { kind: 'sqlite', file: other } })
      assert.equal(verdict.ok, false)
      assert.ok(verdict.findings.every((one) => one.message.length > 20))
    }
  })
})

/** Everything that the log consists of, as one text. */
function contentOf(file: string): string {
  const handle = new BetterSqlite(file, { readonly: true })
  try {
    return JSON.stringify(
      sacred.map((text) =>
        handle
          .prepare<[], unknown[]>(`${text} order by 1, 2, 3`)
          .raw()
          .all()
          .map((row) =>
            row.map((value) =>
              value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
            ),
          ),
      ),
    )
  } finally {
    handle.close()
  }
}
