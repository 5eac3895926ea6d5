import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { verifyConsistency, verifyInclusion } from '../../schema/merkle-check.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { openDatabase } from '../../server/compose.ts'
import { proveConsistency, proveInclusion } from '../../server/log/read-proofs.ts'
import { dialects } from '../harness/catalog.ts'
import { useScene } from '../register/scene.ts'
import { naiveTree } from '../schema/naive-tree.ts'
import { declaring, upTo } from './drafts.ts'

/** Past the end of the first tile. */
const SIZE = 300

for (const dialect of dialects) {
  describe(`proofs from stored rows on ${dialect}`, () => {
    const scene = useScene(dialect)
    const namespace = (): NamespaceName => scene().namespace as NamespaceName
    const fill = async (): Promise<readonly Uint8Array[]> => {
      const { db, log } = scene().at.catalog.context
      const declared = await scene().size()
      for (let from = declared; from < SIZE; from += 37) {
        const numbers = upTo(Math.min(37, SIZE - from))
        await Promise.all(
          numbers.map((number) => log.append(declaring(scene().namespace, `job-${from + number}`))),
        )
      }
      const entries = await db
        .selectFrom('entry')
        .select('bytes')
        .where('namespace', '=', namespace())
        .orderBy('log_index')
        .execute()
      return entries.map((entry) => entry.bytes)
    }

    test('of every index and every size equal those of the naive tree', async () => {
      const leaves = await fill()
      assert.equal(leaves.length, SIZE)
      const tree = naiveTree(leaves)
      // A handle of its own has nothing in memory, so that all comes from rows.
      const database = await openDatabase(scene().at.config.database, Date.now)
      const db = database.reader
      for (let size = 1; size <= SIZE; size += 1) {
        for (let index = 0; index < size; index += 1) {
          const path = await proveInclusion(db, namespace(), { index, size })
          assert.equal(textOf(path), textOf(tree.inclusion(index, size)), `${index} in ${size}`)
          const consistency = await proveConsistency(db, namespace(), { from: index + 1, to: size })
          const expected = tree.consistency(index + 1, size)
          assert.equal(textOf(consistency), textOf(expected), `${index + 1} to ${size}`)
        }
      }
      await database.close()
    })

    test('hold when they are checked, and do not when a bit of them is flipped', async () => {
      const { db } = scene().at.catalog.context
      const tree = naiveTree(await fill())
      const [index, size] = [170, SIZE]
      const path = await proveInclusion(db, namespace(), { index, size })
      const claim = { index, size, leafHash: tree.root(index, index + 1), root: tree.root(0, size) }
      assert.deepEqual(verifyInclusion({ ...claim, path }), { ok: true })
      for (const flipped of flips(path)) {
        assert.equal(verifyInclusion({ ...claim, path: flipped }).ok, false)
      }
      const sizes = { oldSize: 171, newSize: SIZE }
      const roots = { oldRoot: tree.root(0, 171), newRoot: tree.root(0, SIZE) }
      const between = await proveConsistency(db, namespace(), { from: 171, to: SIZE })
      assert.deepEqual(verifyConsistency({ ...sizes, ...roots, path: between }), { ok: true })
      for (const flipped of flips(between)) {
        assert.equal(verifyConsistency({ ...sizes, ...roots, path: flipped }).ok, false)
      }
    })

    test('are refused beyond what the log has', async () => {
      const { db } = scene().at.catalog.context
      const outOfRange = { code: 'LOG_INDEX_OUT_OF_RANGE' }
      const size = await scene().size()
      for (const at of [
        { index: size, size },
        { index: 0, size: 0 },
        { index: 0, size: size + 1 },
        { index: 0, size: 2 ** 53 - 1 },
        { index: -1, size },
        { index: 0.5, size },
      ]) {
        await assert.rejects(proveInclusion(db, namespace(), at), outOfRange, JSON.stringify(at))
      }
      for (const between of [
        { from: 0, to: size },
        { from: size, to: size - 1 },
        { from: 1, to: size + 1 },
        { from: size + 1, to: size + 1 },
        { from: 2 ** 53 - 1, to: 2 ** 53 - 1 },
      ]) {
        await assert.rejects(proveConsistency(db, namespace(), between), outOfRange)
      }
    })
  })
}

const textOf = (path: readonly Uint8Array[]): string =>
  path.map((hash) => Buffer.from(hash).toString('hex')).join()

/** The path with each of its bits flipped in turn. */
function* flips(path: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  for (const [place, hash] of path.entries()) {
    for (let bit = 0; bit < hash.length * 8; bit += 1) {
      const changed = Uint8Array.from(hash)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      yield path.with(place, changed)
    }
  }
}
