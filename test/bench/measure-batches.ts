import { startChild, type Child } from './child.ts'
import type { BenchDatabase } from './database.ts'
import type { Sample } from './http-load.ts'
import { roundCountOf } from './measure-writes.ts'
import { interleave, type Block, type RoundOptions } from './rounds.ts'
import type { Session } from './session.ts'

/** Documents of one batch request, and of one transaction of the raw loop. */
const BATCH_COUNT = 64
/** Transactions of the raw loop in one round: a few hundred milliseconds. */
const RAW_GROUPS_MAX_COUNT = 80

/** Batches over HTTP beside the raw loop, both in documents. */
export interface MeasuredBatches {
  readonly block: Block
  /** Bytes that the server process wrote to storage for each document, by round. */
  readonly writtenBytes: readonly number[]
  /** Largest write-ahead log seen; undefined where the server keeps none. */
  readonly walMaxBytes: number | undefined
}

/** Measures batches of 64 against the same rows written by a plain loop, to a copy of the database. */
export async function measureBatches(
  session: Session,
  databases: { readonly primary: BenchDatabase; readonly copy: BenchDatabase },
  options: RoundOptions & { readonly roundMs: number },
): Promise<MeasuredBatches> {
  const count = roundCountOf(session)
  const groupCount = Math.min(Math.floor(count / BATCH_COUNT), RAW_GROUPS_MAX_COUNT)
  const writtenBytes: number[] = []
  let walMaxBytes = databases.primary.walBytes()
  const raw = startChild('raw-child.ts')
  await raw.ask({ do: 'open', env: databases.copy.env })
  let first = session.filledCount
  const runRaw = async (): Promise<Sample> => {
    const sample = await writeRaw(raw, first, groupCount)
    first += groupCount * BATCH_COUNT
    return sample
  }
  const runBatches = async (): Promise<Sample> => {
    session.registrations.prepare(count)
    const before = await session.usage()
    const sample = await sendBatches(session, options.roundMs)
    const after = await session.usage()
    writtenBytes.push((after.writtenBytes - before.writtenBytes) / (sample.count * BATCH_COUNT))
    const walBytes = databases.primary.walBytes()
    if (walBytes !== undefined) walMaxBytes = Math.max(walMaxBytes ?? 0, walBytes)
    return sample
  }
  try {
    const block = await interleave(
      [
        { name: 'raw', isReference: true, run: runRaw },
        { name: 'batch', run: runBatches },
      ],
      options,
    )
    return { block, writtenBytes, walMaxBytes }
  } finally {
    await raw.stop()
  }
}

async function sendBatches(session: Session, roundMs: number): Promise<Sample> {
  const { batches, registrations, requests } = session
  const sample = await batches.closedLoop(() => {
    const all = registrations.takeAll(BATCH_COUNT)
    return all === undefined ? undefined : requests.registerAll(all)
  }, roundMs)
  return { ...sample, perSecond: sample.perSecond * BATCH_COUNT }
}

async function writeRaw(raw: Child, first: number, groupCount: number): Promise<Sample> {
  const elapsedMs = await raw.ask<number>({
    do: 'write',
    first,
    groupCount,
    groupSize: BATCH_COUNT,
  })
  const count = groupCount * BATCH_COUNT
  const groupMs = elapsedMs / groupCount
  return { perSecond: (count * 1_000) / elapsedMs, p50Ms: groupMs, p99Ms: groupMs, count }
}
