import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { dialects, type Called } from '../harness/catalog.ts'
import { lines, writingHistory } from './history/actions.ts'
import { beginPlay, perform } from './history/perform.ts'
import type { Play } from './history/play.ts'
import { worldOf } from './history/world.ts'
import { answered, declareScene, refused, useScene, type Scene } from '../register/scene.ts'

/** Histories that are grown and then asked about again. */
const SEEDS = [12, 14]
const HISTORY_LENGTH = 24

/** A question, and how it is asked of an index. */
type Question = (scene: Scene, asOf?: number) => Promise<Called>

const at = (asOf: number | undefined, first: '?' | '&' = '?'): string =>
  asOf === undefined ? '' : `${first}asOf=${asOf}`

const get =
  (path: string): Question =>
  (scene, asOf) =>
    scene.get(`${path}${at(asOf, path.includes('?') ? '&' : '?')}`)

const plan =
  (body: Readonly<Record<string, unknown>>): Question =>
  (scene, asOf) =>
    scene.post('/recovery-plans', { ...body, ...(asOf === undefined ? {} : { asOf }) })

/** Everything that can be asked about a moment. */
function questionsOf({ happenings, environment }: Play): ReadonlyMap<string, Question> {
  const { checkpoints, runs } = worldOf(happenings)
  const paths = [
    '/jobs',
    '/runs?limit=500',
    '/checkpoints?limit=500',
    '/checkpoints?limit=500&tombstoned=true',
    '/checkpoints?limit=500&tombstoned=false',
    ...lines.flatMap(({ job, partition }) => [
      `/jobs/${job}`,
      `/runs?job=${job}&partition=${partition}`,
      `/jobs/${job}/latest?partition=${partition}`,
      `/jobs/${job}/latest?partition=${partition}&minGrade=verified`,
      `/jobs/${job}/latest?partition=${partition}&includeAbandoned=true`,
      `/jobs/${job}/latest?partition=${partition}&environment=${environment}`,
    ]),
    ...[...runs.keys()].map((run) => `/runs/${run}`),
    ...[...checkpoints.keys()].flatMap((checkpoint) => [
      `/checkpoints/${checkpoint}`,
      `/checkpoints/${checkpoint}/lineage?depth=1000&limit=1000`,
      `/checkpoints/${checkpoint}/lineage?direction=descendants&depth=1000&limit=1000`,
    ]),
  ]
  const questions = new Map(paths.map((path) => [path, get(path)]))
  for (const line of lines) {
    questions.set(`plan ${line.job} ${line.partition}`, plan({ ...line }))
  }
  for (const { checkpoint, manifest } of checkpoints.values()) {
    const { job, partition = '' } = manifest
    questions.set(`plan ${checkpoint}`, plan({ job, partition, checkpoint }))
  }
  return questions
}

/** What an answer says, without what differs from request to request. */
function said({ status, body }: Called): unknown {
  const { requestId: _, ...rest } = body
  return { status, ...rest }
}

for (const dialect of dialects) {
  describe(`reading as of an index on ${dialect}`, () => {
    const scene = useScene(dialect)

    for (const seed of SEEDS) {
      test(`every answer of the past is given again, whatever came later (history ${seed})`, async () => {
        const own = await declareScene(scene().at, `history-${seed}`)
        const play = await beginPlay(own)
        const [actions = []] = fc.sample(writingHistory(HISTORY_LENGTH), { seed, numRuns: 1 })
        const past: { readonly asOf: number; readonly name: string; readonly answer: unknown }[] =
          []
        const questions = new Map<string, Question>()
        let size = 0
        for (const action of actions) {
          await perform(play, action)
          if (play.happenings.length === size) continue
          size = play.happenings.length
          for (const [name, question] of questionsOf(play)) {
            questions.set(name, question)
            past.push({ asOf: size - 1, name, answer: said(await question(own)) })
          }
        }
        assert.ok(past.length > 200, 'a history long enough to mean something')
        for (const { asOf, name, answer } of past) {
          assert.deepEqual(
            said(await (questions.get(name) ?? get(name))(own, asOf)),
            answer,
            `${name} as of ${asOf}`,
          )
        }
      })
    }

    test('what did not exist yet is not found, and what is not recorded yet is out of range', async () => {
      const { run } = await scene().open('fares')
      const checkpoint = await scene().save(run, 1)
      const index = answered(await scene().get(`/checkpoints/${checkpoint}`), 200).index
      const before = at(index - 1)
      refused(await scene().get(`/checkpoints/${checkpoint}${before}`), 'CHECKPOINT_NOT_FOUND')
      refused(
        await scene().get(`/checkpoints/${checkpoint}/lineage${before}`),
        'CHECKPOINT_NOT_FOUND',
      )
      refused(await scene().latest('fares', before), 'NO_GOOD_CHECKPOINT')
      refused(await scene().get(`/runs/${run.run}${at(0)}`), 'RUN_NOT_FOUND')
      refused(await scene().get(`/jobs/fares${at(0)}`), 'JOB_NOT_FOUND')
      refused(await scene().latest('fares', at(0)), 'JOB_NOT_FOUND')
      const named = { job: 'fares', checkpoint, asOf: index - 1 }
      refused(await scene().post('/recovery-plans', named), 'CHECKPOINT_NOT_FOUND')

      const size = await scene().size()
      const beyond = at(size)
      for (const path of [
        '/jobs',
        '/jobs/fares',
        '/runs',
        `/runs/${run.run}`,
        '/checkpoints',
        `/checkpoints/${checkpoint}`,
        `/checkpoints/${checkpoint}/lineage`,
        '/jobs/fares/latest',
      ]) {
        const facts = refused(await scene().get(`${path}${beyond}`), 'LOG_INDEX_OUT_OF_RANGE')
        assert.equal(facts.newest, size - 1)
      }
      const late = { job: 'fares', asOf: size }
      refused(await scene().post('/recovery-plans', late), 'LOG_INDEX_OUT_OF_RANGE')
    })
  })
}
