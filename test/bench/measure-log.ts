import { join } from 'node:path'
import { startChild, type Child } from './child.ts'
import type { BenchDatabase } from './database.ts'
import type { Sample } from './http-load.ts'
import type { LogQuestion } from './log-questions.ts'
import { figureOf, interleave, type Block, type Figure, type RoundOptions } from './rounds.ts'

/** In process a round says enough soon. */
const ROUND_MAX_MS = 500
/** Audits of the largest size take half a minute each. */
const AUDITS_MAX_COUNT = 3

/** Proofs and lookups in process, and audits of the whole log. */
export interface MeasuredLog {
  readonly block: Block
  /** Entries a second; undefined where nothing was audited. */
  readonly audited: Figure | undefined
}

export interface LogOptions extends RoundOptions {
  readonly roundMs: number
  readonly withAudit: boolean
}

/** Measures what the log is asked in a process of its own, on a copy that nobody else has open. */
export async function measureLog(copy: BenchDatabase, options: LogOptions): Promise<MeasuredLog> {
  const child = startChild('log-child.ts')
  try {
    await child.ask({ do: 'open', env: copy.env })
    const block = await measureQuestions(child, options)
    // Left behind for the end, as the copies are: removing many files stalls the disk.
    const folder = join(copy.env['CAIRN_DATA_DIR'] ?? '', 'published')
    const audited = options.withAudit ? await measureAudit(child, folder, options) : undefined
    return { block, audited }
  } finally {
    await child.stop()
  }
}

function measureQuestions(child: Child, options: LogOptions): Promise<Block> {
  const durationMs = Math.min(options.roundMs, ROUND_MAX_MS)
  const asking = (question: LogQuestion) => (): Promise<Sample> =>
    child.ask<Sample>({ do: 'ask', question, durationMs })
  return interleave(
    [
      { name: 'latest, in process', isReference: true, run: asking('latest') },
      { name: 'proof, hot', run: asking('hot proof') },
      { name: 'proof, any entry', run: asking('any proof') },
    ],
    options,
  )
}

async function measureAudit(
  child: Child,
  folder: string,
  { roundCount, onRound }: LogOptions,
): Promise<Figure> {
  onRound?.('publishing what is to be audited')
  await child.ask({ do: 'publish', folder })
  const perSecond: number[] = []
  const count = Math.min(roundCount, AUDITS_MAX_COUNT)
  for (let round = 1; round <= count; round += 1) {
    onRound?.(`audit ${round} of ${count}`)
    perSecond.push(await child.ask<number>({ do: 'audit' }))
  }
  return figureOf(perSecond)
}
