import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import type { Run } from '../../schema/run.ts'
import { dialects } from '../harness/catalog.ts'
import { idOf, sampleBlob, sampleManifest } from '../harness/samples.ts'
import { answered, itemsOf, refused, useScene } from '../register/scene.ts'

/**
 * What people lived through with other systems' recovery, one test a complaint: each would have been red where
 * the complaint was true. Those about bytes that a restore touches are in `complaints-of-bytes.test.ts`.
 */
for (const dialect of dialects) {
  describe(`complaints about recovery, on ${dialect}`, () => {
    const scene = useScene(dialect)
    const latestOf = async (job: string, query = '') =>
      answered(await scene().latest(job, query), 200)
    const stepOf = async (job: string, query = ''): Promise<number> =>
      (await latestOf(job, query)).checkpoint.step
    const saveAll = async (run: Run, steps: readonly number[]): Promise<readonly Digest[]> => {
      const saved: Digest[] = []
      for (const step of steps) saved.push(await scene().save(run, step))
      return saved
    }
    const rank = (number: number) => ({ rank: number, blobs: [sampleBlob(`rank-${number}`)] })

    test('auto-resume loads a half-written checkpoint: what lacks a shard, a version or a base is never seen', async () => {
      const { run } = await scene().open('half-written')
      await scene().save(run, 1)
      const half = [
        sampleManifest(run, 2, { worldSize: 4, shards: [rank(0), rank(2)] }),
        sampleManifest(run, 2, {
          shards: [{ rank: 0, blobs: [{ ...sampleBlob('model.bin'), versionId: 'null' }] }],
        }),
        sampleManifest(run, 2, { base: digestOf('a base that was never finished') }),
      ]
      for (const manifest of half) {
        assert.ok((await scene().register(manifest)).status >= 400)
        assert.equal((await scene().get(`/checkpoints/${idOf(manifest)}`)).status, 404)
        assert.equal(await stepOf('half-written'), 1)
      }
      assert.equal((await scene().open('half-written')).plan?.step, 1)
    })

    test('no way to ask for the latest checkpoint across runs: it is asked by job, whatever the runs were called', async () => {
      for (const step of [5, 9, 12]) {
        const { run } = await scene().open('across-runs', { run: `attempt-at-${step}` })
        await scene().save(run, step)
      }
      const { checkpoint } = await latestOf('across-runs')
      assert.deepEqual([checkpoint.step, checkpoint.run], [12, 'attempt-at-12'])
      await scene().open('across-runs', { run: 'saved-nothing' })
      assert.equal(await stepOf('across-runs'), 12)
    })

    test('the newest is bad and nothing falls back: the previous good one is taken, and each reason is told', async () => {
      const { run } = await scene().open('falls-back')
      const [good, full] = await saveAll(run, [1, 2])
      const delta = await scene().save(run, 3, { base: full as Digest })
      const withdrawn = await scene().save(run, 4)
      await scene().evidence(full as Digest, 'verified', 'failed')
      await scene().tombstone(withdrawn)
      const { checkpoint, skipped } = await latestOf('falls-back')
      assert.equal(checkpoint.checkpoint, good)
      assert.deepEqual(
        skipped.map(({ checkpoint: at, reason, because }: Record<string, string>) => [
          at,
          reason,
          because,
        ]),
        [
          [withdrawn, 'TOMBSTONED', undefined],
          [delta, 'CHAIN_BROKEN', full],
          [full, 'EVIDENCE_FAILED', undefined],
        ],
      )
    })

    test('some workers finished and others died, and what they left is merged: not all ranks is no checkpoint', async () => {
      const { run } = await scene().open('workers')
      const all = [0, 1, 2, 3]
      for (const dead of all) {
        const shards = all.filter((one) => one !== dead).map(rank)
        const manifest = sampleManifest(run, 1, { worldSize: 4, shards })
        refused(await scene().register(manifest), 'SHARDS_INCOMPLETE')
      }
      refused(await scene().latest('workers'), 'NO_GOOD_CHECKPOINT')
      await scene().save(run, 1, { worldSize: 4, shards: all.map(rank) })
      assert.equal(await stepOf('workers'), 1)
    })

    test('"latest" is a lie after a save in the background failed, and later saves are skipped in silence', async () => {
      const { run } = await scene().open('failed-save')
      await scene().save(run, 1)
      const failed = sampleManifest(run, 2, { worldSize: 2, shards: [rank(0)] })
      refused(await scene().register(failed), 'SHARDS_INCOMPLETE')
      assert.equal(await stepOf('failed-save'), 1)
      // The slot of the failed save is free, also for itself once it is whole.
      await scene().save(run, 2, { worldSize: 2, shards: [rank(0), rank(1)] })
      await scene().save(run, 3)
      assert.equal(await stepOf('failed-save'), 3)
    })

    test('the pointer survives and the blob is gone: a finding of that takes it out of every later answer', async () => {
      const { run } = await scene().open('blob-gone')
      const [kept, gone] = await saveAll(run, [1, 2])
      const before = (await scene().size()) - 1
      await scene().evidence(gone as Digest, 'present', 'failed')
      const { checkpoint, skipped } = await latestOf('blob-gone')
      assert.equal(checkpoint.checkpoint, kept)
      assert.equal(skipped[0].reason, 'EVIDENCE_FAILED')
      const named = { job: 'blob-gone', checkpoint: gone }
      refused(await scene().post('/recovery-plans', named), 'CHECKPOINT_NOT_GOOD')
      // What was answered then stays explained.
      assert.equal(await stepOf('blob-gone', `?asOf=${before}`), 2)
    })

    test('no content hash, so corruption shows days later: a reference without one is refused, and a grade can be asked for', async () => {
      const { run } = await scene().open('hashes')
      const { digest: _, ...unhashed } = sampleBlob('model.bin')
      const manifest = { ...sampleManifest(run, 1), shards: [{ rank: 0, blobs: [unhashed] }] }
      const called = await scene().post('/checkpoints', { manifest })
      assert.equal(called.status >= 400 && called.status < 500, true)
      const [first] = await saveAll(run, [1, 2])
      refused(await scene().latest('hashes', '?minGrade=verified'), 'NO_GOOD_CHECKPOINT')
      await scene().evidence(first as Digest, 'verified')
      assert.equal(await stepOf('hashes', '?minGrade=verified'), 1)
    })

    test('whether a state is valid depends on where it sits: it is the same under any bucket, key or marker file', async () => {
      const { run } = await scene().open('anywhere')
      for (const [step, uri] of [
        [1, 's3://elsewhere/copied/by/hand/x.tmp'],
        [2, 'file:///mnt/old/_unfinished.orbax-checkpoint-tmp/x'],
      ] as const) {
        const blobs = [{ ...sampleBlob('model.bin', `${step}`), uri }]
        await scene().save(run, step, { shards: [{ rank: 0, blobs }] })
        assert.equal(await stepOf('anywhere'), step)
      }
    })

    test('incremental checkpoints cannot be restored after a claim or a cleanup: what a live delta needs is kept', async () => {
      const { run } = await scene().open('claimed')
      const full = await scene().save(run, 1)
      const delta = await scene().save(run, 2, { base: full })
      // Another attempt goes on from the delta: the chain is its own now, and the first one's still.
      const second = (await scene().open('claimed')).run
      const top = await scene().save(second, 3, { base: delta })
      refused(await scene().tombstone(full), 'CHAIN_IN_USE')
      refused(await scene().tombstone(delta), 'CHAIN_IN_USE')
      const { plan } = await scene().open('claimed')
      assert.deepEqual(
        plan?.stages.map(({ checkpoint }) => checkpoint),
        [full, delta, top],
      )
    })

    test('pruning destroys what deltas stand on, and increments go missing, twice or out of order', async () => {
      const { run } = await scene().open('pruned')
      const full = await scene().save(run, 10)
      const delta = sampleManifest(run, 20, { base: full })
      assert.equal((await scene().register(delta)).status, 201)
      assert.equal((await scene().register(delta)).status, 200, 'twice is once')
      const missing = sampleManifest(run, 30, { base: digestOf('an increment that was lost') })
      refused(await scene().register(missing), 'BASE_NOT_FOUND')
      const disordered = sampleManifest(run, 15, { base: idOf(delta) })
      refused(await scene().register(disordered), 'STEP_REGRESSION')
      refused(await scene().tombstone(full), 'CHAIN_IN_USE')
      assert.equal(await stepOf('pruned'), 20)
    })

    test('provenance breaks when old records are pruned: what is withdrawn keeps its place in the lineage', async () => {
      const { run } = await scene().open('provenance')
      const [parent] = await saveAll(run, [1])
      const child = await scene().save(run, 2, {
        parents: [{ relation: 'derived-from', checkpoint: parent as Digest }],
      })
      await scene().tombstone(parent as Digest)
      const { nodes } = answered(
        await scene().get(`/checkpoints/${child}/lineage?direction=ancestors`),
        200,
      )
      assert.ok(
        nodes.some(
          (node: { checkpoint: { checkpoint: Digest } }) => node.checkpoint.checkpoint === parent,
        ),
      )
      assert.equal((await scene().get(`/checkpoints/${parent}/manifest`)).status, 200)
    })

    test('a look at the past breaks because something was cleaned up since: every past answer can be had again', async () => {
      const { run } = await scene().open('past')
      const answers = new Map<number, unknown>()
      for (const [step, checkpoint] of (await saveAll(run, [0, 1, 2, 3])).entries()) {
        answers.set((await scene().size()) - 1, await latestOf('past'))
        if (step > 1) await scene().tombstone(checkpoint)
      }
      await scene().open('past', { resume: 'none' })
      for (const [asOf, was] of answers) {
        assert.deepEqual(await latestOf('past', `?asOf=${asOf}`), was)
      }
    })

    test('who moved the pointer, and when: each change of what is latest is an entry with its actor', async () => {
      const { run } = await scene().open('who')
      const [, second] = await saveAll(run, [1, 2])
      const operator = await scene().at.tokenFor('operator', [{ verbs: ['retire'], on: '*/*' }])
      const headers = { authorization: `Bearer ${operator}` }
      const withdraw = { reason: 'wrong-input', note: 'The day was counted twice.' }
      answered(await scene().post(`/checkpoints/${second}/tombstone`, withdraw, headers), 201)
      const history = itemsOf(await scene().get(`/checkpoints/${second}/history`))
      assert.deepEqual(
        history.map(({ entry }: { entry: Record<string, string> }) => [
          entry['kind'],
          entry['actor'],
        ]),
        [
          ['checkpoint.registered', 'tester'],
          ['checkpoint.tombstoned', 'operator'],
        ],
      )
    })

    test('a registered version can still be changed: another state for its place is a conflict that names the first', async () => {
      const { run } = await scene().open('unchanged')
      const [first] = await saveAll(run, [1])
      const other = sampleManifest(run, 1, { parameters: { rate: 2 } })
      const facts = refused(await scene().register(other), 'REGISTRATION_CONFLICT')
      assert.equal(facts.checkpoint, first)
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const path = scene().path(`/checkpoints/${first}`)
        assert.equal((await scene().at.call(method, path, {})).status, 405)
      }
    })

    test('lineage shows only the graph of now: it can be asked as of any entry', async () => {
      const { run } = await scene().open('graph')
      const [base] = await saveAll(run, [1])
      const before = (await scene().size()) - 1
      await scene().save(run, 2, { base: base as Digest })
      const path = `/checkpoints/${base}/lineage?direction=descendants`
      const sizeOf = async (query: string): Promise<number> =>
        answered(await scene().get(`${path}${query}`), 200).nodes.length
      assert.deepEqual([await sizeOf(''), await sizeOf(`&asOf=${before}`)], [2, 1])
    })

    test('events that come twice or late corrupt the state: twice is once, and what an old attempt sends late is refused', async () => {
      const { run } = await scene().open('late')
      const first = sampleManifest(run, 1)
      const receipts = [await scene().register(first), await scene().register(first)]
      assert.equal(receipts[0]?.body.index, receipts[1]?.body.index)
      const second = (await scene().open('late')).run
      await scene().save(second, 2)
      const facts = refused(await scene().register(sampleManifest(run, 3)), 'ATTEMPT_FENCED')
      assert.equal(facts.currentAttempt, second.attempt)
      refused(await scene().register(sampleManifest(second, 1)), 'STEP_REGRESSION')
      assert.equal(await stepOf('late'), 2)
    })

    test('random numbers are wrong on most ranks after a resume: each rank gets its own seeds, and those without are told', async () => {
      const { run } = await scene().open('seeds')
      const seeded = (count: number) =>
        Array.from({ length: 256 }, (_, number) => ({
          ...rank(number),
          ...(number < count ? { seeds: [{ generator: 'torch.cuda', seed: number * 7 }] } : {}),
        }))
      await scene().save(run, 1, { worldSize: 256, shards: seeded(4) })
      const planOf = async () =>
        answered(await scene().post('/recovery-plans', { job: 'seeds' }), 200)
      const codes = ({ warnings }: { warnings: readonly { code: string }[] }) =>
        warnings.map(({ code }) => code)
      assert.ok(codes(await planOf()).includes('SEEDS_INCOMPLETE'))
      await scene().save(run, 2, { worldSize: 256, shards: seeded(256) })
      const whole = await planOf()
      assert.ok(!codes(whole).includes('SEEDS_INCOMPLETE'))
      assert.equal(whole.seeds.length, 256)
      whole.seeds.forEach((entry: { rank: number; seeds: readonly object[] }, number: number) =>
        assert.deepEqual(entry, {
          rank: number,
          seeds: [{ generator: 'torch.cuda', seed: number * 7 }],
        }),
      )
    })

    test('another version explodes deep inside the load: the environment is compared before anything is fetched', async () => {
      const record = async (numpy: string): Promise<Digest> => {
        const document = { schemaVersion: 1, sections: { dependencies: { numpy } } }
        const digest = digestOf(canonicalize(document))
        await scene().put(`/environments/${digest}`, document)
        return digest
      }
      const [old, now] = [await record('1.26'), await record('2.0')]
      const { run } = await scene().open('versions')
      await scene().save(run, 1, { environment: now })
      await scene().save(run, 2, { environment: old })
      await scene().save(run, 3)
      const { checkpoint, skipped } = await latestOf('versions', `?environment=${now}`)
      assert.equal(checkpoint.step, 1)
      assert.deepEqual(
        skipped.map(({ reason }: { reason: string }) => reason),
        ['ENVIRONMENT_DIFFERS', 'ENVIRONMENT_DIFFERS'],
      )
    })

    test('a long task begins from zero because the orchestrator knows no checkpoint: one short text carries it over', async () => {
      const { run } = await scene().open('orchestrated', { partition: '2026-11-23' })
      await scene().save(run, 900)
      const place = { job: 'orchestrated', partition: '2026-11-23' }
      const { token } = answered(await scene().post('/resume-tokens', place), 200)
      const { plan } = answered(await scene().post('/runs', { ...place, resume: { token } }), 201)
      assert.equal(plan.step, 900)
    })

    test('an open registry is exploited: without a token nothing is read or written, and no URI of a caller is fetched', async () => {
      const { run } = await scene().open('guarded')
      const [saved] = await saveAll(run, [1])
      const nobody = { authorization: '' }
      for (const [method, rest, body] of [
        ['GET', '/jobs/guarded/latest', undefined],
        ['POST', '/runs', { job: 'guarded', resume: 'latest' }],
        ['POST', '/checkpoints', { manifest: sampleManifest(run, 2) }],
        ['POST', `/checkpoints/${saved}/tombstone`, { reason: 'other' }],
      ] as const) {
        const called = await scene().at.call(method, scene().path(rest), body, nobody)
        refused(called, 'TOKEN_MISSING')
      }
      const blobs = [{ ...sampleBlob('x'), uri: 'http://169.254.169.254/latest/meta-data' }]
      const planted = await scene().save(run, 2, { shards: [{ rank: 0, blobs }] })
      const looked = await scene().post(`/checkpoints/${planted}/verify`, { depth: 'present' })
      assert.equal(answered(looked, 200).faults[0].code, 'BUCKET_NOT_ALLOWED')
    })

    test('a step that was asked for and is not there becomes a fresh start: it is an error, and opens nothing', async () => {
      const { run } = await scene().open('asked-for')
      await scene().save(run, 1)
      const resume = digestOf('step 500')
      refused(await scene().post('/runs', { job: 'asked-for', resume }), 'CHECKPOINT_NOT_FOUND')
      await scene().save(run, 2)
    })

    test('two writers on one line: the newer attempt alone goes on, whichever comes first', async () => {
      const first = (await scene().open('writers')).run
      const second = (await scene().open('writers')).run
      await scene().save(second, 1)
      refused(await scene().register(sampleManifest(first, 1)), 'ATTEMPT_FENCED')
      assert.equal((await latestOf('writers')).checkpoint.run, second.run)
    })

    test('a resume shifts the step: it goes on at the step of the state, not at a count of its own', async () => {
      const { run } = await scene().open('shifted')
      await saveAll(run, [100, 200])
      const { plan, run: next } = await scene().open('shifted')
      assert.equal(plan?.step, 200)
      assert.equal(next.restoredFrom?.step, 200)
      await scene().save(next, 201)
      assert.equal(await stepOf('shifted'), 201)
    })

    test('a resume goes on from the first value that was kept, not from the last', async () => {
      const { run } = await scene().open('last-value')
      for (const step of [1, 2, 3]) {
        await scene().save(run, step, { progress: { records: step * 10, cursor: { page: step } } })
      }
      const { plan } = await scene().open('last-value')
      assert.deepEqual(plan?.progress, { records: 30, cursor: { page: 3 } })
    })
  })
}
