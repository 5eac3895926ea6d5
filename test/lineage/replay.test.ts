import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { StepComparison } from '../../schema/replay.ts'
import type { Run } from '../../schema/run.ts'
import { dialects } from '../harness/catalog.ts'
import { sampleBlob } from '../harness/samples.ts'
import { answered, itemsOf, refused, useScene } from '../register/scene.ts'

/** What a run of the same inputs and seeds makes at a step. */
const made = (step: number, content = `state at ${step}`): Partial<Manifest> => ({
  parameters: { rate: 0.5 },
  inputs: [{ name: 'flights', version: '2026-11' }],
  format: { name: 'npz', version: '1' },
  shards: [
    {
      rank: 0,
      blobs: [sampleBlob('model.bin', content)],
      seeds: [{ generator: 'numpy.pcg64', seed: 7 }],
    },
  ],
})

for (const dialect of dialects) {
  describe(`replays and lines on ${dialect}`, () => {
    const scene = useScene(dialect)
    const saveAll = async (
      run: Run,
      steps: readonly number[],
      environment: Manifest['environment'],
    ) => {
      for (const step of steps) {
        await scene().save(run, step, { ...made(step), ...(environment ? { environment } : {}) })
      }
    }
    const environment = async () => {
      const document = { schemaVersion: 1, sections: { runtime: { node: '24' } } }
      const digest = digestOf(canonicalize(document))
      await scene().put(`/environments/${digest}`, document)
      return digest
    }
    /** All steps of a comparison, by pages of two. */
    const compare = async (left: Run, right: Run): Promise<readonly StepComparison[]> => {
      const found: StepComparison[] = []
      let cursor = ''
      do {
        const path = `/runs/${left.run}/comparison/${right.run}?limit=2${cursor}`
        const page = answered(await scene().get(path), 200)
        assert.ok(page.items.length <= 2)
        found.push(...page.items)
        cursor = page.next === null ? '' : `&cursor=${page.next}`
      } while (cursor !== '')
      return found
    }
    const briefly = (steps: readonly StepComparison[]) =>
      steps.map(({ step, verdict, left, right }) => [
        step,
        verdict,
        `${left ? 'l' : '-'}${right ? 'r' : '-'}`,
      ])

    test('a checkpoint is graded by what it recorded', async () => {
      const { run } = await scene().open('graded')
      const bare = await scene().save(run, 1)
      const found = answered(await scene().get(`/checkpoints/${bare}/replay`), 200)
      assert.deepEqual([found.checkpoint, found.grade], [bare, 'none'])
      const full = await scene().save(run, 2, made(2))
      const better = answered(await scene().get(`/checkpoints/${full}/replay`), 200)
      assert.equal(better.grade, 'partial')
      assert.equal(better.missing[0].code, 'ENVIRONMENT_MISSING')
      assert.equal(better.missingCount, better.missing.length)
    })

    test('two runs of the same are equal at every step, also where one was resumed', async () => {
      const fingerprint = await environment()
      const steps = [1, 2, 3, 4, 5]
      const whole = (await scene().open('replayed-a')).run
      await saveAll(whole, steps, fingerprint)
      const first = (await scene().open('replayed-b')).run
      await saveAll(first, [1, 2, 3], fingerprint)
      const resumed = (await scene().open('replayed-b')).run
      await saveAll(resumed, [4, 5], fingerprint)
      const found = await compare(whole, resumed)
      assert.deepEqual(
        briefly(found),
        steps.map((step) => [step, 'equal', 'lr']),
      )
      assert.deepEqual(briefly(await compare(first, resumed)).slice(0, 3), [
        [1, 'equal', 'lr'],
        [2, 'equal', 'lr'],
        [3, 'equal', 'lr'],
      ])
      assert.deepEqual(briefly(await compare(first, resumed)).slice(3), [
        [4, 'unknown', '-r'],
        [5, 'unknown', '-r'],
      ])
    })

    test('the step where they diverge is named with the blob and its rank', async () => {
      const fingerprint = await environment()
      const left = (await scene().open('diverged-a')).run
      const right = (await scene().open('diverged-b')).run
      await saveAll(left, [1, 2, 3], fingerprint)
      await saveAll(right, [1], fingerprint)
      await scene().save(right, 2, { ...made(2, 'another state'), environment: fingerprint })
      await scene().save(right, 4, { ...made(4), environment: fingerprint })
      const found = await compare(left, right)
      assert.deepEqual(briefly(found), [
        [1, 'equal', 'lr'],
        [2, 'different', 'lr'],
        [3, 'unknown', 'l-'],
        [4, 'unknown', '-r'],
      ])
      assert.deepEqual(found[1]?.sections, [
        {
          section: 'state',
          verdict: 'different',
          truncated: false,
          changes: [
            {
              path: '/ranks/0/model.bin',
              left: sampleBlob('model.bin', 'state at 2').digest,
              right: sampleBlob('model.bin', 'another state').digest,
            },
          ],
        },
      ])
    })

    test('what neither run recorded is unknown, and never equal', async () => {
      const left = (await scene().open('bare-a')).run
      const right = (await scene().open('bare-b')).run
      for (const run of [left, right]) await saveAll(run, [1], undefined)
      const [found] = await compare(left, right)
      assert.equal(found?.verdict, 'unknown')
      assert.deepEqual(
        found.sections.map(({ section }) => section),
        ['environment'],
      )
    })

    test('a line has what was taken over, and is as it was at any index', async () => {
      const first = (await scene().open('lined')).run
      const kept = await scene().save(first, 1)
      const other = await scene().save(first, 1, { tier: 'light' })
      await scene().save(first, 2)
      const { run } = await scene().open('lined', { resume: kept })
      const before = (await scene().size()) - 1
      const own = await scene().save(run, 2)
      await scene().tombstone(own)
      const line = async (query: string) =>
        itemsOf(await scene().get(`/runs/${run.run}/line${query}`)).map(
          (item: { readonly checkpoint: string }) => item.checkpoint,
        )
      assert.deepEqual(await line(''), [kept, other, own])
      assert.deepEqual(await line(`?asOf=${before}`), [kept, other])
      assert.deepEqual(await line('?minStep=2'), [own])
      assert.deepEqual(await line('?maxStep=1'), [kept, other])
      const page = answered(await scene().get(`/runs/${run.run}/line?limit=1`), 200)
      assert.deepEqual(await line(`?limit=1&cursor=${page.next}`), [other])
      refused(await scene().get(`/runs/nobody/line`), 'RUN_NOT_FOUND')
      refused(await scene().get(`/runs/${run.run}/comparison/nobody`), 'RUN_NOT_FOUND')
      refused(
        await scene().get(`/runs/${run.run}/line?minStep=1&cursor=${page.next}`),
        'INVALID_CURSOR',
      )
    })

    test('two runs are compared only for whoever may read both', async () => {
      const [mine, theirs] = [(await scene().open('mine')).run, (await scene().open('theirs')).run]
      const token = await scene().at.tokenFor('one', [{ verbs: ['read'], on: 'airline/mine' }])
      for (const pair of [
        `${mine.run}/comparison/${theirs.run}`,
        `${theirs.run}/comparison/${mine.run}`,
      ]) {
        const path = scene().path(`/runs/${pair}`)
        const headers = { authorization: `Bearer ${token}` }
        refused(await scene().at.call('GET', path, undefined, headers), 'FORBIDDEN')
      }
    })
  })
}
