import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { dialects } from '../harness/catalog.ts'
import { answered, declareScene, useScene, type Scene } from '../register/scene.ts'
import { history } from './history/actions.ts'
import { beginPlay, perform } from './history/perform.ts'
import type { Happening } from './history/world.ts'

/** Histories of each database: more of them find more, and take longer. */
const HISTORIES_COUNT = Number(process.env['CAIRN_HISTORIES'] ?? 8)
const HISTORY_MAX_LENGTH = Number(process.env['CAIRN_HISTORY_LENGTH'] ?? 50)
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
  })
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
