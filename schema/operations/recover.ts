import { Type } from 'typebox'
import { Abandoned } from '../abandoned.ts'
import { Region } from '../blob-reference.ts'
import { Grade, Skipped } from '../checkpoint.ts'
import { constraints } from '../constraint.ts'
import { Digest, JobName, Labels, Partition, RunId } from '../names.ts'
import { asOfQuery } from '../page.ts'
import { Latest, RecoveryPlan } from '../recovery-plan.ts'
import { Proof } from '../proof.ts'
import { ResumeTokenText } from '../resume-token.ts'
import { Run } from '../run.ts'
import { Window } from '../window.ts'
import {
  closed,
  inNamespace,
  noQuery,
  operation,
  prefix,
  SMALL_BODY_MAX_BYTES,
  writeQuery,
} from './operation.ts'

/** The longest that S3 lets a signed URL be good for: seven days. */
const URL_MAX_SECONDS = 604_800

const region = Type.Optional(
  Type.Unsafe<string>({
    ...Region,
    description: 'Where the restore runs: sources there come first.',
  }),
)

/** Which state to accept. */
const wanted = {
  partition: Type.Optional(Partition),
  minGrade: Type.Optional(Grade),
  environment: Type.Optional(
    Type.Unsafe<Digest>({
      ...Digest,
      description: 'Only states made in this environment.',
    }),
  ),
  includeAbandoned: Type.Optional(
    Type.Boolean({ description: 'Also look at lines that later attempts left behind.' }),
  ),
}

export const recoverOperations = {
  openRun: operation({
    method: 'POST',
    path: `${prefix}/runs`,
    summary: 'Open a run and, in the same step, resume from the last good state',
    description:
      'Fences every older attempt of the job and partition, and declares the job if nobody has. With `latest`, a job whose current line has no checkpoint yet starts fresh (`plan` is null); one that has candidates but no good one is refused with `NO_GOOD_CHECKPOINT`. `none` starts a new line on purpose; a digest resumes from that checkpoint or fails. A resume token does too, and is refused with `RESUME_TOKEN_STALE` where the line has a newer good state, unless `rewind` is given. `abandons` says what of the current line is left behind.',
    tag: 'runs',
    verb: 'append',
    reach: 'none',
    params: closed(inNamespace),
    query: writeQuery,
    body: closed(
      {
        job: JobName,
        partition: Type.Optional(Partition),
        run: Type.Optional(RunId),
        resume: Type.Union([
          Type.Enum(['latest', 'none']),
          Digest,
          closed({ token: ResumeTokenText }, 'ResumeByToken'),
        ]),
        rewind: Type.Optional(
          Type.Literal(true, {
            description:
              'That going back is meant: with a digest, a token or `none`. Recorded with the run.',
          }),
        ),
        window: Type.Optional(
          Type.Unsafe<Window>({
            ...Window,
            description:
              'The half-open span of time that the partition is about; the same for all its runs.',
          }),
        ),
        minGrade: Type.Optional(Grade),
        ...constraints,
        region,
        environment: Type.Optional(Digest),
        labels: Type.Optional(Labels),
      },
      'OpenRun',
    ),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: closed(
      {
        run: Run,
        plan: Type.Union([RecoveryPlan, Type.Null()]),
        skipped: Type.Array(Skipped),
        abandons: Abandoned,
        proof: Proof,
      },
      'OpenedRun',
    ),
    answer: 'json',
    repeat: 'by-key',
    errors: [
      'NAMESPACE_NOT_FOUND',
      'NO_GOOD_CHECKPOINT',
      'CHECKPOINT_NOT_FOUND',
      'CHECKPOINT_NOT_GOOD',
      'RESUME_MISMATCH',
      'ENVIRONMENT_NOT_FOUND',
      'REGISTRATION_CONFLICT',
      'RESUME_TOKEN_INVALID',
      'RESUME_TOKEN_EXPIRED',
      'RESUME_TOKEN_MISMATCH',
      'RESUME_TOKEN_STALE',
      'WINDOW_MISMATCH',
      'PLAN_TOO_LARGE',
    ],
  }),
  getLatest: operation({
    method: 'GET',
    path: `${prefix}/jobs/{job}/latest`,
    summary: 'Get the latest good checkpoint, and what was passed over',
    description: 'Good or an error: never an older line, a withdrawn or a failing state.',
    tag: 'recovery',
    verb: 'read',
    reach: 'job',
    params: closed({ ...inNamespace, job: JobName }),
    query: closed({ ...wanted, ...asOfQuery }),
    response: Latest,
    answer: 'json',
    repeat: 'safe',
    errors: [
      'NAMESPACE_NOT_FOUND',
      'JOB_NOT_FOUND',
      'NO_GOOD_CHECKPOINT',
      'LOG_INDEX_OUT_OF_RANGE',
    ],
  }),
  planRecovery: operation({
    method: 'POST',
    path: `${prefix}/recovery-plans`,
    summary: 'Plan a recovery without opening a run',
    description:
      'Changes nothing. Without `checkpoint`, plans from the latest good one that the caller can use; what was passed over is listed with its reason. `urlSeconds` asks for URLs to the bytes themselves, and needs `append` on the job.',
    tag: 'recovery',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: noQuery,
    body: closed(
      {
        job: JobName,
        checkpoint: Type.Optional(Digest),
        ...wanted,
        ...constraints,
        region,
        urlSeconds: Type.Optional(
          Type.Integer({
            description: 'Give each source a URL that is good for so long.',
            minimum: 60,
            maximum: URL_MAX_SECONDS,
          }),
        ),
        ...asOfQuery,
      },
      'PlanRecovery',
    ),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: RecoveryPlan,
    answer: 'json',
    repeat: 'safe',
    errors: [
      'NAMESPACE_NOT_FOUND',
      'JOB_NOT_FOUND',
      'NO_GOOD_CHECKPOINT',
      'CHECKPOINT_NOT_FOUND',
      'CHECKPOINT_NOT_GOOD',
      'RESUME_MISMATCH',
      'PLAN_TOO_LARGE',
      'LOG_INDEX_OUT_OF_RANGE',
    ],
  }),
}
