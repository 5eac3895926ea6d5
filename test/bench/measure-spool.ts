import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSpool } from '../../client-sdk/spool/open-spool.ts'
import type { SpoolRecord } from '../../client-sdk/spool.ts'
import { checkpointAt, lineAt, LINE_COUNT, NAMESPACE } from './fixture.ts'
import type { Sample } from './http-load.ts'
import { interleave, type Block, type RoundOptions } from './rounds.ts'
import { quantile } from './statistics.ts'

/** Records of one round: well below what a spool takes in all. */
const RECORD_COUNT = 200
const PLACE_BYTES = 4_096

/** What a job waits for when the catalog is away, against plain syncs of the same bytes. */
export async function measureSpool(options: RoundOptions, parent = tmpdir()): Promise<Block> {
  const folder = mkdtempSync(join(parent, 'cairn-bench-spool-'))
  const file = openSync(join(folder, 'reference'), 'w')
  const appended = openSync(join(folder, 'appended'), 'a')
  writeSync(file, Buffer.alloc(RECORD_COUNT * PLACE_BYTES))
  fsyncSync(file)
  const spool = await openSpool({ directory: join(folder, 'spool') })
  let next = 0
  try {
    return await interleave(
      [
        {
          name: 'fsync',
          isReference: true,
          run: () =>
            timed(async (place, record) => {
              writeSync(file, record.manifest, place * PLACE_BYTES)
              fdatasyncSync(file)
            }),
        },
        {
          name: 'append, fsync',
          run: () =>
            timed(async (_, record) => {
              writeSync(appended, record.manifest)
              fsyncSync(appended)
            }),
        },
        {
          name: 'new file, two fsyncs',
          run: () => timed(async (_, record) => writeNewFile(folder, (next += 1), record.manifest)),
        },
        {
          name: 'spool append',
          run: () => timed((_, record) => spool.append({ ...record, step: (next += 1) })),
        },
      ],
      options,
    )
  } finally {
    await spool.close()
    closeSync(file)
    closeSync(appended)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The least that puts a new file in a folder so that it survives: its bytes and its name. */
function writeNewFile(folder: string, number: number, text: string): void {
  const temporary = join(folder, 'temporary')
  const file = openSync(temporary, 'wx')
  writeSync(file, text)
  fsyncSync(file)
  closeSync(file)
  renameSync(temporary, join(folder, `file-${number}`))
  const directory = openSync(folder, 'r')
  fsyncSync(directory)
  closeSync(directory)
}

async function timed(
  write: (place: number, record: SpoolRecord) => Promise<unknown>,
): Promise<Sample> {
  const records = Array.from({ length: RECORD_COUNT }, (_, place) => recordAt(place))
  const latencies: number[] = []
  const startMs = performance.now()
  for (const [place, record] of records.entries()) {
    const beginMs = performance.now()
    await write(place, record)
    latencies.push(performance.now() - beginMs)
  }
  const elapsedMs = performance.now() - startMs
  const ascending = Float64Array.from(latencies).sort()
  return {
    perSecond: (RECORD_COUNT * 1_000) / elapsedMs,
    p50Ms: quantile(ascending, 0.5),
    p99Ms: quantile(ascending, 0.99),
    count: RECORD_COUNT,
  }
}

function recordAt(sequence: number): SpoolRecord {
  const { job, partition, run } = lineAt(sequence % LINE_COUNT)
  const { text, digest } = checkpointAt(sequence)
  return {
    namespace: NAMESPACE,
    job,
    partition,
    run,
    attempt: 1,
    step: 0,
    checkpoint: `sha256:${digest.slice('sha256:'.length)}`,
    manifest: text,
  }
}
