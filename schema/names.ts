import { Type, type Static } from 'typebox'
import type { Digest as DigestText } from './digest.ts'
import { nameGrammar } from './name-grammar.ts'
import { noNul } from './no-nul.ts'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** The scope of names, of grants and of one log. */
export type NamespaceName = Branded<'NamespaceName'>
/** A recurring computation within a namespace. */
export type JobName = Branded<'JobName'>
/** One execution of a job. */
export type RunId = Branded<'RunId'>
/** A lease under which several workers assemble one checkpoint. */
export type ReservationId = Branded<'ReservationId'>
/** One rehearsal of a recovery. */
export type DrillId = Branded<'DrillId'>
/** What a class of jobs needs, by name. */
export type PolicyName = Branded<'PolicyName'>
/** How states are written, by name. */
export type FormatName = Branded<'FormatName'>
/** A natural slice of a job's work; empty for a job that has none. */
export type Partition = Branded<'Partition'>
/** The number of an entry in its namespace's log, from 0, without gaps. */
export type LogIndex = number & { readonly [brand]: 'LogIndex' }

const nameRule =
  'Lower-case letters, digits, `.`, `_` and `-`; starts with a letter or digit; at most 128 characters; no `..`'

const name = (title: string, description: string) =>
  Type.String({
    title,
    description: `${description} ${nameRule}.`,
    maxLength: 128,
    pattern: nameGrammar,
    'x-error-code': 'INVALID_NAME',
  })

export const NamespaceName = Type.Unsafe<NamespaceName>(
  name('NamespaceName', 'Scope of names, of grants, and of one log.'),
)
export const JobName = Type.Unsafe<JobName>(name('JobName', 'A recurring computation.'))
export const RunId = Type.Unsafe<RunId>(name('RunId', 'One execution of a job.'))

export const RestoreId = name('RestoreId', 'One recovery that was carried out.')

export const RetentionRunId = name('RetentionRunId', 'One decision of what to keep.')
export const ReservationId = Type.Unsafe<ReservationId>(
  name('ReservationId', 'A lease under which several workers assemble one checkpoint.'),
)

/** What a hold on a checkpoint is called. */
export const HoldName = name('HoldName', 'What a hold on a checkpoint is called.')

export const DrillId = Type.Unsafe<DrillId>(name('DrillId', 'One rehearsal of a recovery.'))

export const PolicyName = Type.Unsafe<PolicyName>(name('PolicyName', 'What a class of jobs needs.'))

export const FormatName = Type.Unsafe<FormatName>(
  name('FormatName', 'How states are written, version by version.'),
)

export const Partition = Type.Unsafe<Partition>(
  Type.String({
    title: 'Partition',
    description:
      'A natural slice of the work, such as `2026-11-23T10`; empty for none. Letters, digits and `. _ : = , + -`; at most 256 characters.',
    maxLength: 256,
    pattern: '^(?:[A-Za-z0-9][A-Za-z0-9._:=,+-]*)?$',
    'x-error-code': 'INVALID_NAME',
  }),
)

export type Digest = DigestText
export const Digest = Type.Unsafe<Digest>(
  Type.String({
    title: 'Digest',
    description: '`sha256:` and 64 lower-case hexadecimal digits of the exact bytes.',
    maxLength: 71,
    pattern: '^sha256:[0-9a-f]{64}$',
    'x-error-code': 'INVALID_DIGEST',
  }),
)

export const LogIndex = Type.Unsafe<LogIndex>(
  Type.Integer({
    title: 'LogIndex',
    description: "Number of an entry in its namespace's log, from 0, without gaps.",
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
  }),
)

export const Step = Type.Integer({
  title: 'Step',
  description: 'Progress position: a non-negative integer that grows within a run.',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
})

export const Attempt = Type.Integer({
  title: 'Attempt',
  description: 'Number of the run for its job and partition, 1, 2, 3…: the fencing token.',
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
})

export const Timestamp = Type.String({
  title: 'Timestamp',
  description: 'RFC 3339 in UTC with milliseconds, such as `2026-11-23T10:15:30.123Z`.',
  maxLength: 30,
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?Z$',
})

/** Labels a person filters by; at most 32. */
export const Labels = Type.Record(
  Type.String({ pattern: '^[a-z0-9][a-z0-9._/-]{0,62}$' }),
  Type.String({ maxLength: 256, pattern: noNul }),
  {
    title: 'Labels',
    description: 'Short texts to filter by; at most 32 of them.',
    additionalProperties: false,
    maxProperties: 32,
    'x-error-code': 'INVALID_NAME',
  },
)
export type Labels = Readonly<Static<typeof Labels>>

/** A note by a person or program, at most 4,096 characters. */
export const Note = Type.String({ title: 'Note', maxLength: 4096, pattern: noNul })
