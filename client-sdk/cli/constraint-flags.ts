import type { PlanRecovery, ReadableFormat } from '../api.ts'
import type { ValuesOf } from './command.ts'
import { defined } from './defined.ts'
import { optional, repeated } from './flag.ts'
import { readCount, readText } from './flag-values.ts'
import { parseDurationSeconds } from './quantity.ts'

/** As many workers as one checkpoint may have. */
const WORKERS_MAX_COUNT = 65_536

/** The flags that say what a restore can use, and where it runs. */
export const constraintFlags = {
  reads: repeated(
    {
      usage: '--reads <format>',
      summary: 'only states in a format such as npz or npz@2; may be given several times',
    },
    readText,
  ),
  downRegions: repeated(
    {
      usage: '--down-region <region>',
      summary: 'nothing can be read there; may be given several times',
    },
    readText,
  ),
  downBuckets: repeated(
    {
      usage: '--down-bucket <bucket>',
      summary: 'its name in the configuration, or s3://name; may be given several times',
    },
    readText,
  ),
  maxStep: optional(
    { usage: '--max-step <step>', summary: 'only states up to this step' },
    readCount(0, Number.MAX_SAFE_INTEGER),
  ),
  maxAgeSeconds: optional(
    {
      usage: '--max-age <duration>',
      summary: 'only states registered at most so long ago, such as 12h',
    },
    parseDurationSeconds,
  ),
  worldSize: optional(
    { usage: '--world-size <count>', summary: 'only states of so many workers' },
    readCount(1, WORKERS_MAX_COUNT),
  ),
  region: optional(
    { usage: '--region <region>', summary: 'where the restore runs: sources there come first' },
    readText,
  ),
}

/** What the flags ask of a state, as a plan and a run take it. */
export function constraintsOf(
  values: ValuesOf<typeof constraintFlags>,
): Pick<
  PlanRecovery,
  'formats' | 'unavailable' | 'maxStep' | 'maxAgeSeconds' | 'worldSize' | 'region'
> {
  const { reads, downRegions: regions, downBuckets: buckets } = values
  const { maxStep, maxAgeSeconds, worldSize, region } = values
  return defined({
    formats: reads.length === 0 ? undefined : reads.map(formatOf),
    unavailable: regions.length + buckets.length === 0 ? undefined : { regions, buckets },
    maxStep,
    maxAgeSeconds,
    worldSize,
    region,
  })
}

function formatOf(text: string): ReadableFormat {
  const at = text.lastIndexOf('@')
  return at < 1 ? { name: text } : { name: text.slice(0, at), versions: [text.slice(at + 1)] }
}
