import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { compareUris } from './rules.ts'

/** Lines sorted in memory at a time, some 20 MB of them; more go to files and are merged. */
const RUN_MAX_COUNT = 50_000
/** Files that are merged at a time, so that there are as few open: with two levels, 200 million lines. */
const MERGED_MAX_COUNT = 64

/** What is sorted: a URI first, and then whatever JSON can hold. */
type Line = readonly [string, ...unknown[]]

/**
 * Lines in the order of their URIs; memory is bounded, the rest waits in temporary files that end with it.
 */
export async function* sortLines<Item extends Line>(
  lines: AsyncIterable<Item>,
): AsyncGenerator<Item> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-sorted-'))
  try {
    // By level: a file of one holds as much as 64 of the level below.
    const levels: string[][] = [[]]
    let run: Item[] = []
    let fileCount = 0
    const newFile = (): string => join(directory, String((fileCount += 1)))
    const spill = async (): Promise<void> => {
      const file = newFile()
      run.sort(byUri)
      await writeFile(file, run.map(textOf).join(''))
      levels[0]?.push(file)
      run = []
      for (const [level, files] of levels.entries()) {
        if (files.length < MERGED_MAX_COUNT) break
        const merged = newFile()
        await pipeline(
          Readable.from(texts(mergeRuns(files.map(linesOf<Item>)))),
          createWriteStream(merged),
        )
        for (const one of files) await rm(one)
        levels[level] = []
        levels[level + 1] = [...(levels[level + 1] ?? []), merged]
      }
    }
    for await (const line of lines) {
      run.push(line)
      if (run.length >= RUN_MAX_COUNT) await spill()
    }
    run.sort(byUri)
    yield* mergeRuns([run.values(), ...levels.flat().map(linesOf<Item>)])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const byUri = ([left]: Line, [right]: Line): number => compareUris(left, right)

const textOf = (line: Line): string => `${JSON.stringify(line)}\n`

async function* texts(lines: AsyncIterable<Line>): AsyncGenerator<string> {
  for await (const line of lines) yield textOf(line)
}

async function* linesOf<Item extends Line>(file: string): AsyncGenerator<Item> {
  const input = createReadStream(file, 'utf8')
  for await (const text of createInterface({ input })) yield JSON.parse(text) as Item
}

/** Sorted runs as one; there are few of them, so that the least is simply looked for. */
async function* mergeRuns<Item extends Line>(
  runs: readonly (Iterator<Item> | AsyncIterator<Item>)[],
): AsyncGenerator<Item> {
  const heads: { line: Item; readonly rest: Iterator<Item> | AsyncIterator<Item> }[] = []
  for (const rest of runs) {
    const first = await rest.next()
    if (first.done !== true) heads.push({ line: first.value, rest })
  }
  while (heads.length > 0) {
    let place = 0
    heads.forEach((head, other) => {
      const least = heads[place]
      if (least !== undefined && byUri(head.line, least.line) < 0) place = other
    })
    const head = heads[place]
    if (head === undefined) return
    yield head.line
    const next = await head.rest.next()
    if (next.done === true) heads.splice(place, 1)
    else head.line = next.value
  }
}
