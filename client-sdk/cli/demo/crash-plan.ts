import { createGenerator, seedGenerator, type Generator } from './job/generator.ts'

/** When to kill a job: so long after it has done a share of its steps. */
export interface KillPoint {
  /** From 0 to 1. */
  readonly afterShare: number
  /** Share of the time between two checkpoints, from 0 up to 1. */
  readonly waitShare: number
}

/** When to kill the catalog, and a job while it is away. */
export interface Outage {
  /** Share of all steps that the jobs have done by then. */
  readonly afterShare: number
  readonly downMs: number
  /** The job that is killed meanwhile, and how long after the catalog. */
  readonly partition: string
  readonly jobAfterMs: number
}

/** Every crash of a demonstration, drawn from its seed before anything runs. */
export interface CrashPlan {
  /** By partition, earliest first. */
  readonly kills: ReadonlyMap<string, readonly KillPoint[]>
  readonly outage: Outage
}

/** One kill early and one late, so that the second finds an attempt that was itself restored. */
const KILL_SHARES = [
  { from: 0.12, to: 0.45 },
  { from: 0.55, to: 0.85 },
] as const
const OUTAGE_SHARE = { from: 0.25, to: 0.4 } as const
/** Long enough for every job to spool several checkpoints, short enough for someone who watches. */
const DOWN_MS = { from: 2_500, to: 3_500 } as const
/** Within the outage, with time left to spool something first and to find nobody home afterwards. */
const JOB_AFTER_MS = { from: 700, to: 1_300 } as const

/** Draws the crashes; the same seed draws the same. */
export function drawCrashes(seed: string, partitions: readonly string[]): CrashPlan {
  const generator = createGenerator(seedGenerator(seed, 'crashes'))
  const kills = new Map(
    partitions.map((partition) => [
      partition,
      KILL_SHARES.map((range) => ({
        afterShare: between(generator, range),
        waitShare: generator.unit(),
      })),
    ]),
  )
  const outage = {
    afterShare: between(generator, OUTAGE_SHARE),
    downMs: Math.round(between(generator, DOWN_MS)),
    partition: partitions[generator.below(partitions.length)] ?? '',
    jobAfterMs: Math.round(between(generator, JOB_AFTER_MS)),
  }
  return { kills, outage }
}

function between(
  generator: Generator,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  return from + (to - from) * generator.unit()
}
