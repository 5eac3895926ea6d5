import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Digest } from '../../schema/digest.ts'
import { CHAIN_MAX_LENGTH } from '../../schema/manifest-rules.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { Run } from '../../schema/run.ts'
import { dialects } from '../harness/catalog.ts'
import { idOf, sampleManifest } from '../harness/samples.ts'
import { answered, declareScene, refused, useScene } from './scene.ts'

for (const dialect of dialects) {
  describe(`deltas on ${dialect}`, () => {
    const scene = useScene(dialect)
    const get = async (checkpoint: Digest) =>
      answered(await scene().get(`/checkpoints/${checkpoint}`), 200)
    /** A full checkpoint at step 0 and deltas on one another; full one first. */
    const saveChain = async (run: Run, length: number): Promise<readonly Digest[]> => {
      const chain = [await scene().save(run, 0)]
      while (chain.length < length) {
        const base = chain.at(-1)
        assert.ok(base)
        chain.push(await scene().save(run, chain.length, { base }))
      }
      return chain
    }
    const tryDelta = (run: Run, step: number, base: Digest) =>
      scene().register(sampleManifest(run, step, { base }))

    test('a delta names a base, and a full checkpoint names none', async () => {
      const { run } = await scene().open('kinds')
      const base = await scene().save(run, 1)
      refused(await scene().register(sampleManifest(run, 2, { kind: 'delta' })), 'BASE_REQUIRED')
      refused(
        await scene().register(sampleManifest(run, 2, { base, kind: 'full' })),
        'BASE_REQUIRED',
      )
      const delta = await get(await scene().save(run, 2, { base }))
      assert.equal(delta.base, base)
      assert.equal(delta.chainLength, 2)
      assert.equal(delta.good, true)
    })

    test('a base of another job, partition or namespace is refused', async () => {
      const base = await scene().save((await scene().open('theirs')).run, 1)
      const { run } = await scene().open('mine')
      refused(await tryDelta(run, 2, base), 'BASE_MISMATCH')
      const sliced = (await scene().open('theirs', { partition: 'p' })).run
      refused(await tryDelta(sliced, 2, base), 'BASE_MISMATCH')
      const other = await declareScene(scene().at, 'railway')
      const elsewhere = (await other.open('theirs')).run
      refused(await other.register(sampleManifest(elsewhere, 2, { base })), 'BASE_NOT_FOUND')
    })

    test('a base ahead of the delta is refused; one at its step is taken', async () => {
      const { run } = await scene().open('ahead')
      const base = await scene().save(run, 5)
      const next = (await scene().open('ahead', { resume: base })).run
      refused(await tryDelta(next, 4, base), 'BASE_MISMATCH')
      answered(await tryDelta(next, 5, base), 201)
    })

    test('a base that is withdrawn is refused', async () => {
      const { run } = await scene().open('withdrawn')
      const base = await scene().save(run, 1)
      await scene().tombstone(base)
      assert.equal(refused(await tryDelta(run, 2, base), 'BASE_NOT_GOOD').base, base)
    })

    test('a base with failed evidence is refused until a later pass', async () => {
      const { run } = await scene().open('failing')
      const base = await scene().save(run, 1)
      await scene().evidence(base, 'present', 'passed')
      await scene().evidence(base, 'verified', 'failed')
      refused(await tryDelta(run, 2, base), 'BASE_NOT_GOOD')
      await scene().evidence(base, 'verified', 'passed')
      answered(await tryDelta(run, 2, base), 201)
    })

    test('a base over a checkpoint that fails is not good, and is refused until that passes', async () => {
      const { run } = await scene().open('failing-below')
      const [bottom, , top] = await saveChain(run, 3)
      assert.ok(bottom && top)
      await scene().evidence(bottom, 'verified', 'failed')
      assert.equal((await get(top)).good, false)
      refused(await tryDelta(run, 9, top), 'BASE_NOT_GOOD')
      await scene().evidence(bottom, 'verified', 'passed')
      answered(await tryDelta(run, 9, top), 201)
    })

    test('a base on a line that was left behind is refused; one on the way here is taken', async () => {
      const first = (await scene().open('lines')).run
      const early = await scene().save(first, 10)
      const late = await scene().save(first, 20)
      const second = (await scene().open('lines', { resume: early })).run
      refused(await tryDelta(second, 25, late), 'BASE_NOT_GOOD')
      const delta = answered(await tryDelta(second, 25, early), 201).checkpoint
      const third = (await scene().open('lines')).run
      answered(await tryDelta(third, 30, delta), 201)
      answered(await tryDelta(third, 31, early), 201)
      refused(await tryDelta(third, 32, late), 'BASE_NOT_GOOD')
    })

    test('a base on no line at all, after a fresh start, is refused', async () => {
      const old = await scene().save((await scene().open('fresh')).run, 1)
      const { run } = await scene().open('fresh', { resume: 'none' })
      refused(await tryDelta(run, 2, old), 'BASE_NOT_GOOD')
    })

    test('what fails or is withdrawn at the bottom breaks everything above it, and says where', async () => {
      const { run } = await scene().open('closure')
      const chain = await saveChain(run, 4)
      const [bottom] = chain
      assert.ok(bottom)
      const side = await scene().save(run, 9)
      await scene().evidence(bottom, 'verified', 'failed')
      for (const [place, checkpoint] of chain.entries()) {
        const { good, why } = await get(checkpoint)
        assert.equal(good, false)
        assert.equal(why.reason, place === 0 ? 'EVIDENCE_FAILED' : 'CHAIN_BROKEN')
        if (place > 0) assert.equal(why.because, bottom)
      }
      assert.equal(answered(await scene().latest('closure'), 200).checkpoint.checkpoint, side)
      refused(
        await scene().post('/runs', { job: 'closure', resume: chain.at(-1) }),
        'CHECKPOINT_NOT_GOOD',
      )
      await scene().evidence(bottom, 'verified', 'passed')
      for (const checkpoint of chain) assert.equal((await get(checkpoint)).good, true)
    })

    test('a grade is asked of the whole chain', async () => {
      const { run } = await scene().open('graded')
      const [bottom, middle, top] = await saveChain(run, 3)
      assert.ok(bottom && middle && top)
      await scene().evidence(top, 'verified')
      await scene().evidence(bottom, 'restored')
      const answer = await scene().latest('graded', '?minGrade=verified')
      const latest = answered(answer, 200)
      assert.equal(latest.checkpoint.checkpoint, bottom)
      assert.deepEqual(
        latest.skipped.map((one: { reason: string; because?: string }) => [
          one.reason,
          one.because,
        ]),
        [
          ['CHAIN_BROKEN', middle],
          ['GRADE_TOO_LOW', undefined],
        ],
      )
      await scene().evidence(middle, 'verified')
      const better = answered(await scene().latest('graded', '?minGrade=verified'), 200)
      assert.equal(better.checkpoint.checkpoint, top)
    })

    test('a chain has at most 1,024 checkpoints, of which a plan lists every one', async () => {
      const { run } = await scene().open('long')
      const manifests: Manifest[] = [sampleManifest(run, 0)]
      for (let step = 1; step < CHAIN_MAX_LENGTH; step += 1) {
        const base = idOf(manifests.at(-1) ?? sampleManifest(run, 0))
        manifests.push(sampleManifest(run, step, { base }))
      }
      for (let from = 0; from < manifests.length; from += 256) {
        const items = manifests.slice(from, from + 256).map((manifest) => ({ manifest }))
        const { results } = answered(await scene().post('/checkpoints/batch', { items }), 200)
        for (const result of results) assert.equal(result.status, 'registered')
      }
      const last = idOf(manifests.at(-1) ?? sampleManifest(run, 0))
      assert.equal((await get(last)).chainLength, CHAIN_MAX_LENGTH)
      refused(await tryDelta(run, CHAIN_MAX_LENGTH, last), 'CHAIN_TOO_LONG')
      const plan = answered(await scene().post('/recovery-plans', { job: 'long' }), 200)
      assert.deepEqual(
        plan.stages.map((stage: { checkpoint: Digest }) => stage.checkpoint),
        manifests.map(idOf),
      )
      // A full checkpoint begins anew.
      const full = await scene().save(run, CHAIN_MAX_LENGTH)
      answered(await tryDelta(run, CHAIN_MAX_LENGTH + 1, full), 201)
    })

    test('a checkpoint never is its own base: its digest depends on the base it names', async () => {
      const { run } = await scene().open('self')
      const manifest = sampleManifest(run, 1)
      refused(await tryDelta(run, 1, idOf(manifest)), 'BASE_NOT_FOUND')
    })
  })
}
