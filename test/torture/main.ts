import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres, type RunningPostgres } from '../harness/postgres.ts'
import { parseOptions, usage, type TortureOptions } from './options.ts'
import { runTorture, type TortureVerdict } from './run-torture.ts'

const EXIT_VIOLATION = 1
const EXIT_USAGE = 64
/** Violations that are printed; one cause makes many. */
const SHOWN_MAX_COUNT = 50

/** Resolves to the exit code. */
async function main(options: TortureOptions): Promise<number> {
  const { database, killCount, clientCount, seed } = options
  console.log(`torture: ${database}, ${killCount} kills, ${clientCount} clients, --seed ${seed}`)
  const directory = mkdtempSync(join(tmpdir(), 'cairn-torture-'))
  const postgres = database === 'postgres' ? await startPostgres() : undefined
  const startMs = performance.now()
  let verdict: TortureVerdict | undefined
  try {
    const databaseUrl = postgres === undefined ? undefined : await createDatabase(postgres)
    verdict = await runTorture({
      ...options,
      directory,
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      onProgress: progress,
    })
  } finally {
    await postgres?.stop()
  }
  progress('')
  const seconds = Math.round((performance.now() - startMs) / 1_000)
  const { violations } = verdict
  console.log(
    `${verdict.killCount} kills in ${seconds} s; ${verdict.acknowledgedCount} acknowledged, ${verdict.entryCount} entries.`,
  )
  if (violations.length === 0) {
    rmSync(directory, { recursive: true, force: true })
    console.log('Every promise was kept.')
    return 0
  }
  for (const violation of violations.slice(0, SHOWN_MAX_COUNT)) console.log(`- ${violation}`)
  console.log(`${violations.length} violations; the data is in ${directory}.`)
  return EXIT_VIOLATION
}

async function createDatabase({ url }: RunningPostgres): Promise<string> {
  const client = new pg.Client({ connectionString: `${url}/postgres` })
  await client.connect()
  await client.query('create database torture')
  await client.end()
  return `${url}/torture`
}

/** One line that is written over on a terminal, and lines apart elsewhere. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
  else if (text !== '') process.stderr.write(`${text}\n`)
}

function readOptions(): TortureOptions | undefined {
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
