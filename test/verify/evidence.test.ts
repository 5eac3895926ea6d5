import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dialects } from '../harness/catalog.ts'
import { answered, refused, unproven, useScene } from '../register/scene.ts'

for (const dialect of dialects) {
  describe(`evidence on ${dialect}`, () => {
    const scene = useScene(dialect)
    const standing = async (checkpoint: string): Promise<readonly [string, boolean]> => {
      const found = answered(await scene().get(`/checkpoints/${checkpoint}`), 200)
      return [found.grade, found.good]
    }

    test('every finding is an entry of its own, with who found it and how', async () => {
      const { run } = await scene().open('entries')
      const checkpoint = await scene().save(run, 1)
      const body = { finding: 'present', outcome: 'passed', method: 'head-object', note: 'eu-west' }
      const token = await scene().at.tokenFor('nightly-check', [{ verbs: ['verify'], on: '*/*' }])
      const path = scene().path(`/checkpoints/${checkpoint}/evidence`)
      const headers = { authorization: `Bearer ${token}` }
      const first = answered(await scene().at.call('POST', path, body, headers), 201)
      assert.deepEqual(
        { ...unproven(first), at: undefined },
        {
          checkpoint,
          ...body,
          actor: 'nightly-check',
          index: (await scene().size()) - 1,
          at: undefined,
        },
      )
      const second = answered(await scene().at.call('POST', path, body, headers), 201)
      assert.equal(second.index, first.index + 1)
    })

    test('a pass raises the grade to its finding, and a weaker one does not lower it', async () => {
      const { run } = await scene().open('raises')
      const checkpoint = await scene().save(run, 1)
      const grades: unknown[] = [await standing(checkpoint)]
      for (const finding of ['present', 'verified', 'present', 'restored', 'verified']) {
        await scene().evidence(checkpoint, finding)
        grades.push(await standing(checkpoint))
      }
      assert.deepEqual(grades, [
        ['committed', true],
        ['present', true],
        ['verified', true],
        ['verified', true],
        ['restored', true],
        ['restored', true],
      ])
    })

    test('a failure takes the grade back, and only a later pass that looked as closely makes it good again', async () => {
      const { run } = await scene().open('lowers')
      const checkpoint = await scene().save(run, 1)
      await scene().evidence(checkpoint, 'restored')
      await scene().evidence(checkpoint, 'present', 'failed')
      assert.deepEqual(await standing(checkpoint), ['committed', false])
      refused(await scene().latest('lowers'), 'NO_GOOD_CHECKPOINT')
      await scene().evidence(checkpoint, 'verified', 'failed')
      assert.deepEqual(await standing(checkpoint), ['committed', false])
      // Being there says nothing against bytes that were read and found wrong.
      await scene().evidence(checkpoint, 'present')
      assert.deepEqual(await standing(checkpoint), ['committed', false])
      refused(await scene().latest('lowers'), 'NO_GOOD_CHECKPOINT')
      await scene().evidence(checkpoint, 'verified')
      assert.deepEqual(await standing(checkpoint), ['verified', true])
      assert.equal(answered(await scene().latest('lowers'), 200).checkpoint.grade, 'verified')
    })

    test('a weaker failure does not make a closer one easier to heal', async () => {
      const { run } = await scene().open('weaker')
      const checkpoint = await scene().save(run, 1)
      const seen: unknown[] = []
      for (const [finding, outcome] of [
        ['restored', 'failed'],
        ['present', 'failed'],
        ['present', 'passed'],
        ['verified', 'passed'],
        ['restored', 'passed'],
        ['present', 'failed'],
        ['present', 'passed'],
      ] as const) {
        await scene().evidence(checkpoint, finding, outcome)
        seen.push(await standing(checkpoint))
      }
      assert.deepEqual(seen, [
        ['committed', false],
        ['committed', false],
        ['committed', false],
        ['committed', false],
        ['restored', true],
        ['committed', false],
        ['present', true],
      ])
    })

    test('evidence does not bring back what was withdrawn or left behind', async () => {
      const { run } = await scene().open('gone')
      const early = await scene().save(run, 1)
      const late = await scene().save(run, 2)
      await scene().open('gone', { resume: early })
      await scene().evidence(late, 'restored')
      assert.deepEqual(await standing(late), ['restored', false])
      await scene().tombstone(early)
      await scene().evidence(early, 'restored')
      assert.deepEqual(await standing(early), ['restored', false])
    })

    test('a past moment knows the evidence of its time', async () => {
      const { run } = await scene().open('past')
      const checkpoint = await scene().save(run, 1)
      const moments: number[] = [(await scene().size()) - 1]
      for (const [finding, outcome] of [
        ['present', 'passed'],
        ['verified', 'failed'],
        ['verified', 'passed'],
      ] as const) {
        const { index } = answered(await scene().evidence(checkpoint, finding, outcome), 201)
        moments.push(index)
      }
      const then = await Promise.all(
        moments.map((asOf) => scene().get(`/checkpoints/${checkpoint}?asOf=${asOf}`)),
      )
      assert.deepEqual(
        then.map((answer) => [answer.body.grade, answer.body.good]),
        [
          ['committed', true],
          ['present', true],
          ['committed', false],
          ['verified', true],
        ],
      )
    })

    test('evidence about nothing, and evidence that says nothing, is refused', async () => {
      const { run } = await scene().open('refused')
      const checkpoint = await scene().save(run, 1)
      const size = await scene().size()
      refused(
        await scene().evidence(`sha256:${'0'.repeat(64)}` as never, 'present'),
        'CHECKPOINT_NOT_FOUND',
      )
      const path = `/checkpoints/${checkpoint}/evidence`
      for (const body of [
        {},
        { finding: 'committed', outcome: 'passed', method: 'm' },
        { finding: 'present', outcome: 'maybe', method: 'm' },
        { finding: 'present', outcome: 'passed' },
        { finding: 'present', outcome: 'passed', method: '' },
      ]) {
        refused(await scene().post(path, body), 'INVALID_REQUEST')
      }
      assert.equal(await scene().size(), size)
    })
  })
}
