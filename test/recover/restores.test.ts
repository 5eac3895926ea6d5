import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Digest } from '../../schema/digest.ts'
import { projections } from '../../server/compose.ts'
import { replay } from '../../server/log/replay.ts'
import { dialects } from '../harness/catalog.ts'
import { sampleBlob } from '../harness/samples.ts'
import { answered, itemsOf, refused, unproven, useScene } from '../register/scene.ts'

const done = { outcome: 'succeeded', checked: true, bytes: 1_000, durationMs: 500 }
const failed = { outcome: 'failed', checked: false, bytes: 0, durationMs: 10 }
const day = 24 * 60 * 60 * 1000

const copied = {
  ...sampleBlob('copied'),
  copies: [{ uri: 's3://mirror/copied', versionId: 'm1' }],
}

/** That one place of a blob did not give it. */
const failure = (
  checkpoint: Digest,
  {
    name,
    uri,
    versionId,
  }: { readonly name: string; readonly uri: string; readonly versionId: string },
  code = 'DIGEST_DIFFERS',
) => ({ checkpoint, code, rank: 0, name, uri, versionId, message: 'Other bytes.' })

for (const dialect of dialects) {
  describe(`restores on ${dialect}`, () => {
    const scene = useScene(dialect)
    const begin = async (checkpoint: Digest, members: object = {}): Promise<string> => {
      const body = { checkpoint, ownership: 'no-claim', ...members }
      return answered(await scene().post('/restores', body), 201).restore
    }
    const end = (restore: string, body: object) =>
      scene().post(`/restores/${restore}/outcome`, body)
    const gradeOf = async (checkpoint: Digest): Promise<string> =>
      answered(await scene().get(`/checkpoints/${checkpoint}`), 200).grade

    const warningsOf = async (job: string): Promise<readonly string[]> =>
      answered(await scene().post('/recovery-plans', { job }), 200).warnings.map(
        (warning: { readonly code: string }) => warning.code,
      )

    test('checked bytes raise the grade of the state, and of all that it needs', async () => {
      const { run } = await scene().open('raised')
      const full = await scene().save(run, 1)
      const delta = await scene().save(run, 2, { base: full })
      const top = await scene().save(run, 3, { base: delta })
      const restore = await begin(delta)
      const ended = unproven(answered(await end(restore, done), 200))
      assert.equal(ended.grade, 'restored')
      assert.equal(ended.checkpoint, delta)
      assert.equal(ended.outcome, 'succeeded')
      assert.deepEqual(
        [await gradeOf(full), await gradeOf(delta), await gradeOf(top)],
        ['restored', 'restored', 'committed'],
      )
      const latest = answered(await scene().latest('raised', '?minGrade=restored'), 200)
      assert.equal(latest.checkpoint.checkpoint, delta)
      // What is below and was restored before is not told again.
      const size = await scene().size()
      answered(await end(await begin(delta), done), 200)
      assert.equal(await scene().size(), size + 3)
      const kinds = itemsOf(await scene().get(`/checkpoints/${delta}/history`)).map(
        (item: { readonly entry: { readonly kind: string } }) => item.entry.kind,
      )
      const each = ['restore.opened', 'restore.recorded', 'evidence.recorded']
      assert.deepEqual(kinds, ['checkpoint.registered', ...each, ...each])
    })

    test('bytes that nobody checked prove nothing', async () => {
      const { run } = await scene().open('unchecked')
      const checkpoint = await scene().save(run, 1)
      const ended = answered(await end(await begin(checkpoint), { ...done, checked: false }), 200)
      assert.equal(ended.grade, 'committed')
    })

    test('a blob whose bytes are others in every place is evidence against the checkpoint that it is a part of', async () => {
      const { run } = await scene().open('lost')
      const early = await scene().save(run, 1)
      const full = await scene().save(run, 2, { shards: [{ rank: 0, blobs: [copied] }] })
      const delta = await scene().save(run, 3, { base: full })
      const [own, copy] = [copied, { ...copied, ...copied.copies[0] }]
      const latest = async (): Promise<string> =>
        answered(await scene().latest('lost'), 200).checkpoint.checkpoint
      // One of two places is left.
      const half = { ...failed, failures: [failure(full, own)] }
      answered(await end(await begin(delta), half), 200)
      assert.equal(await latest(), delta)
      // That nobody could look says nothing of the bytes.
      const away = [failure(full, own), failure(full, copy, 'STORE_UNAVAILABLE')]
      answered(await end(await begin(delta), { ...failed, failures: away }), 200)
      assert.equal(await latest(), delta)
      // A blob that the manifest does not name, and a checkpoint that is not in the chain.
      const foreign = [failure(full, sampleBlob('other')), failure(early, sampleBlob('model.bin'))]
      answered(await end(await begin(delta), { ...failed, failures: foreign }), 200)
      assert.equal(await latest(), delta)
      // What was not found, in a place that the catalog cannot look at, says only where somebody looked.
      const missed = [failure(full, own, 'BLOB_NOT_FOUND'), failure(full, copy)]
      answered(await end(await begin(delta), { ...failed, failures: missed }), 200)
      assert.equal(await latest(), delta)
      assert.ok((await warningsOf('lost')).includes('RESTORE_FAILED'))
      const others = [failure(full, own, 'SIZE_DIFFERS'), failure(full, copy)]
      answered(await end(await begin(delta), { ...failed, failures: others }), 200)
      assert.equal(await latest(), early)
      const body = answered(await scene().latest('lost'), 200)
      assert.deepEqual(
        body.skipped.map(({ reason, because }: Record<string, unknown>) => [reason, because]),
        [
          ['CHAIN_BROKEN', full],
          ['EVIDENCE_FAILED', undefined],
        ],
      )
      // A later success is the pass that heals it.
      answered(await end(await begin(delta), done), 200)
      assert.equal(await latest(), delta)
      assert.ok(!(await warningsOf('lost')).includes('RESTORE_FAILED'))
    })

    test('failures on the way to a success are kept, and are evidence of nothing', async () => {
      const { run } = await scene().open('detour')
      const checkpoint = await scene().save(run, 1, { shards: [{ rank: 0, blobs: [copied] }] })
      const failures = [failure(checkpoint, copied)]
      const sources = [{ origin: 's3://mirror', bytes: 6 }]
      const restore = await begin(checkpoint)
      answered(await end(restore, { ...done, failures, sources }), 200)
      assert.equal(await gradeOf(checkpoint), 'restored')
      const [listed] = itemsOf(await scene().get('/restores?job=detour'))
      assert.equal(listed.restore, restore)
      assert.deepEqual([listed.failures, listed.sources], [failures, sources])
    })

    test('an outcome is final: the same again changes nothing, and another is refused', async () => {
      const { run } = await scene().open('final')
      const checkpoint = await scene().save(run, 1)
      const restore = await begin(checkpoint)
      const first = unproven(answered(await end(restore, done), 200))
      const size = await scene().size()
      assert.deepEqual(unproven(answered(await end(restore, { ...done, bytes: 1 }), 200)), first)
      refused(await end(restore, failed), 'RESTORE_CLOSED')
      refused(await end('nothing', done), 'RESTORE_NOT_FOUND')
      assert.equal(await scene().size(), size)
      // As of its opening it had not ended.
      const asOf = first.openedIndex
      const [then] = itemsOf(await scene().get(`/restores?job=final&asOf=${asOf}`))
      assert.equal(then.restore, restore)
      assert.equal(then.outcome, undefined)
    })

    test('a claim needs a run that is there', async () => {
      const { run } = await scene().open('claims')
      const checkpoint = await scene().save(run, 1)
      const claim = { checkpoint, ownership: 'claim' }
      refused(await scene().post('/restores', claim), 'INVALID_REQUEST')
      refused(await scene().post('/restores', { ...claim, run: 'nobody' }), 'RUN_NOT_FOUND')
      answered(await scene().post('/restores', { ...claim, run: run.run }), 201)
    })

    test('retention keeps what a run has claimed until the run ends, and what is being restored for a day', async () => {
      const job = 'kept'
      answered(
        await scene().put('/policies/one', {
          retention: { anyOf: [{ keep: 'latest', count: 1 }] },
        }),
        200,
      )
      answered(await scene().put(`/jobs/${job}`, { policy: 'one' }), 200)
      const { run } = await scene().open(job)
      const [claimed, copiedOne, underWay] = [
        await scene().save(run, 1),
        await scene().save(run, 2),
        await scene().save(run, 3),
      ]
      await scene().save(run, 4)
      const other = (await scene().open('other', { resume: 'none' })).run
      const claim = { ownership: 'claim', run: other.run }
      answered(await end(await begin(claimed, claim), { ...done, checked: false }), 200)
      answered(
        await end(await begin(copiedOne, { ownership: 'copy' }), { ...done, checked: false }),
        200,
      )
      await begin(underWay)
      const dropped = async (): Promise<readonly Digest[]> => {
        const { retentionRun } = answered(
          await scene().post('/retention-runs', { dryRun: true, job }),
          201,
        )
        const path = `/retention-runs/${retentionRun}?decision=drop`
        const page = answered(await scene().get(path), 200)
        return page.items.map((item: { readonly checkpoint: Digest }) => item.checkpoint)
      }
      assert.deepEqual(await dropped(), [copiedOne])
      scene().at.advance(day + 1)
      assert.deepEqual(await dropped(), [underWay, copiedOne])
      answered(await scene().post(`/runs/${other.run}/close`, { outcome: 'succeeded' }), 200)
      assert.deepEqual(await dropped(), [underWay, copiedOne, claimed])
    })

    test('a plan tells how long it will take once restores were reported, and as of then', async () => {
      const { run } = await scene().open('timed')
      const checkpoint = await scene().save(run, 1, {
        shards: [{ rank: 0, blobs: [sampleBlob('state', 'x'.repeat(3_000))] }],
      })
      const plan = async (members: object = {}) =>
        answered(await scene().post('/recovery-plans', { job: 'timed', ...members }), 200)
      const asOf = (await scene().size()) - 1
      assert.equal((await plan()).estimate, undefined)
      for (const durationMs of [1_000, 2_000, 60_000]) {
        answered(await end(await begin(checkpoint), { ...done, bytes: 2_000, durationMs }), 200)
      }
      const estimate = { durationMs: 3_000, bytesPerSecond: 1_000, restoreCount: 3 }
      assert.deepEqual((await plan()).estimate, estimate)
      assert.equal((await plan({ asOf })).estimate, undefined)
    })

    test('a replay gives the same rows', async () => {
      const rows = await replay(scene().at.catalog.database, projections)
      const { addedCount, removedCount } = rows.find(({ table }) => table === 'restore') ?? {}
      assert.deepEqual({ addedCount, removedCount }, { addedCount: 0, removedCount: 0 })
    })
  })
}
