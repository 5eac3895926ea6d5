import { writeFileSync } from 'node:fs'
import { pinSelf } from './child.ts'
import { openDatabases, type BenchDatabases } from './database.ts'
import { describeMachine } from './machine.ts'
import { parseOptions, usage, type BenchOptions } from './options.ts'
import { headerOf, summaryOf, tableOf } from './report.ts'
import { runBench } from './run-bench.ts'

/** Exit codes: a goal's floor is broken; a reference never held still; the command line is wrong. */
const EXIT_BROKEN = 1
const EXIT_INVALID = 2
const EXIT_USAGE = 64

/** Resolves to the exit code. */
async function main(options: BenchOptions): Promise<number> {
  const machine = describeMachine()
  // Started first: PostgreSQL may use both cores, as the reference figures do.
  const databases = await openDatabases(options.database, options.directory)
  pinSelf()
  process.once('SIGINT', () => void interrupt(databases))
  try {
    const { lines, blocks } = await runBench(options, databases, progress)
    progress('')
    console.log(
      `${headerOf(machine, options.database)}\n\n${tableOf(lines)}\n\n${summaryOf(lines)}`,
    )
    if (options.jsonFile !== undefined) {
      const samples = Object.fromEntries(
        Object.entries(blocks).map(([name, block]) => [
          name,
          { ...block, samples: Object.fromEntries(block.samples) },
        ]),
      )
      writeFileSync(
        options.jsonFile,
        `${JSON.stringify({ machine, options, lines, blocks: samples }, null, 2)}\n`,
      )
    }
    if (lines.some(({ verdict }) => verdict === 'broken')) return EXIT_BROKEN
    return lines.some(({ verdict }) => verdict === 'invalid') ? EXIT_INVALID : 0
  } finally {
    await databases.close()
  }
}

async function interrupt(databases: BenchDatabases): Promise<never> {
  await databases.close()
  process.exit(130)
}

/** One line that is written over on a terminal, and lines apart elsewhere. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
  else if (text !== '') process.stderr.write(`${text}\n`)
}

function readOptions(): BenchOptions | undefined {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return undefined
  }
}

const options = readOptions()
// Outright: a connection or child that is still ending must not keep a finished run waiting.
process.exit(options === undefined ? EXIT_USAGE : await main(options))
