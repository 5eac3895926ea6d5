import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import type { Caller, Drift } from '../../schema/drift.ts'
import { driftRuleSet } from '../../schema/drift-rules.ts'
import type { Environment } from '../../schema/environment.ts'
import type { Manifest } from '../../schema/manifest.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, refused, unproven, useScene } from '../register/scene.ts'

const environmentOf = (facts: Environment['sections'] = {}): Environment => ({
  schemaVersion: 1,
  sections: {
    code: { vcs: 'git', commit: 'a'.repeat(40), dirty: false },
    runtime: { name: 'node', version: '24.1.0' },
    ...facts,
  },
})

const made = environmentOf()
const recorded = digestOf(canonicalize(made))
const otherCode = environmentOf({ code: { vcs: 'git', commit: 'b'.repeat(40), dirty: false } })
const otherNode = environmentOf({ runtime: { name: 'node', version: '24.1.9' } })

const given = {
  environment: recorded,
  parameters: { rate: 0.5 },
  inputs: [{ name: 'flights', version: '1' }],
} satisfies Partial<Manifest>
/** What made the state, but for the world size and the format, which nobody asks about. */
const same: Caller = { ...given, environment: made, worldSize: 1 }

for (const dialect of dialects) {
  describe(`drift on ${dialect}`, () => {
    const scene = useScene(dialect)
    /** A job with one state, which was made in the environment. */
    const begin = async (job: string): Promise<Digest> => {
      const put = await scene().put(`/environments/${recorded}`, made)
      answered(put, put.status === 201 ? 201 : 200)
      const { run } = await scene().open(job)
      return scene().save(run, 1, given)
    }
    const planned = async (job: string, caller: Caller): Promise<Drift> =>
      answered(await scene().post('/recovery-plans', { job, caller }), 200).drift
    const resume = (job: string, members: object) =>
      scene().post('/runs', { job, resume: 'latest', ...members })

    test('a caller who runs the same is told that nothing differs', async () => {
      await begin('same')
      const drift = await planned('same', same)
      assert.equal(drift.verdict, 'allow')
      assert.equal(drift.severity, undefined)
      assert.deepEqual(drift.sections, [])
      assert.deepEqual(drift.equal, [
        'parameters',
        'inputs',
        'topology',
        'environment.code',
        'environment.runtime',
      ])
      assert.deepEqual([drift.recorded, drift.current], [recorded, recorded])
      assert.equal(drift.ruleSet, digestOf(canonicalize(driftRuleSet())))
    })

    test('a plan says what differs, how severely, and what would have to be done', async () => {
      await begin('differs')
      const drift = await planned('differs', { ...same, environment: otherCode })
      assert.equal(drift.verdict, 'allow-with-acknowledgement')
      assert.deepEqual(drift.sections, [
        {
          section: 'environment.code',
          severity: 'critical',
          changeCount: 1,
          changes: [
            {
              fact: 'commit',
              severity: 'critical',
              recorded: 'a'.repeat(40),
              current: 'b'.repeat(40),
            },
          ],
        },
      ])
      const patched = await planned('differs', { ...same, environment: otherNode })
      assert.deepEqual([patched.verdict, patched.severity], ['allow', 'minor'])
    })

    test('what one side did not record is unknown, and never equal', async () => {
      await begin('unknown')
      const drift = await planned('unknown', {})
      assert.equal(drift.severity, 'unknown')
      assert.deepEqual(
        drift.sections.map(({ section, severity }) => [section, severity]),
        [
          ['parameters', 'unknown'],
          ['inputs', 'unknown'],
          ['topology', 'unknown'],
          ['environment', 'unknown'],
        ],
      )
      const missing = environmentOf({ hardware: { arch: 'x86_64' } })
      const partly = await planned('unknown', { ...same, environment: missing })
      assert.deepEqual(
        partly.sections.map(({ section, severity }) => [section, severity]),
        [['environment.hardware', 'unknown']],
      )
    })

    test('parameters that differ refuse a plan and a run, with the whole difference', async () => {
      await begin('refused')
      const caller = { ...same, parameters: { rate: 0.4, layers: 3 } }
      const size = await scene().size()
      for (const answer of [
        await scene().post('/recovery-plans', { job: 'refused', caller }),
        await resume('refused', { caller, acknowledgeDrift: 'I mean it.' }),
      ]) {
        const { drift } = refused(answer, 'DRIFT_REFUSED')
        assert.deepEqual(drift.sections[0].changes, [
          { fact: 'layers', severity: 'blocker', current: 3 },
          { fact: 'rate', severity: 'blocker', recorded: 0.5, current: 0.4 },
        ])
      }
      assert.equal(await scene().size(), size)
    })

    test('a run goes on in spite of a difference once it is acknowledged, and is not asked again', async () => {
      const checkpoint = await begin('acknowledged')
      const caller = { ...same, environment: otherCode }
      const { drift } = refused(await resume('acknowledged', { caller }), 'DRIFT_UNACKNOWLEDGED')
      const note = 'The fix of the loader.'
      const opened = answered(await resume('acknowledged', { caller, acknowledgeDrift: note }), 201)
      assert.equal(opened.plan.checkpoint, checkpoint)
      assert.equal(opened.plan.drift.difference, drift.difference)
      assert.equal(opened.plan.drift.acknowledged, opened.run.openedIndex - 1)
      const page = answered(
        await scene().get(`/entries?after=${opened.run.openedIndex - 2}&limit=2`),
        200,
      )
      const [first, second] = page.items.map((item: { readonly entry: object }) => item.entry)
      assert.deepEqual(
        [first.kind, first.subject, first.note, first.recorded, first.current],
        ['drift.acknowledged', checkpoint, note, recorded, digestOf(canonicalize(otherCode))],
      )
      const { verdict, difference, ruleSet } = drift
      assert.deepEqual(second.drift, { verdict, difference, ruleSet })
      answered(await resume('acknowledged', { caller }), 201)
      // Another difference is another question.
      const dirty = environmentOf({ code: { vcs: 'git', commit: 'b'.repeat(40), dirty: true } })
      const more = { caller: { ...same, environment: dirty } }
      refused(await resume('acknowledged', more), 'DRIFT_UNACKNOWLEDGED')
    })

    test('a difference can be acknowledged before a run is opened; the same again is the first one', async () => {
      const checkpoint = await begin('ahead')
      const caller = { ...same, environment: otherCode }
      const acknowledge = (body: object) => scene().post('/drift-acknowledgements', body)
      const first = unproven(
        answered(await acknowledge({ checkpoint, caller, note: 'Ours.' }), 201),
      )
      const size = await scene().size()
      const again = unproven(
        answered(await acknowledge({ checkpoint, caller, note: 'Other.' }), 201),
      )
      assert.deepEqual([again.index, again.note], [first.index, 'Ours.'])
      assert.equal(await scene().size(), size)
      answered(await resume('ahead', { caller }), 201)
      const kinds = answered(
        await scene().get(`/checkpoints/${checkpoint}/history`),
        200,
      ).items.map((item: { readonly entry: { readonly kind: string } }) => item.entry.kind)
      assert.deepEqual(kinds, ['checkpoint.registered', 'drift.acknowledged'])
      const blocked = { ...same, worldSize: 2 }
      refused(await acknowledge({ checkpoint, caller: blocked, note: 'No.' }), 'DRIFT_REFUSED')
    })

    test('a policy changes the rules and what they mean, and holds every run that names its environment', async () => {
      await begin('policy')
      const environment = digestOf(canonicalize(otherNode))
      answered(await scene().put(`/environments/${environment}`, otherNode), 201)
      // Nobody has asked: a run only says what it runs in.
      answered(await resume('policy', { environment }), 201)
      const strict = {
        drift: {
          rules: [{ section: 'runtime', fact: 'version', severity: 'blocker' }],
          verdicts: { blocker: 'allow-with-acknowledgement' },
        },
      }
      answered(await scene().put('/policies/strict', strict), 200)
      answered(await scene().put('/jobs/policy', { policy: 'strict' }), 200)
      const asked = refused(await resume('policy', { environment }), 'DRIFT_UNACKNOWLEDGED')
      assert.equal(asked.drift.severity, 'blocker')
      assert.notEqual(asked.drift.ruleSet, digestOf(canonicalize(driftRuleSet())))
      // A policy with the name `drift` holds where the job's own says nothing.
      answered(await scene().put('/jobs/policy', {}), 200)
      answered(await resume('policy', { environment }), 201)
      answered(
        await scene().put('/policies/drift', { drift: { verdicts: { minor: 'refuse' } } }),
        200,
      )
      refused(await resume('policy', { environment }), 'DRIFT_REFUSED')
    })

    test('an environment that is not recorded is an error, and no difference', async () => {
      await begin('absent')
      const caller = { environment: digestOf('nothing') }
      const answer = await scene().post('/recovery-plans', { job: 'absent', caller })
      refused(answer, 'ENVIRONMENT_NOT_FOUND')
    })
  })
}
