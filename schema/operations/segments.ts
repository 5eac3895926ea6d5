import { Type } from 'typebox'
import { Abandoned } from '../abandoned.ts'
import { Grade } from '../checkpoint.ts'
import { CoveragePage } from '../coverage.ts'
import { Digest, JobName, Partition } from '../names.ts'
import { asOfQuery, pageQuery } from '../page.ts'
import { RecoveryPlan } from '../recovery-plan.ts'
import { ResumeToken, ResumeTokenText, TokenLifetime } from '../resume-token.ts'
import { Window } from '../window.ts'
import {
  closed,
  inNamespace,
  noQuery,
  operation,
  prefix,
  SMALL_BODY_MAX_BYTES,
} from './operation.ts'

const lookingBack = [
  'NAMESPACE_NOT_FOUND',
  'CHECKPOINT_NOT_FOUND',
  'CHECKPOINT_NOT_GOOD',
  'RESUME_MISMATCH',
] as const
const tokenRefusals = [
  'RESUME_TOKEN_INVALID',
  'RESUME_TOKEN_EXPIRED',
  'RESUME_TOKEN_MISMATCH',
] as const

/** Segments of a job's work: which windows are covered, what a rewind leaves, and tokens to go on by. */
export const segmentOperations = {
  getCoverage: operation({
    method: 'GET',
    path: `${prefix}/jobs/{job}/coverage`,
    summary: 'Get which windows of a range have a good checkpoint',
    description:
      'Stretches in the order of their windows: good, missing (no window, nothing saved, or nothing good), and where two windows overlap; a window that was worked on again after it had succeeded says so. `limit` counts windows, each of which gives up to three stretches.',
    tag: 'recovery',
    verb: 'read',
    reach: 'job',
    params: closed({ ...inNamespace, job: JobName }),
    query: closed({
      ...Window.properties,
      minGrade: Type.Optional(Grade),
      ...pageQuery,
      ...asOfQuery,
    }),
    response: CoveragePage,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'JOB_NOT_FOUND', 'INVALID_CURSOR', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  previewRewind: operation({
    method: 'GET',
    path: `${prefix}/jobs/{job}/rewind`,
    summary: 'Get what going back to a checkpoint would abandon',
    description:
      'Changes nothing. To go back, open a run with `resume` set to the checkpoint and `rewind`.',
    tag: 'recovery',
    verb: 'read',
    reach: 'job',
    params: closed({ ...inNamespace, job: JobName }),
    query: closed({ to: Digest, partition: Type.Optional(Partition), ...asOfQuery }),
    response: Abandoned,
    answer: 'json',
    repeat: 'safe',
    errors: [...lookingBack, 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  issueResumeToken: operation({
    method: 'POST',
    path: `${prefix}/resume-tokens`,
    summary: 'Get a small signed token that stands for a good state',
    description:
      'For orchestrators that keep one short text between attempts. It is bound to the namespace, job, partition and checkpoint, and expires; it grants nothing: who exchanges it needs a grant of their own. Without `checkpoint`, for the latest good one. Changes nothing.',
    tag: 'recovery',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: noQuery,
    body: closed(
      {
        job: JobName,
        partition: Type.Optional(Partition),
        checkpoint: Type.Optional(Digest),
        minGrade: Type.Optional(Grade),
        lifetimeSeconds: Type.Optional(TokenLifetime),
      },
      'IssueResumeToken',
    ),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: ResumeToken,
    answer: 'json',
    repeat: 'safe',
    errors: [...lookingBack, 'JOB_NOT_FOUND', 'NO_GOOD_CHECKPOINT'],
  }),
  exchangeResumeToken: operation({
    method: 'POST',
    path: `${prefix}/resume-tokens/plan`,
    summary: 'Get the plan that a resume token stands for',
    description:
      'Changes nothing. To go on from it, open a run with `resume` set to `{ "token": … }`.',
    tag: 'recovery',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: noQuery,
    body: closed({ token: ResumeTokenText }, 'ExchangeResumeToken'),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: RecoveryPlan,
    answer: 'json',
    repeat: 'safe',
    errors: [...lookingBack, ...tokenRefusals, 'PLAN_TOO_LARGE'],
  }),
}
