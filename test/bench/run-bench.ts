import { startChild } from './child.ts'
import type { BenchDatabases } from './database.ts'
import { LINE_COUNT, meanManifestBytes } from './fixture.ts'
import { goals } from './goals.ts'
import { growthLines } from './growth-lines.ts'
import { figureLine, ratioLine, referenceLine, type Line } from './lines.ts'
import { measureSize, type MeasuredSize } from './measure-size.ts'
import { measureSpool } from './measure-spool.ts'
import { measureStart } from './measure-start.ts'
import { sizes, type BenchOptions, type SizeName } from './options.ts'
import { figureOf, type Block } from './rounds.ts'

/** Everything that one run measured. */
export interface BenchResult {
  readonly lines: readonly Line[]
  readonly blocks: Readonly<Record<string, Block>>
}

/** Fills and measures each size in turn, from small to large. */
export async function runBench(
  options: BenchOptions,
  databases: BenchDatabases,
  onProgress: (text: string) => void,
): Promise<BenchResult> {
  const measured = new Map<SizeName, MeasuredSize>()
  const lines: Line[] = []
  const blocks: Record<string, Block> = {}
  onProgress(`opening ${LINE_COUNT.toLocaleString('en')} runs`)
  await ask({ do: 'open', env: databases.primary.env }, onProgress)
  const emptyBytes = await databases.primary.sizeBytes()
  let filledCount = 0
  for (const size of options.sizes) {
    const wanted = Math.max(sizes[size], filledCount)
    const fill = { do: 'fill', env: databases.primary.env, from: filledCount, to: wanted }
    await ask(fill, (text) => onProgress(`filling: ${text}`))
    filledCount = wanted
    const storedBytes = (await databases.primary.sizeBytes()) - emptyBytes
    lines.push(storedLine(size, storedBytes / filledCount))
    if (!options.quick) lines.push(await startLine(size, databases, options))
    const isLast = size === options.sizes.at(-1)
    if (isLast && !options.quick) {
      await ask({ do: 'recoveries', env: databases.primary.env }, onProgress)
    }
    const found = await measureSize({
      size,
      filledCount,
      primary: databases.primary,
      copy: await databases.copy(),
      isLast,
      options,
      onRound: (text) => onProgress(`${size}: ${text}`),
    })
    filledCount = found.nextSequence
    measured.set(size, found)
    lines.push(...found.lines)
    for (const [name, block] of Object.entries(found.blocks)) blocks[`${name} at ${size}`] = block
  }
  lines.push(...growthLines(measured))
  if (!options.quick) {
    const block = await measureSpool({ roundCount: options.roundCount }, options.directory)
    blocks['spool'] = block
    lines.push(...spoolLines(block))
  }
  return { lines, blocks }
}

async function ask(request: object, onProgress: (text: string) => void): Promise<void> {
  const filler = startChild('fill-child.ts', { onProgress })
  try {
    await filler.ask(request)
  } finally {
    await filler.stop()
  }
}

function storedLine(size: string, bytesPerCheckpoint: number): Line {
  return figureLine({
    name: `stored, ${Math.round(bytesPerCheckpoint)} bytes each`,
    size,
    figure: figureOf([bytesPerCheckpoint / meanManifestBytes()]),
    against: 'body bytes',
    goal: goals.stored,
  })
}

async function startLine(
  size: string,
  { primary }: BenchDatabases,
  { roundCount }: BenchOptions,
): Promise<Line> {
  return figureLine({
    name: 'start to first reply',
    size,
    figure: await measureStart(primary, roundCount),
    against: 'seconds',
    goal: goals.start,
  })
}

function spoolLines(block: Block): readonly Line[] {
  const waiting = { size: '', block, number: (sample: { p50Ms: number }) => sample.p50Ms }
  return [
    referenceLine(block, 'fsync', ''),
    ...['append, fsync', 'new file, two fsyncs'].map((name) =>
      ratioLine({ ...waiting, name, measures: [name, 'fsync'] }),
    ),
    ratioLine({
      ...waiting,
      name: 'spool append',
      measures: ['spool append', 'fsync'],
      goal: goals.spool,
    }),
  ]
}
