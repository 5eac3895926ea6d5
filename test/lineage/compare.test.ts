import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import type { Grant } from '../../schema/grant.ts'
import type { Manifest } from '../../schema/manifest.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, declareScene, refused, useScene } from '../register/scene.ts'

interface Section {
  readonly section: string
  readonly verdict: string
  readonly changes: readonly { readonly path: string; readonly left?: unknown; right?: unknown }[]
}

for (const dialect of dialects) {
  describe(`comparing checkpoints on ${dialect}`, () => {
    const scene = useScene(dialect)
    const record = async (sections: object) => {
      const document = { schemaVersion: 1, sections }
      const digest = digestOf(canonicalize(document))
      await scene().put(`/environments/${digest}`, document)
      return digest
    }
    const compare = async (left: string, right: string) =>
      answered(await scene().get(`/checkpoints/${left}/comparison/${right}`), 200)
    const given = (seed: number, rate: number): Partial<Manifest> => ({
      parameters: { rate, layers: [64, 32] },
      inputs: [{ name: 'flights', version: '2026-11' }],
      format: { name: 'npz', version: '1' },
      shards: [{ rank: 0, blobs: [], seeds: [{ generator: 'numpy.pcg64', seed }] }],
    })

    test('two that were given the same are equal in every section', async () => {
      const environment = await record({ runtime: { node: '24' } })
      const { run } = await scene().open('equal')
      const [one, two] = [
        await scene().save(run, 1, { ...given(1, 0.5), environment }),
        await scene().save(run, 2, { ...given(1, 0.5), environment }),
      ]
      const comparison = await compare(one, two)
      assert.equal(comparison.verdict, 'equal')
      for (const section of comparison.sections) assert.equal(section.verdict, 'equal')
      assert.equal((await compare(one, one)).verdict, 'equal')
    })

    test('what differs is named with its path and both sides, in either direction', async () => {
      const left = await record({ runtime: { node: '22' }, code: { revision: 'a' } })
      const right = await record({ runtime: { node: '24' }, code: { revision: 'a' } })
      const { run } = await scene().open('differs')
      const one = await scene().save(run, 1, { ...given(1, 0.5), environment: left })
      const two = await scene().save(run, 2, { ...given(2, 0.25), environment: right })
      const { verdict, sections } = await compare(one, two)
      assert.equal(verdict, 'different')
      const changed = (all: readonly Section[]) =>
        Object.fromEntries(
          all
            .filter(({ verdict: found }) => found === 'different')
            .map(({ section, changes }) => [section, changes]),
        )
      assert.deepEqual(changed(sections), {
        parameters: [{ path: '/rate', left: 0.5, right: 0.25 }],
        seeds: [{ path: '/0/numpy.pcg64/seed', left: 1, right: 2 }],
        'environment.runtime': [{ path: '/node', left: '22', right: '24' }],
      })
      const mirrored = await compare(two, one)
      assert.deepEqual(changed(mirrored.sections)['parameters'], [
        { path: '/rate', left: 0.25, right: 0.5 },
      ])
    })

    test('what one side did not record is unknown, and never equal', async () => {
      const { run } = await scene().open('unknown')
      const bare = await scene().save(run, 1)
      const full = await scene().save(run, 2, given(1, 0.5))
      for (const [left, right] of [
        [bare, full],
        [full, bare],
        [bare, bare],
      ] as const) {
        const { verdict, sections } = await compare(left, right)
        assert.equal(verdict, 'unknown')
        for (const section of sections) assert.equal(section.verdict, 'unknown')
      }
    })

    test('a foreign parent is named by its child, and nothing else of it can be seen', async () => {
      const theirs = (await scene().open('delays-daily')).run
      const secret = await scene().save(theirs, 1)
      const { run } = await scene().open('fares-daily')
      const derived = await scene().save(run, 1, {
        parents: [{ relation: 'derived-from', checkpoint: secret }],
      })
      const as = async (grants: readonly Grant[], path: string) => {
        const authorization = `Bearer ${await scene().at.tokenFor('limited', grants)}`
        return scene().at.call('GET', scene().path(path), undefined, { authorization })
      }
      const fares: readonly Grant[] = [{ verbs: ['read'], on: 'airline/fares-*' }]
      const above = answered(await as(fares, `/checkpoints/${derived}/lineage`), 200)
      assert.deepEqual(above.edges, [{ child: derived, parent: secret, relation: 'derived-from' }])
      assert.equal(above.nodes.length, 1)
      refused(await as(fares, `/checkpoints/${secret}/lineage`), 'FORBIDDEN')
      refused(await as(fares, `/checkpoints/${derived}/comparison/${secret}`), 'FORBIDDEN')
      const delays: readonly Grant[] = [{ verbs: ['read'], on: 'airline/delays-*' }]
      const path = `/checkpoints/${secret}/lineage?direction=descendants`
      assert.deepEqual(answered(await as(delays, path), 200).edges, [])
    })

    test('nothing is reached from another namespace by its digest', async () => {
      const { run } = await scene().open('shared')
      const checkpoint = await scene().save(run, 1)
      const environment = await record({ code: { revision: 'abc' } })
      const other = await declareScene(scene().at, 'railway')
      for (const rest of ['', '/manifest', '/history', '/lineage', `/comparison/${checkpoint}`]) {
        refused(await other.get(`/checkpoints/${checkpoint}${rest}`), 'CHECKPOINT_NOT_FOUND')
      }
      refused(await other.get(`/environments/${environment}`), 'ENVIRONMENT_NOT_FOUND')
      refused(await other.tombstone(checkpoint), 'CHECKPOINT_NOT_FOUND')
      refused(await other.evidence(checkpoint, 'present'), 'CHECKPOINT_NOT_FOUND')
    })
  })
}
