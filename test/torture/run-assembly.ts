import { setTimeout } from 'node:timers/promises'
import { Value } from 'typebox/value'
import { CatalogClient } from '../../client-sdk/client.ts'
import type { ReservationHandle } from '../../client-sdk/reservation.ts'
import { Receipt } from '../../schema/checkpoint.ts'
import { parseConfig } from '../../server/config.ts'
import { freePort } from '../harness/free-port.ts'
import { NAMESPACE } from './acknowledged.ts'
import { seededRandom } from './random.ts'
import { makeToken } from './run-torture.ts'
import { startServerProcess, type ServerProcess } from './server-process.ts'
import {
  startShardWorker,
  type Round,
  type ShardWorker,
  type WorkerMessage,
} from './shard-worker.ts'
import { verifyAssembly } from './verify-assembly.ts'
import { verifyCatalog } from './verify-catalog.ts'

const KILLED_PART = 1 / 3
/** Between the starts of two workers: all at once would keep a small machine from anything else. */
const START_EVERY_MS = 150
/** All put within this time, when the last has started. */
const PUT_MAX_MS = 600
/** After its start, a worker takes about so long to find the reservation. */
const BEGIN_MAX_MS = 900
/** Longer than a killed server stays away on a slow machine: a round that can be completed is. */
const LEASE_SECONDS = 30
/** Of a round that cannot be completed: short, because nothing but silence ends it. */
const SHORT_LEASE_SECONDS = 2

/** Where an assembly takes place. */
export interface AssemblyRun {
  /** An empty folder: the catalog's data. */
  readonly directory: string
  /** PostgreSQL's URL, on which two servers run; the embedded database and one server without. */
  readonly databaseUrl?: string
  readonly workerCount: number
  /** In every other round the killed workers stay away, and one never comes. */
  readonly roundCount: number
  readonly seed: string
  readonly onProgress: (text: string) => void
}

/** How it ended; without violations every checkpoint is whole or abandoned, and nothing is left unreported. */
export interface AssemblyVerdict {
  readonly finalizedCount: number
  readonly abandonedCount: number
  readonly killedCount: number
  readonly violations: readonly string[]
}

interface Stage extends AssemblyRun {
  readonly client: CatalogClient
  readonly token: string
  readonly urls: readonly string[]
  readonly random: () => number
  /** Kills a server, and starts it anew. */
  readonly restart: () => Promise<void>
}

/** Lets workers assemble checkpoints while a third of them and the servers are killed. */
export async function runAssembly(run: AssemblyRun): Promise<AssemblyVerdict> {
  const ports = [await freePort(), ...(run.databaseUrl === undefined ? [] : [await freePort()])]
  const envs = ports.map((port) => ({
    CAIRN_DATA_DIR: run.directory,
    CAIRN_PORT: String(port),
    ...(run.databaseUrl === undefined ? {} : { CAIRN_DATABASE_URL: run.databaseUrl }),
  }))
  const token = await makeToken(run.directory)
  const urls = ports.map((port) => `http://127.0.0.1:${port}`)
  const servers: ServerProcess[] = []
  const start = async (place: number): Promise<void> => {
    const server = startServerProcess(envs[place] ?? {})
    servers[place] = server
    await server.ready
  }
  try {
    for (const place of ports.keys()) await start(place)
    const random = seededRandom(run.seed)
    const restart = async (): Promise<void> => {
      const place = Math.floor(random() * ports.length)
      await servers[place]?.kill()
      await start(place)
    }
    const client = new CatalogClient({
      url: urls[0] ?? '',
      namespace: NAMESPACE,
      token,
      retries: 10,
    })
    const rounds = await playRounds({ ...run, client, token, urls, random, restart })
    const verified = await verifyAssembly(client, rounds, run.workerCount)
    for (const server of servers) await server.kill()
    const promises = receiptsOf(rounds).map((receipt) => ({ kind: 'checkpoint' as const, receipt }))
    const catalog = await verifyCatalog(parseConfig(envs[0] ?? {}), promises)
    return {
      ...verified,
      killedCount: rounds.reduce((sum, round) => sum + round.killedCount, 0),
      violations: [...verified.violations, ...catalog.violations],
    }
  } finally {
    for (const server of servers) await server.kill()
  }
}

function receiptsOf(rounds: readonly Round[]): readonly Receipt[] {
  return rounds.flatMap(({ messages }) =>
    messages.flatMap((message) =>
      'digest' in message && message.receipt !== undefined
        ? [Value.Parse(Receipt, message.receipt)]
        : [],
    ),
  )
}

async function playRounds(stage: Stage): Promise<readonly Round[]> {
  const { run } = await stage.client.runs.resume({ job: 'assembly' })
  const rounds: Round[] = []
  for (let number = 1; number <= stage.roundCount; number += 1) {
    const isWhole = number % 2 === 1
    const leaseSeconds = isWhole ? LEASE_SECONDS : SHORT_LEASE_SECONDS
    const input = { step: number, worldSize: stage.workerCount, labels: { round: String(number) } }
    const handle = await run.reserve(input, { leaseSeconds })
    const [told] = await Promise.all([
      playWorkers(stage, { handle, number, isWhole }),
      restartWhilePutting(stage),
    ])
    await handle.close()
    rounds.push({ number, reservation: handle.id, ...told })
    stage.onProgress(`round ${number}: ${told.messages.length} answers, ${told.killedCount} kills`)
  }
  return rounds
}

async function restartWhilePutting({ workerCount, random, restart }: Stage): Promise<void> {
  await setTimeout(workerCount * START_EVERY_MS + random() * (PUT_MAX_MS + BEGIN_MAX_MS))
  await restart()
}

async function playWorkers(
  stage: Stage,
  round: { readonly handle: ReservationHandle; readonly number: number; readonly isWhole: boolean },
): Promise<Pick<Round, 'messages' | 'killedCount'>> {
  const { random, urls, token } = stage
  let killedCount = 0
  /** Until all others have started as well. */
  const restMs = (rank: number): number => (stage.workerCount - rank) * START_EVERY_MS
  const startWorker = (rank: number, waitMs: number): ShardWorker =>
    startShardWorker({
      target: { url: urls[rank % urls.length] ?? '', token },
      reservation: round.handle.id,
      round: round.number,
      rank,
      pauseMs: Math.floor(waitMs + random() * PUT_MAX_MS),
    })
  const playRank = async (rank: number): Promise<readonly (WorkerMessage | undefined)[]> => {
    await setTimeout(rank * START_EVERY_MS)
    const worker = startWorker(rank, restMs(rank))
    if (random() >= KILLED_PART) return [await worker.ended]
    // While it starts, waits, puts or finalizes.
    await setTimeout(random() * (restMs(rank) + PUT_MAX_MS + BEGIN_MAX_MS))
    worker.kill()
    killedCount += 1
    const first = await worker.ended
    // It may have been told before it was killed, and tells the same when it comes again.
    return round.isWhole ? [first, await startWorker(rank, 0).ended] : [first]
  }
  const firstRank = round.isWhole ? 0 : 1
  const ranks = Array.from(
    { length: stage.workerCount - firstRank },
    (_, place) => place + firstRank,
  )
  const told = await Promise.all(ranks.map(playRank))
  return { messages: told.flat().filter((message) => message !== undefined), killedCount }
}
