import type { BenchDatabase } from './database.ts'
import type { Line } from './lines.ts'
import { logLines } from './log-lines.ts'
import { measureBatches } from './measure-batches.ts'
import { measureLog } from './measure-log.ts'
import { measureLineage, measureReads } from './measure-reads.ts'
import { measureRecoveries } from './measure-recoveries.ts'
import { measureTail } from './measure-tail.ts'
import { measureWrites } from './measure-writes.ts'
import type { BenchOptions, SizeName } from './options.ts'
import { samplesOf, type Block } from './rounds.ts'
import { openSession } from './session.ts'
import {
  batchLines,
  lineageLine,
  memoryLine,
  readLines,
  recoveryLines,
  tailLines,
  writeLines,
} from './size-lines.ts'
import { median } from './statistics.ts'

/** What to measure at one size. */
export interface SizeRun {
  readonly size: SizeName
  readonly filledCount: number
  readonly primary: BenchDatabase
  readonly copy: BenchDatabase
  /** The size at which also variants, latency at half load, lineage and audits are measured. */
  readonly isLast: boolean
  readonly options: BenchOptions
  readonly onRound: (text: string) => void
}

/** What one size gave. */
export interface MeasuredSize {
  readonly lines: readonly Line[]
  readonly blocks: Readonly<Record<string, Block>>
  /** Sequence number of the next checkpoint: how far the measurements themselves have filled. */
  readonly nextSequence: number
}

/** Measures the log in process, and everything that goes through a running server, at one size. */
export async function measureSize(run: SizeRun): Promise<MeasuredSize> {
  const { options, onRound } = run
  const { profileDirectory: folder } = options
  const flags = folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
  const timing = { roundCount: options.roundCount, roundMs: options.roundMs, onRound }
  const extra = run.isLast && !options.quick
  // First, so that nothing else is at work, and the copy has what was filled.
  const log = await measureLog(run.copy, { ...timing, withAudit: extra })
  const session = await openSession(run.primary, run.filledCount, flags)
  try {
    const reads = await measureReads(session, timing)
    const lineage = extra ? await measureLineage(session, timing) : undefined
    const recoveries = extra ? await measureRecoveries(session, timing) : undefined
    const writes = await measureWrites(session, { ...timing, withVariants: extra })
    const batches = await measureBatches(session, run, timing)
    const maximumPerSecond = median(samplesOf(writes, 'register').map((one) => one.perSecond))
    const tail = extra ? await measureTail(session, { ...timing, maximumPerSecond }) : undefined
    return {
      lines: [
        ...writeLines(run.size, writes, options.database),
        ...batchLines(run.size, batches),
        ...readLines(run.size, reads),
        ...(lineage === undefined ? [] : [lineageLine(run.size, lineage)]),
        ...(recoveries === undefined ? [] : recoveryLines(run.size, recoveries)),
        ...(tail === undefined ? [] : tailLines(run.size, tail)),
        ...logLines(run.size, log),
        memoryLine(run.size, await session.usage()),
      ],
      blocks: {
        reads,
        writes,
        batches: batches.block,
        log: log.block,
        ...(lineage === undefined ? {} : { lineage }),
        ...(recoveries === undefined ? {} : { recoveries }),
        ...(tail === undefined ? {} : { tail }),
      },
      nextSequence: session.registrations.next(),
    }
  } finally {
    await session.stop()
  }
}
