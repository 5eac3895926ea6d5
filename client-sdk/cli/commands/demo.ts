import { CatalogError } from '../../../schema/errors.ts'
import { command } from '../command.ts'
import { optional, toggle } from '../flag.ts'
import { readCount } from '../flag-values.ts'

/** Seeds are 32-bit numbers, as the demo's generator takes them. */
const SEED_MAX = 2 ** 32 - 1

export const demo = command({
  words: 'demo',
  summary: 'watch a real job lose its process and its catalog, and not its work',
  heading: 'Server',
  takes: {
    seed: optional(
      { usage: '--seed <number>', summary: 'when things are killed; default random, and shown' },
      readCount(0, SEED_MAX),
    ),
    drill: toggle('--drill', 'lose bytes, a region and a library instead, one after the other'),
    keep: toggle('--keep', 'leave the catalog up afterwards, for a look'),
  },
  run: async (session, { seed, keep, drill }) => {
    if (drill && keep) {
      throw new CatalogError('INVALID_REQUEST', '--drill leaves no catalog up: leave out --keep.')
    }
    const { runDemo } = await import('../demo/run-demo.ts')
    return await runDemo({ session, keep, seed, drill })
  },
})
