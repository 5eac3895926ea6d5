import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NamespaceName } from '../../schema/names.ts'
import { formatVerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { Config } from '../../server/config.ts'
import {
  hexOf,
  openLogKeys,
  retireLogKey,
  rotateLogKeys,
} from '../../server/signing/signing-keys.ts'
import { dialects, newConfig, openTestCatalog, START_MS } from '../harness/catalog.ts'
import { answered, declareScene, itemsOf, sceneIn, type Scene } from '../register/scene.ts'
import { judge } from './log-trust.ts'

const NAMESPACE = 'airline'

for (const dialect of dialects) {
  describe(`the rotation of keys on ${dialect}`, () => {
    test('overlaps, so that who knows either key believes the heads of both times', async () => {
      const config = await newConfig(dialect)
      const at = await openTestCatalog(dialect, config)
      const scene = await declareScene(at, NAMESPACE)
      const first = answered(await scene.put('/jobs/first', {}), 200)
      const [old] = at.catalog.context.signer.verifierKeys(NAMESPACE as NamespaceName)
      assert.ok(old)
      assert.deepEqual(await published(scene), [[1, [[formatVerifierKey(old), true]]]])
      await at.catalog.close()

      rotateLogKeys(config.logKeys, START_MS)
      const both = await within(dialect, config, async (again) => {
        const [, fresh] = again.at.catalog.context.signer.verifierKeys(NAMESPACE as NamespaceName)
        assert.ok(fresh)
        const second = answered(await again.put('/jobs/second', {}), 200)
        for (const key of [old, fresh]) {
          assert.deepEqual(
            (await judge(again.at, NAMESPACE, { ...second, keys: [key] })).findings,
            [],
          )
        }
        // What was signed before is signed by both as well when it is asked for again.
        const { proof } = answered(await again.put('/jobs/first', {}), 200)
        assert.deepEqual((await judge(again.at, NAMESPACE, { proof, keys: [fresh] })).findings, [])
        assert.ok(proof.startsWith(first.proof))
        const keys = [old, fresh].map((key) => [formatVerifierKey(key), true])
        assert.deepEqual((await published(again)).at(-1)?.[1], keys)
        assert.equal((await published(again)).length, 2)
        // Once is enough.
        answered(await again.put('/jobs/third', {}), 200)
        assert.equal((await published(again)).length, 2)
        return { fresh, second }
      })

      const [retiring] = openLogKeys(config.logKeys, START_MS).keys
      assert.ok(retiring)
      retireLogKey(config.logKeys, hexOf(retiring), START_MS)
      await within(dialect, config, async (again) => {
        const last = answered(await again.put('/jobs/last', {}), 200)
        const onlyOld = await judge(again.at, NAMESPACE, { ...last, keys: [old] })
        assert.equal(onlyOld.ok, false)
        const onlyFresh = await judge(again.at, NAMESPACE, { ...last, keys: [both.fresh] })
        assert.deepEqual(onlyFresh.findings, [])
        // Kept receipts of the old key hold as long as somebody believes it.
        const kept = await judge(again.at, NAMESPACE, { ...first, keys: [old] })
        assert.deepEqual(kept.findings, [])
        const keys = [
          [formatVerifierKey(both.fresh), true],
          [formatVerifierKey(old), false],
        ]
        assert.deepEqual((await published(again)).at(-1)?.[1], keys)
        assert.deepEqual(
          answered(await again.get('/log/keys'), 200).keys,
          keys.map(([key]) => key),
        )
      })
    })
  })
}

async function within<Result>(
  dialect: (typeof dialects)[number],
  config: Config,
  work: (scene: Scene) => Promise<Result>,
): Promise<Result> {
  const at = await openTestCatalog(dialect, config)
  try {
    return await work(sceneIn(at, NAMESPACE))
  } finally {
    await at.catalog.close()
  }
}

/** The entries in which the log said what signs it: index, keys, and whether each signs. */
async function published(scene: Scene): Promise<readonly (readonly [number, unknown])[]> {
  const items: readonly { readonly index: number; readonly entry: Record<string, unknown> }[] =
    itemsOf(await scene.get('/entries?limit=500'))
  return items
    .filter(({ entry }) => entry['kind'] === 'log-key.published')
    .map(({ index, entry }) => {
      assert.equal(entry['actor'], 'cairn')
      const keys = entry['keys'] as readonly { readonly key: string; readonly signs: boolean }[]
      return [index, keys.map(({ key, signs }) => [key, signs])]
    })
}
