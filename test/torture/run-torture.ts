import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import { freePort } from '../../client-sdk/cli/demo/s3/free-port.ts'
import { openLocalKey } from '../../server/auth/local-key.ts'
import { openCatalog } from '../../server/compose.ts'
import { parseConfig, type Config } from '../../server/config.ts'
import { declareLocally } from '../../server/main.ts'
import { NAMESPACE, readLedger } from './acknowledged.ts'
import { startClientProcess, type ClientProcess } from './client-process.ts'
import type { TortureOptions } from './options.ts'
import { seededRandom } from './random.ts'
import { startServerProcess } from './server-process.ts'
import { verifyCatalog } from './verify-catalog.ts'

/** Once something was acknowledged in its life, a server goes on for at most this long. */
const LIFE_MAX_MS = 400
/** Some are killed while they start, or before they could acknowledge anything: within this time. */
const START_MAX_MS = 1_500
const START_KILL_PART = 0.2
/** The server stays away this long at most: the start comes on top. */
const AWAY_MAX_MS = 300
/** Far more than one kill and restart takes: beyond it something hangs. */
const KILL_MAX_MS = 10_000
const POLL_MS = 5
const TOKEN_SECONDS = 24 * 60 * 60

/** Where a torture takes place. */
export interface TortureRun extends Omit<TortureOptions, 'database'> {
  /** An empty folder: the catalog's data and the clients' ledgers. */
  readonly directory: string
  /** PostgreSQL's URL; the embedded database without one. */
  readonly databaseUrl?: string
  readonly onProgress: (text: string) => void
}

/** How it ended; without violations the catalog kept every promise. */
export interface TortureVerdict {
  readonly killCount: number
  readonly acknowledgedCount: number
  readonly entryCount: number
  readonly violations: readonly string[]
}

/** Kills a server under load again and again, then looks for anything that it promised and did not keep. */
export async function runTorture(run: TortureRun): Promise<TortureVerdict> {
  const port = await freePort()
  const env = {
    CAIRN_DATA_DIR: run.directory,
    CAIRN_PORT: String(port),
    ...(run.databaseUrl === undefined ? {} : { CAIRN_DATABASE_URL: run.databaseUrl }),
  }
  const target = { url: `http://127.0.0.1:${port}`, token: await makeToken(run.directory) }
  // Before anybody asks: a server listens before it has declared anything, for longer on a busy machine.
  await declareFirst(parseConfig(env))
  mkdirSync(join(run.directory, 'ledgers'))
  const clients = Array.from({ length: run.clientCount }, (_, number) =>
    startClientProcess({
      name: `client-${number}`,
      target,
      seed: String(run.seed),
      ledgerFile: join(run.directory, 'ledgers', `${number}.jsonl`),
    }),
  )
  try {
    const killCount = await killAgainAndAgain(run, env, clients)
    const promises = clients.flatMap((client) => readLedger(client.ledgerFile))
    run.onProgress(`comparing ${promises.length} promises with the log`)
    const verified = await verifyCatalog(parseConfig(env), promises)
    return {
      killCount,
      acknowledgedCount: promises.length,
      entryCount: verified.entryCount,
      violations: [...clients.flatMap((client) => client.violations), ...verified.violations],
    }
  } finally {
    for (const client of clients) client.kill()
  }
}

async function declareFirst(config: Config): Promise<void> {
  const catalog = await openCatalog(config, { logger: pino({ level: 'fatal' }) })
  try {
    await declareLocally(catalog, NAMESPACE)
  } finally {
    await catalog.close()
  }
}

/** A token of the key of a catalog's folder, for those who write and read. */
export async function makeToken(directory: string): Promise<string> {
  const key = await openLocalKey(directory)
  return key.sign({
    subject: 'torture',
    grants: [{ verbs: ['append', 'read'], on: '*/*' }],
    issuedAtMs: Date.now(),
    lifetimeSeconds: TOKEN_SECONDS,
  })
}

/** Ends with a server that lets the clients finish, and is killed after them. */
async function killAgainAndAgain(
  run: TortureRun,
  env: Readonly<Record<string, string>>,
  clients: readonly ClientProcess[],
): Promise<number> {
  const random = seededRandom(`kills/${run.seed}`)
  const deadlineMs = Date.now() + run.killCount * KILL_MAX_MS
  for (let count = 1; count <= run.killCount; count += 1) {
    const server = startServerProcess(env)
    if (count > 1 && random() < START_KILL_PART) await setTimeout(random() * START_MAX_MS)
    else {
      await server.ready
      await untilAcknowledged(clients)
      await setTimeout(random() * LIFE_MAX_MS)
    }
    if (!(await server.kill())) throw new Error('the server ended by itself')
    run.onProgress(`killed ${count} of ${run.killCount}, acknowledged ${countOf(clients)}`)
    if (clients.some((client) => client.violations.length > 0)) return count
    if (Date.now() > deadlineMs) throw new Error('the kills take too long: something hangs')
    await setTimeout(random() * AWAY_MAX_MS)
  }
  const server = startServerProcess(env)
  try {
    await server.ready
    await Promise.all(clients.map((client) => client.stop()))
  } finally {
    await server.kill()
  }
  return run.killCount + 1
}

/** Waits for the first promise of a server's life: most kills should come in the middle of work. */
async function untilAcknowledged(clients: readonly ClientProcess[]): Promise<void> {
  const before = countOf(clients)
  const deadlineMs = Date.now() + KILL_MAX_MS
  while (countOf(clients) === before && Date.now() < deadlineMs) await setTimeout(POLL_MS)
}

function countOf(clients: readonly ClientProcess[]): number {
  return clients.reduce((sum, client) => sum + client.acknowledgedCount(), 0)
}
