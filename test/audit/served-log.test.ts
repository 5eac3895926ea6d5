import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { openTileFolder } from '../../client-sdk/stores/tile-folder.ts'
import { auditLog } from '../../client-sdk/verify/audit-log.ts'
import { openHttpTiles } from '../../client-sdk/verify/http-tiles.ts'
import { parseTrustRoot } from '../../client-sdk/verify/parse-trust-root.ts'
import type { TileSource } from '../../client-sdk/verify/tile-source.ts'
import type { Dialect } from '../../migrations/dialect.ts'
import { entryBundlesOf, hashTilesOf } from '../../schema/transparency/tile-coverage.ts'
import { formatTilePath } from '../../schema/transparency/tile-path.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, useScene } from '../register/scene.ts'
import { openRaw } from '../store/raw.ts'
import { verifyFolderNaively } from '../verify/naive-verifier.ts'
import { writeFolder } from '../verify/tile-log.ts'

/** More than one full tile. */
const JOBS_COUNT = 300

/** Takes the guards of a table away, and changes a byte of one entry: what a person with the file can do. */
const tampering: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    'drop trigger entry_no_update',
    `update entry set bytes = cast(replace(cast(bytes as text), 'job-7"', 'job-8"') as blob)
      where log_index = (select min(log_index) from entry where instr(bytes, 'job-7"') > 0)`,
  ],
  postgres: [
    'alter table entry disable trigger all',
    'alter table entry drop constraint entry_leaf_hash',
    `update entry set bytes = convert_to(
        replace(convert_from(bytes, 'UTF8'), 'job-7"', 'job-8"'), 'UTF8')
      where position('job-7"'::bytea in bytes) > 0`,
  ],
}

for (const dialect of dialects) {
  describe(`an auditor of a server on ${dialect}`, () => {
    const scene = useScene(dialect)
    let source: TileSource
    let vkey: string
    let size: number
    const trust = () => parseTrustRoot({ keys: [vkey] })

    before(async () => {
      await Promise.all(
        Array.from({ length: JOBS_COUNT }, (_, number) => scene().put(`/jobs/job-${number}`, {})),
      )
      const { at } = scene()
      source = openHttpTiles({
        url: `http://localhost${scene().path('/log')}`,
        token: at.token,
        fetch: at.fetch,
      })
      const found = answered(await scene().get('/log/keys'), 200)
      vkey = found.keys[0]
      size = await scene().size()
    })

    const download = async (directory: string): Promise<void> => {
      const files = new Map<string, Uint8Array>()
      const tiles = [...hashTilesOf(size), ...entryBundlesOf(size)].map(formatTilePath)
      for (const path of ['checkpoint', ...tiles]) {
        const bytes = await source.read(path)
        assert.ok(bytes, path)
        files.set(path, bytes)
      }
      await writeFolder(directory, files)
    }

    test('finds nothing wrong over HTTP, and nothing in a folder of what was downloaded', async (context) => {
      const verdict = await auditLog(source, trust())
      assert.deepEqual(verdict.findings, [])
      assert.deepEqual([verdict.ok, verdict.checkedCount], [true, size])
      const directory = await mkdtemp(join(tmpdir(), 'cairn-served-'))
      context.after(() => rm(directory, { recursive: true, force: true }))
      await download(directory)
      assert.equal(verifyFolderNaively(directory, vkey), size)
      assert.equal((await auditLog(openTileFolder({ directory }), trust())).ok, true)
    })

    test('finds an entry that was changed behind the back of the server', async () => {
      const raw = await openRaw(scene().at.config)
      try {
        for (const statement of tampering[dialect]) await raw.run(statement)
      } finally {
        await raw.close()
      }
      const verdict = await auditLog(source, trust())
      assert.equal(verdict.ok, false)
      assert.deepEqual(
        verdict.findings.map((finding) => finding.code),
        ['tile-mismatch', 'tile-mismatch', 'root-mismatch'],
      )
      assert.match(verdict.findings[0]?.where ?? '', /^tile\/0\/000, hash \d+$/)
    })
  })
}
