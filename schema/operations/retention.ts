import { Type } from 'typebox'
import { TombstoneReason, TombstoneReceipt } from '../checkpoint.ts'
import { Digest, JobName, Note, RetentionRunId } from '../names.ts'
import { pageOf, pageQuery } from '../page.ts'
import { RetentionDecision, RetentionReceipt, RetentionRun, retentionScope } from '../retention.ts'
import {
  closed,
  inNamespace,
  operation,
  prefix,
  SMALL_BODY_MAX_BYTES,
  writeQuery,
} from './operation.ts'

export const retentionOperations = {
  tombstoneCheckpoint: operation({
    method: 'POST',
    path: `${prefix}/checkpoints/{digest}/tombstone`,
    summary: 'Withdraw a checkpoint for good',
    description:
      'Refused while a live delta needs it. The same tombstone again answers the first; another is refused.',
    tag: 'retention',
    verb: 'retire',
    reach: 'none',
    params: closed({ ...inNamespace, digest: Digest }),
    query: writeQuery,
    body: closed(
      {
        reason: TombstoneReason,
        note: Type.Optional(Note),
        successor: Type.Optional(Digest),
      },
      'TombstoneCheckpoint',
    ),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: TombstoneReceipt,
    answer: 'json',
    repeat: 'safe',
    errors: [
      'NAMESPACE_NOT_FOUND',
      'CHECKPOINT_NOT_FOUND',
      'ALREADY_TOMBSTONED',
      'CHAIN_IN_USE',
      'LINEAGE_CYCLE',
    ],
  }),
  runRetention: operation({
    method: 'POST',
    path: `${prefix}/retention-runs`,
    summary: 'Decide what to keep by policy, and withdraw the rest',
    description:
      'A dry run only records that it was made. Held checkpoints, what `latest` would answer at any grade, and what kept ones need are always kept. At most 10,000 are withdrawn; `leftCount` says whether to run again.',
    tag: 'retention',
    verb: 'retire',
    reach: 'none',
    params: closed(inNamespace),
    query: writeQuery,
    body: closed({ dryRun: Type.Boolean(), ...retentionScope }, 'RunRetention'),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: RetentionReceipt,
    answer: 'json',
    repeat: 'by-key',
    errors: ['NAMESPACE_NOT_FOUND', 'POLICY_NOT_FOUND', 'RETENTION_TOO_LARGE'],
  }),
  listRetentionRuns: operation({
    method: 'GET',
    path: `${prefix}/retention-runs`,
    summary: 'List retention runs, newest first',
    tag: 'retention',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: closed({ job: Type.Optional(JobName), ...pageQuery }),
    response: pageOf(RetentionRun, 'RetentionRuns'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'INVALID_CURSOR'],
  }),
  getRetentionRun: operation({
    method: 'GET',
    path: `${prefix}/retention-runs/{retentionRun}`,
    summary: 'Get a retention run, and what it decided about each checkpoint',
    description: 'Job by job and partition by partition, newest first, with every reason.',
    tag: 'retention',
    verb: 'read',
    reach: 'none',
    params: closed({ ...inNamespace, retentionRun: RetentionRunId }),
    query: closed({
      decision: Type.Optional(RetentionDecision.properties.decision),
      ...pageQuery,
    }),
    response: closed(
      {
        run: RetentionRun,
        items: Type.Array(RetentionDecision),
        next: Type.Union([Type.String(), Type.Null()]),
      },
      'RetentionRunPage',
    ),
    answer: 'json',
    repeat: 'safe',
    errors: [
      'NAMESPACE_NOT_FOUND',
      'RETENTION_RUN_NOT_FOUND',
      'RETENTION_TOO_LARGE',
      'INVALID_CURSOR',
    ],
  }),
}
