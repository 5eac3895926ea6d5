import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BlobReference } from '../../schema/blob-reference.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import { allGrants, dialects } from '../harness/catalog.ts'
import { sampleBlob } from '../harness/samples.ts'
import { answered, refused, useScene } from '../register/scene.ts'

/** A blob in one region, and in another one where it is copied. */
const blobIn = (name: string, region: string, copied?: string): BlobReference => ({
  ...sampleBlob(name),
  uri: `s3://${region}-states/${name}`,
  copies: [
    { uri: `s3://${region}-mirror/${name}`, versionId: 'm1', region },
    ...(copied === undefined
      ? []
      : [{ uri: `s3://${copied}-states/${name}`, versionId: 'c1', region: copied }]),
  ],
})

const shards = (...blobs: readonly BlobReference[]): Pick<Manifest, 'shards'> => ({
  shards: [{ rank: 0, blobs }],
})

type Skip = readonly [step: number, reason: string, because?: Digest]
const skips = (skipped: readonly Record<string, unknown>[]): Skip[] =>
  skipped.map(({ step, reason, because }) =>
    because === undefined ? [step, reason] : [step, reason, because],
  ) as Skip[]

for (const dialect of dialects) {
  describe(`what a caller can use, on ${dialect}`, () => {
    const scene = useScene(dialect)
    const plan = async (body: object) => answered(await scene().post('/recovery-plans', body), 200)
    const none = async (body: object) =>
      skips(refused(await scene().post('/recovery-plans', body), 'NO_GOOD_CHECKPOINT').skipped)

    test('a state beyond a step is passed over, and so is one that is too old', async () => {
      const { run } = await scene().open('bounds')
      await scene().save(run, 1)
      scene().at.advance(60_000)
      await scene().save(run, 2)
      const asOf = (await scene().size()) - 1
      scene().at.advance(30_000)
      const job = 'bounds'
      assert.equal((await plan({ job })).step, 2)
      const early = await plan({ job, maxStep: 1 })
      assert.equal(early.step, 1)
      assert.deepEqual(skips(early.skipped), [[2, 'STEP_TOO_HIGH']])
      assert.equal((await plan({ job, maxAgeSeconds: 30 })).step, 2)
      assert.deepEqual(await none({ job, maxAgeSeconds: 29 }), [
        [2, 'TOO_OLD'],
        [1, 'TOO_OLD'],
      ])
      // Asked about the past, ages are those that states had then.
      assert.equal((await plan({ job, maxAgeSeconds: 0, asOf })).step, 2)
      assert.equal((await plan({ job, maxAgeSeconds: 60, maxStep: 1, asOf })).step, 1)
      assert.deepEqual(await none({ job, maxAgeSeconds: 59, maxStep: 1, asOf }), [
        [2, 'STEP_TOO_HIGH'],
        [1, 'TOO_OLD'],
      ])
    })

    test('a state of another world size or format is passed over, its chain included', async () => {
      const { run } = await scene().open('shapes')
      const two = { shards: [0, 1].map((rank) => ({ rank, blobs: [] })), worldSize: 2 }
      const npz = { format: { name: 'npz', version: '2' } }
      await scene().save(run, 1, { ...two, ...npz })
      const old = await scene().save(run, 2, { format: { name: 'npz', version: '1' } })
      await scene().save(run, 3, { ...npz, base: old })
      await scene().save(run, 4)
      const job = 'shapes'
      assert.equal((await plan({ job, worldSize: 2 })).step, 1)
      assert.equal((await plan({ job, formats: [{ name: 'npz' }] })).step, 3)
      const found = await plan({ job, formats: [{ name: 'npz', versions: ['2', '3'] }] })
      assert.equal(found.step, 1)
      assert.deepEqual(skips(found.skipped), [
        [4, 'FORMAT_UNREADABLE'],
        [3, 'FORMAT_UNREADABLE', old],
        [2, 'FORMAT_UNREADABLE'],
      ])
      const formats = [{ name: 'np' }, { name: 'safetensors' }]
      assert.equal((await none({ job, formats })).length, 4)
    })

    test('a state is passed over when a blob, or one below it, is in no place that is up', async () => {
      const { run } = await scene().open('places')
      await scene().save(run, 1, shards(blobIn('one', 'eu-1', 'us-1')))
      const lone = await scene().save(run, 2, shards(blobIn('two', 'eu-1')))
      await scene().save(run, 3, { base: lone, ...shards(blobIn('three', 'us-1')) })
      await scene().save(run, 4, shards(blobIn('four-a', 'us-1'), blobIn('four-b', 'eu-1')))
      const job = 'places'
      const down = { buckets: ['s3://eu-1-states'], regions: ['eu-1'] }
      const found = await plan({ job, unavailable: down })
      assert.deepEqual(skips(found.skipped), [
        [4, 'UNAVAILABLE'],
        [3, 'UNAVAILABLE', lone],
        [2, 'UNAVAILABLE'],
      ])
      assert.deepEqual(found.stages[0].blobs[0].sources, [
        { uri: 's3://us-1-states/one', versionId: 'c1', region: 'us-1' },
      ])
      // Where a region is unknown, nobody can say that it is down.
      assert.equal((await plan({ job, unavailable: { regions: ['eu-1'] } })).step, 4)
      const everything = {
        regions: ['us-1', 'eu-1'],
        buckets: ['s3://eu-1-states', 's3://us-1-states'],
      }
      assert.equal((await none({ job, unavailable: everything })).length, 4)
    })

    test('sources are in order of preference: the region of the caller first', async () => {
      const { run } = await scene().open('near')
      const blob = blobIn('state', 'eu-1', 'us-1')
      await scene().save(run, 1, shards(blob, sampleBlob('alone')))
      const job = 'near'
      const urisOf = async (body: object): Promise<readonly string[]> => {
        const [near, alone] = (await plan({ job, ...body })).stages[0].blobs
        assert.equal(alone.sources, undefined)
        return near.sources.map((source: BlobReference) => source.uri)
      }
      const [own, mirror, copy] = [blob, ...(blob.copies ?? [])].map(({ uri }) => uri)
      assert.deepEqual(await urisOf({}), [own, mirror, copy])
      assert.deepEqual(await urisOf({ region: 'us-1' }), [copy, own, mirror])
      assert.deepEqual(await urisOf({ region: 'eu-1' }), [mirror, own, copy])
    })

    test('a named state is refused for what the caller cannot use', async () => {
      const { run } = await scene().open('exact')
      const named = await scene().save(run, 5)
      const body = { job: 'exact', checkpoint: named, maxStep: 4 }
      const facts = refused(await scene().post('/recovery-plans', body), 'CHECKPOINT_NOT_GOOD')
      assert.equal(facts.reason, 'STEP_TOO_HIGH')
    })

    test('a run resumes by the same constraints, and says what to do where no state satisfies them', async () => {
      const { run } = await scene().open('resumed')
      const early = await scene().save(run, 1)
      await scene().save(run, 2)
      const lost = await scene().post('/runs', { job: 'resumed', resume: 'latest', worldSize: 8 })
      refused(lost, 'NO_GOOD_CHECKPOINT')
      assert.match(lost.body.detail, /2 WORLD_SIZE_DIFFERS.*Next: run with the world size/)
      const opened = await scene().open('resumed', { maxStep: 1 })
      assert.equal(opened.plan?.checkpoint, early)
      assert.deepEqual(skips(opened.skipped), [[2, 'STEP_TOO_HIGH']])
    })

    test('the seeds of all ranks are told of, and generators that some of them lack', async () => {
      const { run } = await scene().open('seeded')
      const numpy = { generator: 'numpy.pcg64', seed: 1 }
      await scene().save(run, 1, {
        shards: [
          { rank: 2, blobs: [] },
          { rank: 0, blobs: [], seeds: [numpy, { generator: 'torch.cuda', seed: 2 }] },
          { rank: 1, blobs: [], seeds: [numpy] },
        ],
      })
      const { seedCoverage, warnings } = await plan({ job: 'seeded' })
      assert.deepEqual(seedCoverage, {
        rankCount: 3,
        seededCount: 2,
        missingRanks: [2],
        unevenGenerators: ['torch.cuda'],
      })
      const codes = warnings.map((warning: { readonly code: string }) => warning.code)
      assert.deepEqual(codes.slice(0, 2), ['SEEDS_INCOMPLETE', 'SEEDS_UNEVEN'])
    })

    test('URLs to bytes are for who may write to the job, not for who may read of it', async () => {
      const { run } = await scene().open('urls')
      await scene().save(run, 1)
      const body = { job: 'urls', urlSeconds: 600 }
      // A store that makes no URLs gives the places alone.
      const signed = await plan(body)
      assert.equal(signed.stages[0].blobs[0].sources[0].url, undefined)
      assert.equal(signed.urlsExpireAt, '2026-11-23T10:11:30.000Z')
      const grants = allGrants.map((grant) => ({ ...grant, verbs: ['read' as const] }))
      const token = await scene().at.tokenFor('reader', grants)
      const headers = { authorization: `Bearer ${token}` }
      answered(await scene().post('/recovery-plans', { job: 'urls' }, headers), 200)
      refused(await scene().post('/recovery-plans', body, headers), 'FORBIDDEN')
    })
  })
}
