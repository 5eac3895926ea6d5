import { randomInt } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Principal } from '../../schema/grant.ts'
import type { JobName, NamespaceName, Partition } from '../../schema/names.ts'
import type { Context } from '../../server/context.ts'
import { proveInclusion } from '../../server/log/read-proofs.ts'
import { readTreeHead } from '../../server/log/read-tiles.ts'
import { getLatest } from '../../server/recover/get-latest.ts'
import { lineAt, LINE_COUNT, NAMESPACE } from './fixture.ts'
import type { Sample } from './http-load.ts'
import { quantile } from './statistics.ts'

/** What is asked of a catalog in its own process, without HTTP. */
export type LogQuestion = 'latest' | 'hot proof' | 'any proof'

/** Entries that hot proofs are about: their tiles, one each at most, are half of what the catalog keeps in memory. */
const HOT_COUNT = 512
/** A prime step through the lines that visits all of them, far from the one before. */
const LINE_STRIDE = 3_331
/** Questions of one round, at most: 99th percentiles need no more. */
const QUESTIONS_MAX_COUNT = 20_000

const namespace = NAMESPACE as NamespaceName
const reader: Principal = { id: 'bench', grants: [{ verbs: ['read'], on: '*/*' }] }

/** Asks one kind of question for a while. */
export type AskLog = (question: LogQuestion, durationMs: number) => Promise<Sample>

/** Questions about the log of a catalog at its size now; proofs are of random entries, at the newest head. */
export async function openLogQuestions(context: Context): Promise<AskLog> {
  const { size } = await readTreeHead(context.db, namespace)
  const hot = Array.from({ length: HOT_COUNT }, () => randomInt(size))
  const prove = (index: number): Promise<unknown> =>
    proveInclusion(context.db, namespace, { index, size })
  const questions: Readonly<Record<LogQuestion, (count: number) => () => Promise<unknown>>> = {
    latest: (count) => {
      const { job, partition } = lineAt((count * LINE_STRIDE) % LINE_COUNT)
      const input = { namespace, job: job as JobName, partition: partition as Partition }
      return () => getLatest(context, reader, input)
    },
    'hot proof': (count) => {
      const index = hot[count % HOT_COUNT] ?? 0
      return () => prove(index)
    },
    'any proof': () => {
      const index = randomInt(size)
      return () => prove(index)
    },
  }
  return (question, durationMs) => timeEach(questions[question], durationMs)
}

/** Asks one after the other, each in a turn of its own as requests are: what a turn has read, it does not read again. */
async function timeEach(
  question: (count: number) => () => Promise<unknown>,
  durationMs: number,
): Promise<Sample> {
  const latencies: number[] = []
  const deadlineMs = performance.now() + durationMs
  let askedMs = 0
  while (latencies.length < QUESTIONS_MAX_COUNT && performance.now() < deadlineMs) {
    const ask = question(latencies.length)
    await setImmediate()
    const startMs = performance.now()
    await ask()
    const tookMs = performance.now() - startMs
    latencies.push(tookMs)
    askedMs += tookMs
  }
  const ascending = Float64Array.from(latencies).sort()
  return {
    // Of the time that questions took, not of what lay between them.
    perSecond: (latencies.length * 1_000) / askedMs,
    p50Ms: quantile(ascending, 0.5),
    p99Ms: quantile(ascending, 0.99),
    count: latencies.length,
  }
}
