import { parseArgs } from 'node:util'
import type { DatabaseKind } from './database.ts'

/** Checkpoints of each size. */
export const sizes = { '10k': 10_000, '100k': 100_000, '1m': 1_000_000 } as const
export type SizeName = keyof typeof sizes

export interface BenchOptions {
  readonly database: DatabaseKind
  /** From small to large: each is filled up from the one before. */
  readonly sizes: readonly SizeName[]
  readonly roundCount: number
  readonly roundMs: number
  readonly jsonFile: string | undefined
  /** Where databases are put; the system's temporary folder when undefined. */
  readonly directory: string | undefined
  /** Folder for CPU profiles of the server; undefined takes none. */
  readonly profileDirectory: string | undefined
  /** Writes, reads and proofs only: no start, tail, lineage, audit or spool. */
  readonly quick: boolean
}

/** Rounds below five say too little about spread. */
const ROUNDS_MIN_COUNT = 5
const ROUNDS_MAX_COUNT = 50

export const usage = `npm run bench -- [options]
  --database sqlite|postgres   default sqlite
  --size 10k|100k|1m|all       may be given several times; default 10k and 100k
  --rounds N                   ${ROUNDS_MIN_COUNT} to ${ROUNDS_MAX_COUNT}; default ${ROUNDS_MIN_COUNT}
  --seconds S                  length of a round; default 2
  --quick                      writes, reads and proofs only
  --json FILE                  also write every number, with the machine and versions
  --directory DIR              where the databases are put; default the temporary folder
  --profile DIR                CPU profiles of the server, one for each size`

/** Reads the command line; throws a sentence when it does not understand it. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      database: { type: 'string', default: 'sqlite' },
      size: { type: 'string', multiple: true, default: ['10k', '100k'] },
      rounds: { type: 'string', default: String(ROUNDS_MIN_COUNT) },
      seconds: { type: 'string', default: '2' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      directory: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  return {
    database: parseDatabase(values.database),
    sizes: parseSizes(values.size),
    roundCount: parseBetween('--rounds', values.rounds, [ROUNDS_MIN_COUNT, ROUNDS_MAX_COUNT]),
    roundMs: parseBetween('--seconds', values.seconds, [0.1, 60]) * 1_000,
    jsonFile: values.json,
    directory: values.directory,
    profileDirectory: values.profile,
    quick: values.quick,
  }
}

function parseDatabase(text: string): DatabaseKind {
  if (text === 'sqlite' || text === 'postgres') return text
  throw new Error(`--database is "${text}": give sqlite or postgres.`)
}

function parseSizes(texts: readonly string[]): readonly SizeName[] {
  const known = Object.keys(sizes) as SizeName[]
  const wanted = new Set(texts.flatMap((text) => text.split(',')))
  const unknown = [...wanted].find((text) => text !== 'all' && !known.some((name) => name === text))
  if (unknown !== undefined) throw new Error(`--size is "${unknown}": give 10k, 100k, 1m or all.`)
  return known.filter((name) => wanted.has('all') || wanted.has(name))
}

function parseBetween(
  name: string,
  text: string,
  [least, most]: readonly [number, number],
): number {
  const value = Number(text)
  if (value >= least && value <= most) return value
  throw new Error(`${name} is "${text}": give a number from ${least} to ${most}.`)
}
