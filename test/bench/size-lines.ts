import type { DatabaseKind } from './database.ts'
import { meanManifestBytes } from './fixture.ts'
import { goals, type Goal } from './goals.ts'
import { figureLine, ratioLine, referenceLine, type Line, type RatioLine } from './lines.ts'
import type { MeasuredBatches } from './measure-batches.ts'
import { figureOf, samplesOf, type Block } from './rounds.ts'
import type { Usage } from './usage.ts'

/** The size at which SQLite's write-ahead log is folded back, as the catalog sets it. */
const WAL_THRESHOLD_BYTES = 64 * 1024 * 1024
const MEBIBYTE = 1024 * 1024
/** Items of a full page. */
const LIST_COUNT = 50

type Ratio = Omit<RatioLine, 'size' | 'block'>

/** Single registrations. */
export function writeLines(size: string, block: Block, database: DatabaseKind): readonly Line[] {
  const goal = database === 'sqlite' ? goals.register : goals.registerPostgres
  const line = (ratio: Ratio): Line => ratioLine({ size, block, ...ratio })
  const { auth, receipts, groupCommit } = goals
  return [
    referenceLine(block, 'echo', size),
    line({ name: 'hono echo', measures: ['hono echo', 'echo'] }),
    line({ name: 'register', measures: ['register', 'echo'], goal }),
    ...(block.samples.has('commit each')
      ? [
          line({ name: 'authenticated', measures: ['register', 'without auth'], goal: auth }),
          line({ name: 'receipts', measures: ['register', 'without receipts'], goal: receipts }),
          line({ name: 'group commit', measures: ['register', 'commit each'], goal: groupCommit }),
        ]
      : []),
  ]
}

/** Batches, and what they cost the disk. */
export function batchLines(
  size: string,
  { block, writtenBytes, walMaxBytes }: MeasuredBatches,
): readonly Line[] {
  const lines = [
    referenceLine(block, 'raw', size),
    ratioLine({ name: 'batch of 64', size, block, measures: ['batch', 'raw'], goal: goals.batch }),
  ]
  // Another process writes for PostgreSQL.
  if (walMaxBytes === undefined) return lines
  const bodyBytes = meanManifestBytes()
  return [
    ...lines,
    figureLine({
      name: 'written, batches',
      size,
      figure: figureOf(writtenBytes.map((bytes) => bytes / bodyBytes)),
      against: 'body bytes',
      goal: goals.written,
    }),
    figureLine({
      name: 'write-ahead log',
      size,
      figure: figureOf([walMaxBytes / WAL_THRESHOLD_BYTES]),
      against: 'its threshold',
      goal: goals.walSize,
    }),
  ]
}

/** Lookups, plans and lists. */
export function readLines(size: string, block: Block): readonly Line[] {
  const line = (ratio: Ratio): Line => ratioLine({ size, block, ...ratio })
  const busy = samplesOf(block, 'ping').map((sample) => sample.busyPart ?? 0)
  return [
    referenceLine(block, 'ping', size),
    // At 1 the ceiling would be the load generator's own, and every ratio to it too kind.
    figureLine({
      name: 'load generator, ping',
      size,
      figure: figureOf(busy),
      against: 'of its core',
    }),
    line({ name: 'latest', measures: ['latest', 'ping'], goal: goals.latest }),
    line({ name: 'get', measures: ['get', 'ping'] }),
    // Two requests, each of which is compared with one ping.
    line({
      name: 'latest, manifest',
      measures: ['latest, manifest', 'ping'],
      goal: goals.latestManifest,
    }),
    line({ name: 'plan', measures: ['plan', 'ping'], goal: goals.plan }),
    line({
      name: 'list 50, items',
      measures: ['list 50', 'ping'],
      times: LIST_COUNT,
      goal: goals.list,
    }),
  ]
}

/** How many lookups a deep question is worth. */
export function lineageLine(size: string, block: Block): Line {
  const [latest = '', lineage = ''] = block.samples.keys()
  return ratioLine({
    name: lineage,
    size,
    block,
    measures: [lineage, latest],
    number: (sample) => 1 / sample.perSecond,
    goal: goals.lineage,
  })
}

/** How many lookups of an ordinary line the hard recoveries are worth. */
export function recoveryLines(size: string, block: Block): readonly Line[] {
  const [reference = '', ...hard] = block.samples.keys()
  const goalOf = (name: string): Goal => {
    if (!name.includes('chain')) return goals.skipped
    return name.startsWith('plan') ? goals.longPlan : goals.longChain
  }
  return hard.map((name) =>
    ratioLine({
      name,
      size,
      block,
      measures: [name, reference],
      number: (sample) => 1 / sample.perSecond,
      goal: goalOf(name),
    }),
  )
}

/** Latency at half of the maximum rate. */
export function tailLines(size: string, block: Block): readonly Line[] {
  const line = (ratio: Ratio): Line =>
    ratioLine({ size, block, number: (sample) => sample.p99Ms, ...ratio })
  return [
    line({
      name: 'p99 at half load',
      measures: ['register at half', 'echo at half'],
      goal: goals.tail,
    }),
    line({
      name: 'p99 of latest, writing',
      measures: ['latest, while writing', 'latest, idle'],
      goal: goals.latestWhileWriting,
    }),
  ]
}

/** Resident memory after all of it. */
export function memoryLine(size: string, { residentBytes }: Usage): Line {
  return figureLine({
    name: 'resident memory',
    size,
    figure: figureOf([residentBytes / MEBIBYTE]),
    against: 'MiB',
    goal: goals.memory,
  })
}
