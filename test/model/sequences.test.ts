import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import type { Dialect } from '../../migrations/dialect.ts'
import { dialects } from '../harness/catalog.ts'
import type { Action } from './sequence/action.ts'
import { sequence } from './sequence/draw.ts'
import { Player } from './sequence/play.ts'
import { openStage, type Stage } from './sequence/stage.ts'
import {
  verifyCheckpoints,
  verifyEdges,
  verifyLog,
  verifyPast,
  verifyReplay,
} from './sequence/verify.ts'

// CAIRN_MODEL_SEQUENCES: how many sequences each database plays.
// CAIRN_MODEL_SEED: `seed` or `seed:path` of a failure, to play it again; `random` for a new one.

/** Both databases together stay under half a minute. */
const DEFAULT_SEQUENCE_COUNT = 20
/** The same commit gets the same verdict, unless another seed is asked for. */
const DEFAULT_SEED = '20261123'
/** Sequences in one database, after which a new one is made: each replay reads all of them again. */
const STAGE_SEQUENCE_COUNT = 20

/** Shorter sequences tried when one fails: about a minute. */
const SHRINK_MAX_COUNT = 150

const sequenceCount = Number(process.env['CAIRN_MODEL_SEQUENCES'] ?? DEFAULT_SEQUENCE_COUNT)
const [seedText = DEFAULT_SEED, ...pathParts] = (
  process.env['CAIRN_MODEL_SEED'] ?? DEFAULT_SEED
).split(':')

for (const dialect of dialects) {
  describe(dialect, () => {
    const stages = stagesOf(dialect)
    after(() => stages.close())

    it('any sequence of operations is answered as the model answers it', async () => {
      let triesAfterFailure = 0
      const property = fc.asyncProperty(sequence, async (actions) => {
        // What is tried beyond the bound counts as passed, so that shrinking ends with what it has.
        if (triesAfterFailure > SHRINK_MAX_COUNT) return
        try {
          await playSequence(await stages.next(), actions)
          if (triesAfterFailure > 0) triesAfterFailure += 1
        } catch (error) {
          triesAfterFailure += 1
          throw error
        }
      })
      await fc.assert(property, {
        numRuns: sequenceCount,
        ...(seedText === 'random' ? {} : { seed: Number(seedText) }),
        ...(pathParts.length === 0 ? {} : { path: pathParts.join(':') }),
      })
    })
  })
}

async function playSequence(stage: Stage, actions: readonly Action[]): Promise<void> {
  const player = new Player(stage)
  try {
    await player.begin()
    for (const [place, action] of actions.entries()) await player.step(action, String(place))
    await verifyLog(player)
    await verifyReplay(stage)
    await verifyCheckpoints(player)
    await verifyEdges(player)
    await verifyPast(player)
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new Error([what, 'what was sent:', ...player.transcript].join('\n'), { cause })
  }
}

/** Gives the database to play in. */
function stagesOf(dialect: Dialect): { next(): Promise<Stage>; close(): Promise<void> } {
  let [stage, playedCount]: [Stage | undefined, number] = [undefined, 0]
  return {
    next: async () => {
      if (stage !== undefined && playedCount < STAGE_SEQUENCE_COUNT) {
        playedCount += 1
        return stage
      }
      await stage?.close()
      stage = await openStage(dialect)
      playedCount = 1
      return stage
    },
    close: async () => stage?.close(),
  }
}
