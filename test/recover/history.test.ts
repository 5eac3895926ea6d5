import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { grades } from '../../schema/checkpoint.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, declareScene, useScene, type Scene } from '../register/scene.ts'
import { history, lines, writingHistory } from './history/actions.ts'
import { beginPlay, perform } from './history/perform.ts'
import type { Play } from './history/play.ts'
import { attemptsOf, faultsOf, isOn, lineTo, worldOf, type Happening } from './history/world.ts'

/** Histories of each database: more of them find more, and take longer. */
const HISTORIES_COUNT = Number(process.env['CAIRN_HISTORIES'] ?? 8)
const HISTORY_MAX_LENGTH = Number(process.env['CAIRN_HISTORY_LENGTH'] ?? 50)
/** Histories whose every index is asked about, and their writes. */
const PASTS_COUNT = HISTORIES_COUNT * 2
const PAST_LENGTH = 40
/** Another seed gives other histories; a failure names the one that it came from. */
const SEED = Number(process.env['CAIRN_HISTORY_SEED'] ?? 20_261_123)

for (const dialect of dialects) {
  describe(`random histories on ${dialect}`, () => {
    const scene = useScene(dialect)

    test('every answer is what a model of the design says, at any time that is asked about', async () => {
      let count = 0
      await fc.assert(
        fc.asyncProperty(history(HISTORY_MAX_LENGTH), async (actions) => {
          // A namespace of its own: a history that is shrunk begins from nothing again.
          const own = await declareScene(scene().at, `history-${(count += 1)}`)
          const play = await beginPlay(own)
          for (const action of actions) await perform(play, action)
          await assertLog(own, play.happenings)
        }),
        { numRuns: HISTORIES_COUNT, seed: SEED, endOnFailure: false },
      )
    })

    test('latest is good, and nothing newer on the line is, at every index of the past', async () => {
      let count = 0
      await fc.assert(
        fc.asyncProperty(writingHistory(PAST_LENGTH), async (actions) => {
          const own = await declareScene(scene().at, `past-${(count += 1)}`)
          const play = await beginPlay(own)
          for (const action of actions) await perform(play, action)
          for (let asOf = 0; asOf < play.happenings.length; asOf += 1) {
            await assertLatest(play, asOf)
          }
        }),
        { numRuns: PASTS_COUNT, seed: SEED, endOnFailure: false },
      )
    })
  })
}

/** What is answered as of an index is good by the definition of the model, and the newest that is. */
async function assertLatest({ scene, happenings }: Play, asOf: number): Promise<void> {
  const world = worldOf(happenings.slice(0, asOf + 1))
  const minGrade = grades[asOf % grades.length]
  for (const { job, partition } of lines) {
    if (!world.jobs.has(job)) continue
    const query = `?partition=${partition}&asOf=${asOf}&minGrade=${minGrade}`
    const { status, body } = await scene.latest(job, query)
    const line = lineTo(world, attemptsOf(world, job, partition).at(-1))
    const good = [...world.checkpoints.values()].filter(
      (known) => isOn(line, known) && faultsOf(world, known, { minGrade }).size === 0,
    )
    const found = good.find((known) => known.checkpoint === body.checkpoint?.checkpoint)
    assert.equal(found !== undefined, status === 200, `a good state of ${job} as of ${asOf}`)
    assert.equal(good.length > 0, status === 200, `no state of ${job} as of ${asOf}`)
    if (found === undefined) continue
    const { attempt, step } = found.manifest
    for (const { manifest } of good) {
      assert.ok(
        manifest.attempt < attempt || (manifest.attempt === attempt && manifest.step <= step),
      )
    }
  }
}

/** The log holds what happened, in that order, and nothing else. */
async function assertLog(scene: Scene, happenings: readonly Happening[]): Promise<void> {
  const page = answered(await scene.get('/entries?limit=500'), 200)
  assert.equal(page.size, happenings.length)
  page.items.forEach((item: { index: number; entry: Happening }, place: number) => {
    assert.equal(item.index, place)
    assert.equal(item.entry.kind, happenings[place]?.kind)
  })
}
