import type { ValuesOf } from './command.ts'
import { defined } from './defined.ts'
import { optional, repeated, toggle } from './flag.ts'
import { readAnyText, readChoice, readDigest, readText } from './flag-values.ts'
import { asOf } from './listing.ts'
import { parseDurationSeconds } from './quantity.ts'

/** The slice of the job's work. */
export const partition = optional(
  { usage: '--partition <partition>', summary: 'slice of the work; default none' },
  readAnyText,
)

/** How far a state must have been checked. */
export const minGrade = optional(
  {
    usage: '--min-grade <grade>',
    summary: 'committed, present, verified or restored; default committed',
  },
  readChoice('committed', 'present', 'verified', 'restored'),
)

/** The flags that say which states to accept. */
export const wanted = {
  partition,
  minGrade,
  environment: optional(
    { usage: '--environment <digest>', summary: 'only states made in this environment' },
    readDigest,
  ),
  includeAbandoned: toggle(
    '--include-abandoned',
    'also look at lines that later attempts left behind',
  ),
  asOf,
}

/** The flags that say where to fetch from. */
export const placeFlags = {
  region: repeated(
    { usage: '--region <region>', summary: 'fetch from this region first; repeat for the next' },
    readText,
  ),
  withoutRegion: repeated(
    {
      usage: '--without-region <region>',
      summary: 'it is away: only states that are elsewhere too; repeat for the next',
    },
    readText,
  ),
  withoutBucket: repeated(
    {
      usage: '--without-bucket <bucket>',
      summary: 'the same for a bucket, by its name in the configuration or s3://name',
    },
    readText,
  ),
}

/** The flags that say where to fetch from, and how. */
export const fetching = {
  presign: toggle('--presign', 'with URLs that need no credentials, where the store serves them'),
  presignFor: optional(
    {
      usage: '--presign-for <time>',
      summary: 'how long the URLs are good; default 1h, at most 7d',
    },
    parseDurationSeconds,
  ),
  ...placeFlags,
}

/** What the flags ask of places; nothing where none was given. */
export function placesOf(values: ValuesOf<typeof placeFlags>) {
  const { region, withoutRegion, withoutBucket } = values
  const isLimited = withoutRegion.length > 0 || withoutBucket.length > 0
  return defined({
    regions: region.length === 0 ? undefined : region,
    unavailable: isLimited ? { regions: withoutRegion, buckets: withoutBucket } : undefined,
  })
}

/** What the flags ask of the sources; nothing where none was given. */
export function sourceWishes(values: ValuesOf<typeof fetching>) {
  const { presign, presignFor } = values
  const how = defined({ presign: presign ? true : undefined, presignSeconds: presignFor })
  return { ...how, ...placesOf(values) }
}
