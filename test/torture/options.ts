import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Dialect } from '../../migrations/dialect.ts'

export interface TortureOptions {
  readonly database: Dialect
  readonly killCount: number
  readonly clientCount: number
  /** Decides when the server dies; the same seed kills at the same delays. */
  readonly seed: number
}

const KILLS_MAX_COUNT = 10_000
const CLIENTS_MAX_COUNT = 64
const SEED_MAX = 2 ** 31 - 1

export const usage = `npm run torture -- [options]
  --kills N                    times the server is killed; default 200
  --clients N                  processes that register; default 8
  --database sqlite|postgres   default sqlite
  --seed N                     when it is killed; default random, and printed`

/** Reads the command line; throws a sentence when it does not understand it. */
export function parseOptions(args: readonly string[]): TortureOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      database: { type: 'string', default: 'sqlite' },
      kills: { type: 'string', default: '200' },
      clients: { type: 'string', default: '8' },
      seed: { type: 'string', default: String(randomInt(SEED_MAX)) },
    },
  })
  const { database } = values
  if (database !== 'sqlite' && database !== 'postgres') {
    throw new Error(`--database is "${database}": give sqlite or postgres.`)
  }
  return {
    database,
    killCount: parseCount('--kills', values.kills, KILLS_MAX_COUNT),
    clientCount: parseCount('--clients', values.clients, CLIENTS_MAX_COUNT),
    seed: parseCount('--seed', values.seed, SEED_MAX),
  }
}

function parseCount(name: string, text: string, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new Error(`${name} is "${text}": give an integer from 1 to ${most}.`)
}
