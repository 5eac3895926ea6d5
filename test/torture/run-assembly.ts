import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Value } from 'typebox/value'
import { freePort } from '../../client-sdk/cli/demo/s3/free-port.ts'
import { CatalogClient } from '../../client-sdk/client.ts'
import type { ReservationHandle } from '../../client-sdk/reservation.ts'
import { Receipt } from '../../schema/checkpoint.ts'
import { parseConfig } from '../../server/config.ts'
import { NAMESPACE } from './acknowledged.ts'
import { seededRandom } from './random.ts'
import { makeToken } from './run-torture.ts'
import { startServerProcess, type ServerProcess } from './server-process.ts'
import { startShardWorker, type Round, type ShardWorker } from './shard-worker.ts'
import { verifyAssembly } from './verify-assembly.ts'
import { verifyCatalog } from './verify-catalog.ts'

const KILLED_PART = 1 / 3
/** Workers that start at once: more would keep a small machine from anything else. */
const STARTING_MAX_COUNT = 4
/** Some are killed within this time of their start. */
const START_MAX_MS = 300
/** All put within this time, when the last has started. */
const PUT_MAX_MS = 600
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
    const told = await playWorkers({ ...stage, handle, number, isWhole })
    await handle.close()
    rounds.push({ number, reservation: handle.id, ...told })
    stage.onProgress(`round ${number}: ${told.messages.length} answers, ${told.killedCount} kills`)
  }
  return rounds
}

/** When a worker is killed: while it starts, while it waits for the others, while it puts and finalizes, or never. */
type Fate = 'starts' | 'waits' | 'puts' | 'lives'

/** What a rank is to go through, and the process that it has. */
interface Part {
  readonly rank: number
  readonly fate: Fate
  readonly worker: ShardWorker
}

interface Scene extends Stage {
  readonly handle: ReservationHandle
  readonly number: number
  readonly isWhole: boolean
}

async function playWorkers(scene: Scene): Promise<Pick<Round, 'messages' | 'killedCount'>> {
  const { random, isWhole, workerCount } = scene
  const firstRank = isWhole ? 0 : 1
  const fates = Array.from({ length: workerCount - firstRank }, (_, place) => ({
    rank: place + firstRank,
    fate: fateOf(random),
  }))
  const parts = await inLanes(fates, ({ rank, fate }) => begin(scene, rank, fate))
  for (const { worker } of parts) worker.put()
  await Promise.all([
    ...parts.map(async ({ worker, fate }) => {
      if (fate === 'puts') await killWithin(scene, worker, PUT_MAX_MS)
    }),
    setTimeout(random() * PUT_MAX_MS).then(scene.restart),
  ])
  const killed = parts.filter(({ fate }) => fate !== 'lives')
  // Each may have been told before it was killed, and is told the same when it comes again.
  const again = await inLanes(isWhole ? killed : [], async ({ rank }) => {
    const part = await begin(scene, rank, 'lives')
    part.worker.put()
    return part
  })
  const told = await Promise.all([...parts, ...again].map(({ worker }) => worker.ended))
  return {
    messages: told.filter((message) => message !== undefined),
    killedCount: killed.length,
  }
}

/** A worker that has found the reservation, or was killed before it could put. */
async function begin(scene: Scene, rank: number, fate: Fate): Promise<Part> {
  const { directory, random, urls, token, handle, number } = scene
  const worker = startShardWorker({
    target: { url: urls[rank % urls.length] ?? '', token },
    cacheDirectory: join(directory, 'compile-cache'),
    reservation: handle.id,
    round: number,
    rank,
    pauseMs: Math.floor(random() * PUT_MAX_MS),
  })
  if (fate === 'starts') await killWithin(scene, worker, START_MAX_MS)
  await worker.begun
  if (fate === 'waits') worker.kill()
  return { rank, fate, worker }
}

async function killWithin({ random }: Stage, worker: ShardWorker, maxMs: number): Promise<void> {
  await setTimeout(random() * maxMs)
  worker.kill()
}

function fateOf(random: () => number): Fate {
  if (random() >= KILLED_PART) return 'lives'
  const fates = ['starts', 'waits', 'puts'] as const
  return fates[Math.floor(random() * fates.length)] ?? 'puts'
}

/** Does a few at a time. */
async function inLanes<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const rest = items.values()
  const lane = async (): Promise<void> => {
    for (const item of rest) results.push(await work(item))
  }
  await Promise.all(Array.from({ length: STARTING_MAX_COUNT }, lane))
  return results
}
