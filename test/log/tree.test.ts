import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, test } from 'node:test'
import { emptyRange, extendRange, leafHash, rootOf } from '../../schema/merkle.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { extendTree } from '../../server/log/tree.ts'
import type { Database } from '../../server/store/database.ts'
import type { Row } from '../../server/store/tables.ts'
import { dialects } from '../harness/catalog.ts'
import { useScene, type Scene } from '../register/scene.ts'
import { naiveTree } from '../schema/naive-tree.ts'
import { declaring, upTo } from './drafts.ts'

/** Hashes of one tile. */
const TILE_COUNT = 256
/** Sizes of the batches that grow the log: across both ends of the first tiles, and exactly to one. */
const batchSizes = [1, 2, 61, 191, 1, 3, 130, 122, 1, 64, 192, 5] as const

for (const dialect of dialects) {
  describe(`the tree on ${dialect}`, () => {
    const scene = useScene(dialect)

    test('every leaf, head and full tile is what the formulas of RFC 6962 give', async () => {
      const { namespace, at } = scene()
      let job = 0
      for (const size of batchSizes) {
        await Promise.all(
          upTo(size).map(() =>
            at.catalog.context.log.append(declaring(namespace, `job-${(job += 1)}`)),
          ),
        )
      }
      const { entries, heads, tiles } = await readTree(scene())
      // Beside the jobs, the namespace's declaration and the keys that its log is signed with.
      assert.equal(entries.length, 2 + job)
      const tree = naiveTree(entries.map((entry) => entry.bytes))

      for (const [index, entry] of entries.entries()) {
        assert.equal(hex(entry.leaf_hash), hex(tree.root(index, index + 1)), `leaf ${index}`)
        assert.equal(hex(entry.leaf_hash), hash('sha256', prefixed(entry.bytes)), `leaf ${index}`)
      }
      assert.ok(heads.length >= batchSizes.length)
      for (const { size, root } of heads) assert.equal(hex(root), hex(tree.root(0, size)))
      assert.equal(heads.at(-1)?.size, entries.length)

      assert.equal(tiles.length, Math.floor(entries.length / TILE_COUNT))
      for (const tile of tiles) {
        const leaves = entries.slice(
          tile.tile_index * TILE_COUNT,
          (tile.tile_index + 1) * TILE_COUNT,
        )
        assert.equal(tile.level, 0)
        assert.equal(hex(tile.hashes), leaves.map((leaf) => hex(leaf.leaf_hash)).join(''))
        assert.equal(hex(tile.root), hex(tree.nodeAt(8, tile.tile_index)))
      }
    })

    test('the compact range that appenders go on from is that of all leaves', async () => {
      const { entries } = await readTree(scene())
      const { database } = scene().at.catalog
      const head = await database.transaction((tx) =>
        tx.lockHead(scene().namespace as NamespaceName),
      )
      const range = extendRange(
        emptyRange(),
        entries.map((entry) => leafHash(entry.bytes)),
      )
      assert.equal(head?.size, entries.length)
      assert.equal(
        hex(head?.compact_range ?? new Uint8Array()),
        range.hashes.map((one) => hex(one)).join(''),
      )
    })

    test('tiles of the second level collect the roots of the first, across growths', async () => {
      const namespace = 'large' as NamespaceName
      const { database } = scene().at.catalog
      // Whole tiles, so that no leaf has to be looked up in entries that this log has not got.
      const growths = [200 * TILE_COUNT, 55 * TILE_COUNT, TILE_COUNT, 3 * TILE_COUNT]
      const leaves: Uint8Array[] = []
      for (const size of growths) {
        const fresh = upTo(size).map((number) => leafHash(Buffer.from(`${leaves.length + number}`)))
        leaves.push(...fresh)
        await grow(database, namespace, fresh)
        const root = rootOf(extendRange(emptyRange(), leaves))
        assert.equal(hex(await newestRoot(scene(), namespace)), hex(root))
      }
      const { tiles } = await readTree(scene(), namespace)
      const [upper, ...others] = tiles.filter((tile) => tile.level === 1)
      const lower = tiles.filter((tile) => tile.level === 0)
      assert.deepEqual(others, [])
      assert.equal(lower.length, leaves.length / TILE_COUNT)
      assert.equal(
        hex(upper?.hashes ?? new Uint8Array()),
        lower
          .slice(0, TILE_COUNT)
          .map((tile) => hex(tile.root))
          .join(''),
      )
      const full = extendRange(emptyRange(), leaves.slice(0, TILE_COUNT ** 2))
      assert.equal(hex(upper?.root ?? new Uint8Array()), hex(rootOf(full)))
    })
  })
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const prefixed = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.of(0), bytes])

async function readTree(
  { at, namespace: own }: Scene,
  namespace = own as NamespaceName,
): Promise<{
  readonly entries: readonly Row<'entry'>[]
  readonly heads: readonly Row<'tree_head'>[]
  readonly tiles: readonly Row<'tile'>[]
}> {
  const { db } = at.catalog.context
  return {
    entries: await db
      .selectFrom('entry')
      .select(['namespace', 'log_index', 'bytes', 'leaf_hash'])
      .where('namespace', '=', namespace)
      .orderBy('log_index')
      .execute(),
    heads: await db
      .selectFrom('tree_head')
      .selectAll()
      .where('namespace', '=', namespace)
      .orderBy('size')
      .execute(),
    tiles: await db
      .selectFrom('tile')
      .selectAll()
      .where('namespace', '=', namespace)
      .orderBy('level')
      .orderBy('tile_index')
      .execute(),
  }
}

async function newestRoot(scene: Scene, namespace: NamespaceName): Promise<Uint8Array> {
  const { heads } = await readTree(scene, namespace)
  return heads.at(-1)?.root ?? new Uint8Array()
}

function grow(
  database: Database,
  namespace: NamespaceName,
  leafHashes: readonly Uint8Array[],
): Promise<void> {
  return database.transaction(async (tx) => {
    const head = (await tx.lockHead(namespace)) ?? (await tx.createHead(namespace))
    await extendTree(tx, head, { leafHashes, atMs: 0 })
  })
}
