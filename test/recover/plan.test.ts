import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import type { PlanStage } from '../../schema/recovery-plan.ts'
import { dialects } from '../harness/catalog.ts'
import { sampleBlob } from '../harness/samples.ts'
import { answered, refused, useScene } from '../register/scene.ts'

const seeds = [{ generator: 'numpy.pcg64', seed: 42 }]
const codesOf = (plan: { readonly warnings: readonly { readonly code: string }[] }) =>
  plan.warnings.map((warning) => warning.code)

for (const dialect of dialects) {
  describe(`recovery plans on ${dialect}`, () => {
    const scene = useScene(dialect)
    const plan = async (body: object) => answered(await scene().post('/recovery-plans', body), 200)

    test('a plan lists the chain in order, the full checkpoint first, and every blob by rank', async () => {
      const { run } = await scene().open('ordered')
      const shards = [1, 0].map((rank) => ({
        rank,
        blobs: [sampleBlob(`b-${rank}`), sampleBlob(`a-${rank}`)],
      }))
      const full = await scene().save(run, 1, { shards })
      const delta = await scene().save(run, 2, {
        base: full,
        shards: [{ rank: 0, blobs: [sampleBlob('delta', 'x'.repeat(100))] }],
      })
      const top = await scene().save(run, 3, { base: delta, shards: [{ rank: 0, blobs: [] }] })
      const { stages, blobCount, totalBytes, checkpoint, step, asOf } = await plan({
        job: 'ordered',
      })
      assert.equal(checkpoint, top)
      assert.equal(step, 3)
      assert.equal(asOf, (await scene().size()) - 1)
      assert.deepEqual(
        stages.map((stage: PlanStage) => [stage.checkpoint, stage.kind, stage.step]),
        [
          [full, 'full', 1],
          [delta, 'delta', 2],
          [top, 'delta', 3],
        ],
      )
      assert.deepEqual(stages[0].blobs, [
        { rank: 0, ...sampleBlob('b-0') },
        { rank: 0, ...sampleBlob('a-0') },
        { rank: 1, ...sampleBlob('b-1') },
        { rank: 1, ...sampleBlob('a-1') },
      ])
      assert.equal(blobCount, 5)
      assert.equal(totalBytes, 4 * 3 + 100)
    })

    test('a plan carries what the computation was given, from the newest manifest', async () => {
      const document = { schemaVersion: 1, sections: { runtime: { node: '24.21.0' } } }
      const environment = digestOf(canonicalize(document))
      await scene().put(`/environments/${environment}`, document)
      const { run } = await scene().open('complete')
      const full = await scene().save(run, 1, { parameters: { rate: 1 } })
      const members = {
        base: full,
        environment,
        parameters: { rate: 0.5, layers: [1, 2] },
        inputs: [{ name: 'flights', version: '2026-11' }],
        format: { name: 'npz', version: '2', metadata: { axis: 'time' } },
        progress: { records: 1_000_000, watermark: '2026-11-23T09:00:00Z', cursor: { page: 7 } },
        shards: [
          { rank: 1, blobs: [], seeds },
          { rank: 0, blobs: [], seeds },
        ],
      }
      const checkpoint = await scene().save(run, 2, members)
      await scene().evidence(checkpoint, 'verified')
      const found = await plan({ job: 'complete' })
      assert.deepEqual(found.parameters, members.parameters)
      assert.deepEqual(found.inputs, members.inputs)
      assert.deepEqual(found.format, members.format)
      assert.deepEqual(found.progress, members.progress)
      assert.deepEqual(found.environment, { digest: environment, document })
      assert.deepEqual(found.seeds, [
        { rank: 0, seeds },
        { rank: 1, seeds },
      ])
      assert.deepEqual(codesOf(found), [])
    })

    test('a plan warns of everything that a restore cannot know', async () => {
      const { run } = await scene().open('warned')
      const early = await scene().save(run, 1, {
        inputs: [{ name: 'flights' }, { name: 'weather', version: '1' }],
        shards: [
          { rank: 0, blobs: [], seeds },
          { rank: 1, blobs: [] },
        ],
      })
      const all = ['SEEDS_INCOMPLETE', 'INPUT_UNPINNED', 'ENVIRONMENT_MISSING', 'NOT_VERIFIED']
      assert.deepEqual(codesOf(await plan({ job: 'warned' })), all)
      const bare = await scene().save(run, 2)
      await scene().open('warned', { resume: early })
      const named = await plan({ job: 'warned', checkpoint: bare })
      assert.deepEqual(codesOf(named), [
        'SEEDS_INCOMPLETE',
        'ENVIRONMENT_MISSING',
        'NOT_VERIFIED',
        'ABANDONED',
      ])
      await scene().evidence(bare, 'verified')
      assert.ok(!codesOf(await plan({ job: 'warned', checkpoint: bare })).includes('NOT_VERIFIED'))
    })

    test('a plan changes nothing, and a resume answers the same one', async () => {
      const { run } = await scene().open('same')
      await scene().tombstone(await scene().save(run, 2))
      await scene().save(run, 3, { labels: { a: 'b' } })
      await scene().tombstone(await scene().save(run, 4))
      const size = await scene().size()
      const planned = await plan({ job: 'same' })
      assert.equal(await scene().size(), size)
      assert.equal(planned.skipped[0].reason, 'TOMBSTONED')
      const opened = await scene().open('same')
      assert.ok(opened.plan)
      const { asOf: _, ...rest } = planned
      const { asOf, ...given } = opened.plan
      assert.deepEqual(given, rest)
      assert.equal(asOf, opened.run.openedIndex)
    })

    test('a plan obeys the same wishes as latest', async () => {
      const document = { schemaVersion: 1, sections: {} }
      const environment = digestOf(canonicalize(document))
      await scene().put(`/environments/${environment}`, document)
      const { run } = await scene().open('wishes', { partition: 'p' })
      const verified = await scene().save(run, 1)
      await scene().evidence(verified, 'verified')
      const inside = await scene().save(run, 2, { environment })
      await scene().save(run, 3)
      const base = { job: 'wishes', partition: 'p' }
      assert.equal((await plan(base)).step, 3)
      assert.equal((await plan({ ...base, minGrade: 'verified' })).checkpoint, verified)
      assert.equal((await plan({ ...base, environment })).checkpoint, inside)
      await scene().open('wishes', { partition: 'p', resume: 'none' })
      refused(await scene().post('/recovery-plans', base), 'NO_GOOD_CHECKPOINT')
      const abandoned = await plan({ ...base, includeAbandoned: true })
      assert.equal(abandoned.step, 3)
      assert.ok(codesOf(abandoned).includes('ABANDONED'))
      refused(await scene().post('/recovery-plans', { job: 'wishes' }), 'NO_GOOD_CHECKPOINT')
    })

    test('a plan from a named state is of that state or an error', async () => {
      const { run } = await scene().open('picked')
      const [one, two] = [await scene().save(run, 1), await scene().save(run, 2)]
      assert.equal((await plan({ job: 'picked', checkpoint: one })).checkpoint, one)
      await scene().tombstone(two)
      const post = (body: object) => scene().post('/recovery-plans', body)
      refused(await post({ job: 'picked', checkpoint: two }), 'CHECKPOINT_NOT_GOOD')
      refused(await post({ job: 'picked', partition: 'x', checkpoint: one }), 'RESUME_MISMATCH')
      await scene().put('/jobs/other', {})
      refused(await post({ job: 'other', checkpoint: one }), 'RESUME_MISMATCH')
    })

    // Megabytes of manifests: one database is enough.
    if (dialect === 'postgres') return

    test('a chain of more blobs than one answer may list is refused, and the run is not opened', async () => {
      const { run } = await scene().open('huge')
      const blob = { ...sampleBlob('x'), uri: 's3://b/x' }
      const blobs = Array.from({ length: 10_000 }, (_, place) => ({ ...blob, name: `${place}` }))
      const shards = [0, 1, 2].map((rank) => ({ rank, blobs }))
      let base = await scene().save(run, 0, { shards })
      for (let step = 1; step <= 2; step += 1)
        base = await scene().save(run, step, { shards, base })
      assert.equal((await plan({ job: 'huge' })).blobCount, 90_000)
      await scene().save(run, 3, { shards, base })
      refused(await scene().post('/recovery-plans', { job: 'huge' }), 'PLAN_TOO_LARGE')
      const size = await scene().size()
      refused(await scene().post('/runs', { job: 'huge', resume: 'latest' }), 'PLAN_TOO_LARGE')
      assert.equal(await scene().size(), size)
      await scene().save(run, 4, { shards: [{ rank: 0, blobs: [blob] }] })
    })
  })
}
