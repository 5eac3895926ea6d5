import { Type } from 'typebox'
import { Checkpoint, CheckpointSummary, Receipt } from '../checkpoint.ts'
import { Kind, Manifest, Tier } from '../manifest.ts'
import { Digest, JobName, Partition, RunId, Step } from '../names.ts'
import { asOfQuery, pageOf, pageQuery } from '../page.ts'
import { Problem } from '../problem.ts'
import {
  closed,
  DOCUMENT_BODY_MAX_BYTES,
  inNamespace,
  noQuery,
  operation,
  prefix,
  writeQuery,
} from './operation.ts'

/** Most checkpoints of one batch request. */
export const BATCH_MAX_COUNT = 256
/** A batch of full size with manifests of 64 KiB; larger manifests go in smaller batches. */
const BATCH_BODY_MAX_BYTES = 16 * 1024 * 1024

const inCheckpoint = closed({ ...inNamespace, digest: Digest })

/** A manifest to register, and the digest that the caller computed. */
export const Registration = closed(
  {
    manifest: Manifest,
    digest: Type.Optional(
      Type.Unsafe<Digest>({
        ...Digest,
        description: 'What the caller holds the id to be; refused if the manifest differs.',
      }),
    ),
  },
  'Registration',
)
const BatchResult = Type.Union(
  [
    closed({ status: Type.Literal('registered'), receipt: Receipt }, 'BatchRegistered'),
    closed({ status: Type.Literal('refused'), problem: Problem }, 'BatchRefused'),
  ],
  { title: 'BatchResult' },
)

/** Codes with which a registration is refused. */
export const registrationErrors = [
  'NAMESPACE_NOT_FOUND',
  'RUN_NOT_FOUND',
  'RUN_MISMATCH',
  'RUN_CLOSED',
  'ATTEMPT_FENCED',
  'STEP_REGRESSION',
  'REGISTRATION_CONFLICT',
  'BASE_REQUIRED',
  'BASE_NOT_FOUND',
  'BASE_MISMATCH',
  'BASE_NOT_GOOD',
  'POLICY_VIOLATED',
  'CHAIN_TOO_LONG',
  'PARENT_NOT_FOUND',
  'ENVIRONMENT_NOT_FOUND',
  'SHARDS_INCOMPLETE',
  'UNPINNED_BLOB',
  'BLOBS_SWEPT',
  'DIGEST_MISMATCH',
  'FORMAT_MISMATCH',
  'DOCUMENT_TOO_LARGE',
] as const

/** Checkpoints. */
export const registerOperations = {
  registerCheckpoint: operation({
    method: 'POST',
    path: `${prefix}/checkpoints`,
    summary: 'Register a checkpoint',
    description:
      'Durable when answered. The same manifest again answers the same receipt; another manifest for the same run, step and tier is a conflict that names the first.',
    tag: 'checkpoints',
    verb: 'append',
    reach: 'none',
    params: closed(inNamespace),
    query: writeQuery,
    body: Registration,
    checksBytes: true,
    bodyMaxBytes: DOCUMENT_BODY_MAX_BYTES,
    response: Receipt,
    answer: 'json',
    repeat: 'safe',
    errors: registrationErrors,
  }),
  registerCheckpoints: operation({
    method: 'POST',
    path: `${prefix}/checkpoints/batch`,
    summary: 'Register up to 256 checkpoints, each with a result of its own',
    description:
      'An `Idempotency-Key` is ignored: it binds one answer, and here every item has its own. The digest makes each item safe to repeat: the same manifest again answers the same receipt.',
    tag: 'checkpoints',
    verb: 'append',
    reach: 'none',
    params: closed(inNamespace),
    query: writeQuery,
    body: closed(
      {
        items: Type.Array(Registration, {
          minItems: 1,
          maxItems: BATCH_MAX_COUNT,
          'x-error-code': 'BATCH_TOO_LARGE',
        }),
      },
      'Registrations',
    ),
    checksBytes: true,
    bodyMaxBytes: BATCH_BODY_MAX_BYTES,
    response: closed({ results: Type.Array(BatchResult) }, 'BatchResults'),
    answer: 'json',
    repeat: 'safe',
    ignoresKey: true,
    errors: ['NAMESPACE_NOT_FOUND', 'BATCH_TOO_LARGE'],
  }),
  listCheckpoints: operation({
    method: 'GET',
    path: `${prefix}/checkpoints`,
    summary: 'List checkpoints, newest first',
    tag: 'checkpoints',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: closed({
      job: Type.Optional(JobName),
      partition: Type.Optional(Partition),
      run: Type.Optional(RunId),
      kind: Type.Optional(Kind),
      tier: Type.Optional(Tier),
      environment: Type.Optional(Digest),
      minStep: Type.Optional(Step),
      maxStep: Type.Optional(Step),
      label: Type.Optional(
        Type.String({
          description: 'One label, as `key:value`.',
          maxLength: 320,
          pattern: '^[a-z0-9][a-z0-9._/-]{0,62}:.*$',
        }),
      ),
      tombstoned: Type.Optional(Type.Boolean()),
      ...pageQuery,
      ...asOfQuery,
    }),
    response: pageOf(CheckpointSummary, 'CheckpointPage'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'INVALID_CURSOR', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  getCheckpoint: operation({
    method: 'GET',
    path: `${prefix}/checkpoints/{digest}`,
    summary: 'Get a checkpoint and its standing',
    tag: 'checkpoints',
    verb: 'read',
    reach: 'none',
    params: inCheckpoint,
    query: closed(asOfQuery),
    response: Checkpoint,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  getManifest: operation({
    method: 'GET',
    path: `${prefix}/checkpoints/{digest}/manifest`,
    summary: 'Get the exact bytes of a manifest',
    tag: 'checkpoints',
    verb: 'read',
    reach: 'none',
    params: inCheckpoint,
    query: noQuery,
    response: Manifest,
    answer: 'bytes',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND'],
  }),
}
