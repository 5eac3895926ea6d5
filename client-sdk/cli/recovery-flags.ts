import { optional, toggle } from './flag.ts'
import { readAnyText, readChoice, readDigest } from './flag-values.ts'
import { asOf } from './listing.ts'

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
