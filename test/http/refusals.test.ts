import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ErrorCode } from '../../schema/errors.ts'
import type { OperationId } from '../../schema/operations.ts'
import { SMALL_BODY_MAX_BYTES } from '../../schema/operations/operation.ts'
import type { Run } from '../../schema/run.ts'
import { dialects, type Called } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, declareScene, refused, useScene } from '../register/scene.ts'
import { assertListed } from './contract.ts'
import { everyOperation, nothingRecorded, requestFor } from './requests.ts'
import { nowhere, wrongManifests } from './wrong-manifests.ts'

for (const dialect of dialects) {
  describe(`what contradicts itself or the record on ${dialect}`, () => {
    const scene = useScene(dialect)

    /** Asserts a refusal that the contract lists, after which the log is as it was. */
    const refusing = async (
      id: OperationId,
      code: ErrorCode,
      ask: () => Promise<Called>,
    ): Promise<Called['body']> => {
      const size = await scene().size()
      const facts = refused(await ask(), code)
      assertListed(id, code)
      assert.equal(await scene().size(), size)
      return facts
    }
    /** The same for a manifest, which may come alone or in a batch. */
    const refusingManifest = async (code: ErrorCode, manifest: unknown) => {
      const facts = await refusing('registerCheckpoint', code, () =>
        scene().post('/checkpoints', { manifest }),
      )
      const batched = await scene().post('/checkpoints/batch', { items: [{ manifest }] })
      const problem = batched.status === 200 ? batched.body.results[0].problem : batched.body
      assert.equal(problem.code, code)
      return facts
    }
    const open = async (job: string, members = {}): Promise<Run> =>
      (await scene().open(job, members)).run

    for (const [what, code, wrong] of wrongManifests) {
      test(`a manifest with ${what} is ${code}`, async () => {
        await refusingManifest(code, wrong(sampleManifest(await open('wrong'), 1)))
      })
    }

    for (const [id] of everyOperation) {
      if (id === 'declareNamespace' || id === 'listNamespaces') continue
      test(`${id} in a namespace that nobody declared is NAMESPACE_NOT_FOUND`, async () => {
        const { at } = scene()
        const asked = requestFor(id, { ...nothingRecorded, namespace: 'nowhere' })
        const called = await at.call(asked.method, asked.path, asked.body)
        if (id !== 'registerCheckpoints') refused(called, 'NAMESPACE_NOT_FOUND')
        else assert.equal(called.body.results[0].problem.code, 'NAMESPACE_NOT_FOUND')
        assertListed(id, 'NAMESPACE_NOT_FOUND')
      })
    }

    test('a digest that is not the document’s is refused and both are named', async () => {
      const manifest = sampleManifest(await open('digests'), 1)
      const facts = await refusing('registerCheckpoint', 'DIGEST_MISMATCH', () =>
        scene().post('/checkpoints', { manifest, digest: nowhere }),
      )
      assert.equal(facts.expected, nowhere)
      assert.match(facts.actual, /^sha256:/)
      await refusing('recordEnvironment', 'DIGEST_MISMATCH', () =>
        scene().put(`/environments/${nowhere}`, { schemaVersion: 1, sections: {} }),
      )
    })

    test('a manifest that says otherwise than its path or its run is refused', async () => {
      const right = sampleManifest(await open('mismatch', { partition: 'p1' }), 1)
      for (const wrong of [
        { namespace: 'railway' },
        { job: 'another' },
        { partition: 'p2' },
        { partition: undefined },
        { attempt: 2 },
      ]) {
        await refusingManifest('RUN_MISMATCH', { ...right, ...wrong })
      }
    })

    test('what is named and was never recorded is refused by its kind', async () => {
      const right = sampleManifest(await open('missing'), 1)
      await refusingManifest('RUN_NOT_FOUND', { ...right, run: 'nobody-opened-this' })
      await refusingManifest('BASE_NOT_FOUND', { ...right, kind: 'delta', base: nowhere })
      await refusingManifest('ENVIRONMENT_NOT_FOUND', { ...right, environment: nowhere })
      const parents = [{ relation: 'derived-from', checkpoint: nowhere }]
      await refusingManifest('PARENT_NOT_FOUND', { ...right, parents })
      for (const [id, code, rest] of [
        ['getJob', 'JOB_NOT_FOUND', '/jobs/nothing'],
        ['getLatest', 'JOB_NOT_FOUND', '/jobs/nothing/latest'],
        ['getRun', 'RUN_NOT_FOUND', '/runs/nothing'],
        ['getEnvironment', 'ENVIRONMENT_NOT_FOUND', `/environments/${nowhere}`],
        ['getCheckpoint', 'CHECKPOINT_NOT_FOUND', `/checkpoints/${nowhere}`],
        ['getManifest', 'CHECKPOINT_NOT_FOUND', `/checkpoints/${nowhere}/manifest`],
        ['getLineage', 'CHECKPOINT_NOT_FOUND', `/checkpoints/${nowhere}/lineage`],
        ['getHistory', 'CHECKPOINT_NOT_FOUND', `/checkpoints/${nowhere}/history`],
      ] as const) {
        await refusing(id, code, () => scene().get(rest))
      }
      const { post } = scene()
      await refusing('closeRun', 'RUN_NOT_FOUND', () =>
        post('/runs/nothing/close', { outcome: 'failed' }),
      )
      await refusing('recordEvidence', 'CHECKPOINT_NOT_FOUND', () =>
        scene().evidence(nowhere, 'present'),
      )
      await refusing('tombstoneCheckpoint', 'CHECKPOINT_NOT_FOUND', () =>
        scene().tombstone(nowhere),
      )
    })

    test('a plan for a job that nobody declared says so, as latest does', async () => {
      await refusing('planRecovery', 'JOB_NOT_FOUND', () =>
        scene().post('/recovery-plans', { job: 'nothing' }),
      )
    })

    test('a base of another job, partition or namespace, or ahead of its delta, is refused', async () => {
      const other = await scene().save(await open('other-job'), 1)
      const run = await open('bases')
      const sibling = await scene().save(await open('bases', { partition: 'p' }), 1)
      const ahead = await scene().save(run, 5)
      const delta = { ...sampleManifest(run, 5), kind: 'delta', tier: 'light' }
      await refusingManifest('BASE_MISMATCH', { ...delta, base: other })
      await refusingManifest('BASE_MISMATCH', { ...delta, base: sibling })
      const { run: next } = await scene().open('bases')
      const before = { ...sampleManifest(next, 4), kind: 'delta', base: ahead }
      await refusingManifest('BASE_MISMATCH', before)
      const elsewhere = await declareScene(scene().at, 'railway')
      const foreign = await elsewhere.save((await elsewhere.open('bases')).run, 1)
      await refusingManifest('BASE_NOT_FOUND', {
        ...delta,
        run: next.run,
        attempt: 2,
        base: foreign,
      })
    })

    test('a base that is withdrawn or failing is refused', async () => {
      const run = await open('bad-bases')
      const withdrawn = await scene().save(run, 1)
      answered(await scene().tombstone(withdrawn), 201)
      const failing = await scene().save(run, 2)
      answered(await scene().evidence(failing, 'verified', 'failed'), 201)
      for (const base of [withdrawn, failing]) {
        await refusingManifest('BASE_NOT_GOOD', { ...sampleManifest(run, 3), kind: 'delta', base })
      }
    })

    test('a successor that leads back, or is not there, is refused', async () => {
      const run = await open('cycles')
      const [first, second, third] = [
        await scene().save(run, 1),
        await scene().save(run, 2),
        await scene().save(run, 3),
      ]
      const cycle = (checkpoint: typeof first, successor: typeof first) =>
        refusing('tombstoneCheckpoint', 'LINEAGE_CYCLE', () =>
          scene().tombstone(checkpoint, { successor }),
        )
      await cycle(first, first)
      answered(await scene().tombstone(first, { successor: second }), 201)
      await cycle(second, first)
      answered(await scene().tombstone(second, { successor: third }), 201)
      await cycle(third, first)
      await refusing('tombstoneCheckpoint', 'CHECKPOINT_NOT_FOUND', () =>
        scene().tombstone(third, { successor: nowhere }),
      )
    })

    test('a step that goes back, or a second state at one step, is refused', async () => {
      const run = await open('steps')
      const first = await scene().save(run, 5)
      const { lastStep } = await refusingManifest('STEP_REGRESSION', sampleManifest(run, 4))
      assert.equal(lastStep, 5)
      const other = sampleManifest(run, 5, { parameters: { rate: 1 } })
      const facts = await refusingManifest('REGISTRATION_CONFLICT', other)
      assert.equal(facts.checkpoint, first)
    })

    test('an older attempt is refused and learns which one is current', async () => {
      const old = await open('fenced')
      const current = await open('fenced')
      const facts = await refusingManifest('ATTEMPT_FENCED', sampleManifest(old, 1))
      assert.equal(facts.currentAttempt, current.attempt)
      assert.equal(facts.currentRun, current.run)
      await refusing('closeRun', 'ATTEMPT_FENCED', () =>
        scene().post(`/runs/${old.run}/close`, { outcome: 'failed' }),
      )
    })

    test('a run that was closed takes nothing more', async () => {
      const run = await open('closed')
      const close = (outcome: string) => scene().post(`/runs/${run.run}/close`, { outcome })
      answered(await close('succeeded'), 200)
      await refusingManifest('RUN_CLOSED', sampleManifest(run, 1))
      await refusing('closeRun', 'RUN_CLOSED', () => close('failed'))
      await refusing('closeRun', 'INVALID_REQUEST', () => close('lost'))
    })

    test('a run id that is taken, and a resume from what cannot be used, are refused', async () => {
      const run = await open('resumes')
      const bad = await scene().save(run, 1)
      answered(await scene().tombstone(bad), 201)
      const other = await scene().save(await open('resumes-other'), 1)
      for (const [code, members] of [
        ['REGISTRATION_CONFLICT', { run: run.run, resume: 'none' }],
        ['ENVIRONMENT_NOT_FOUND', { environment: nowhere, resume: 'none' }],
        ['NO_GOOD_CHECKPOINT', { resume: 'latest' }],
        ['CHECKPOINT_NOT_FOUND', { resume: nowhere }],
        ['CHECKPOINT_NOT_GOOD', { resume: bad }],
        ['RESUME_MISMATCH', { resume: other }],
        ['INVALID_REQUEST', { resume: 'newest' }],
        ['INVALID_REQUEST', {}],
      ] as const) {
        await refusing('openRun', code, () => scene().post('/runs', { job: 'resumes', ...members }))
      }
    })

    test('a resume that is no word and no digest is told of both', async () => {
      const called = await scene().post('/runs', { job: 'fares', resume: 'newest' })
      refused(called, 'INVALID_REQUEST')
      assert.match(called.body.detail, /latest/)
      assert.match(called.body.detail, /digest|sha256/i)
    })

    test('a tombstone under a live delta, or another one than the first, is refused', async () => {
      const run = await open('tombstones')
      const base = await scene().save(run, 1)
      const delta = await scene().save(run, 2, { base })
      const facts = await refusing('tombstoneCheckpoint', 'CHAIN_IN_USE', () =>
        scene().tombstone(base),
      )
      assert.deepEqual(facts.dependents, [delta])
      answered(await scene().tombstone(delta), 201)
      await refusing('tombstoneCheckpoint', 'ALREADY_TOMBSTONED', () =>
        scene().tombstone(delta, { reason: 'policy' }),
      )
    })

    test('a declaration that fits its body and no entry is refused as its contract says', async () => {
      // Its escapes are as long in the entry, which also has a time, an actor and a subject.
      const text = '\u0001'.repeat(256)
      const labels = Object.fromEntries(Array.from({ length: 31 }, (_, n) => [`label-${n}`, text]))
      const described = { description: '\u0001'.repeat(2700), labels }
      const spareCount = SMALL_BODY_MAX_BYTES - JSON.stringify(described).length
      const spec = { ...described, description: described.description + 'x'.repeat(spareCount) }
      await refusing('declareJob', 'DOCUMENT_TOO_LARGE', () => scene().put('/jobs/large', spec))
      await refusing('declareNamespace', 'DOCUMENT_TOO_LARGE', () => scene().put('', spec))
    })
  })
}
