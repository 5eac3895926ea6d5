import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { dialects, type Called } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, assertProblem, useScene } from '../register/scene.ts'
import { recordFor, type Recorded } from './requests.ts'

/** Texts that a terminal, a log file or a database may stumble over. */
const texts: readonly (readonly [string, string])[] = [
  ['a NUL', 'a\u0000b'],
  ['a line break', 'a\r\nb'],
  ['a terminal escape', 'a\u001b[31mb'],
  ['a delete character', 'a\u007fb'],
  ['a character of the second control set', 'a\u0085b'],
  ['a change of direction', 'a\u202eb'],
  ['a byte order mark', '\ufeffb'],
  ['a noncharacter', 'a\uffff\u{10ffff}b'],
]

for (const dialect of dialects) {
  describe(`a free text on ${dialect}`, () => {
    const scene = useScene(dialect)
    let known: Recorded
    let step = 10
    before(async () => {
      known = await recordFor(scene(), 'fares')
    })

    /** Asserts that a text is kept exactly or refused with nothing recorded: never a failure. */
    const keptOrRefused = async (ask: () => Promise<Called>): Promise<void> => {
      const size = await scene().size()
      const called = await ask()
      assert.ok(called.status < 500, JSON.stringify(called.body))
      if (called.status < 400) return
      assertProblem(called)
      assert.equal(await scene().size(), size)
    }
    const register = (members: object): Promise<Called> => {
      step += 1
      return scene().register(sampleManifest(known.run, step, members))
    }
    const post = (rest: string, body: object): Promise<Called> => scene().post(rest, body)

    for (const [what, text] of texts) {
      test(`with ${what} is kept or refused in evidence`, async () => {
        const path = `/checkpoints/${known.checkpoint}/evidence`
        const finding = { finding: 'present', outcome: 'passed' }
        await keptOrRefused(() => post(path, { ...finding, method: text }))
        await keptOrRefused(() => post(path, { ...finding, method: 'head', note: text }))
      })

      test(`with ${what} is kept or refused in labels`, async () => {
        await keptOrRefused(() => register({ labels: { team: text } }))
        const { job } = known
        await keptOrRefused(() =>
          post('/runs', { job: `${job}-2`, resume: 'none', labels: { team: text } }),
        )
        await keptOrRefused(() => scene().put('/jobs/labelled', { labels: { team: text } }))
      })

      test(`with ${what} is kept or refused in a format`, async () => {
        await keptOrRefused(() => register({ format: { name: text, version: '1' } }))
        await keptOrRefused(() => register({ format: { name: 'npz', version: text } }))
        await keptOrRefused(() =>
          register({ format: { name: 'npz', version: '1', metadata: { [text]: text } } }),
        )
      })

      test(`with ${what} is kept or refused in a note`, async () => {
        const checkpoint = await scene().save(known.run, (step += 1))
        await keptOrRefused(() => scene().tombstone(checkpoint, { note: text }))
        const { run } = await scene().open('noted')
        await keptOrRefused(() => post(`/runs/${run.run}/close`, { outcome: 'failed', note: text }))
        await keptOrRefused(() => scene().put('/jobs/noted', { description: text }))
      })

      test(`with ${what} is kept exactly in parameters and inputs`, async () => {
        const members = {
          parameters: { [text]: text },
          inputs: [{ name: text, version: text }],
          progress: { watermark: text, cursor: text },
        }
        const { checkpoint } = answered(await register(members), 201)
        const { body } = await scene().get(`/checkpoints/${checkpoint}/manifest`)
        assert.deepEqual({ ...body, ...members }, body)
      })

      test(`with ${what} is refused in what names a blob`, async () => {
        const blob = sampleManifest(known.run, 0).shards[0]?.blobs[0]
        for (const name of ['uri', 'versionId', 'digest']) {
          const called = await register({
            shards: [{ rank: 0, blobs: [{ ...blob, [name]: text }] }],
          })
          assert.ok(called.status === 400 || called.status === 422, `${name}: ${called.status}`)
          assertProblem(called)
        }
      })
    }
  })
}
