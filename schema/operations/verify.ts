import { Type } from 'typebox'
import { Bucket, BucketName, BucketProbe } from '../bucket.ts'
import { Evidence, EvidenceReceipt } from '../checkpoint.ts'
import { Digest } from '../names.ts'
import { asOfQuery } from '../page.ts'
import { Reconciliation } from '../reconciliation.ts'
import { Depth, Verification } from '../verification.ts'
import {
  closed,
  inNamespace,
  noQuery,
  operation,
  prefix,
  SMALL_BODY_MAX_BYTES,
  writeQuery,
} from './operation.ts'

const { finding, outcome, method, note } = Evidence.properties

export const verifyOperations = {
  recordEvidence: operation({
    method: 'POST',
    path: `${prefix}/checkpoints/{digest}/evidence`,
    summary: "Record a finding about a checkpoint's bytes",
    description:
      'A pass raises the grade to its finding; a failure makes the checkpoint, and every delta on it, not good until a later pass of at least its grade.',
    tag: 'evidence',
    verb: 'verify',
    reach: 'none',
    params: closed({ ...inNamespace, digest: Digest }),
    query: writeQuery,
    body: closed({ finding, outcome, method, note: Type.Optional(note) }, 'RecordEvidence'),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: EvidenceReceipt,
    answer: 'json',
    repeat: 'by-key',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND'],
  }),
  verifyCheckpoint: operation({
    method: 'POST',
    path: `${prefix}/checkpoints/{digest}/verify`,
    summary: "Look at a checkpoint's blobs in their stores, and record what was found",
    description:
      'Answers when it has ended, or after some seconds with `state` `running`: then send `verification` to follow it. A blob that is gone or differs is recorded as failed at once; what could not be looked at is `unknown`, is not recorded and changes nothing. A blob with copies fails only when it fails in every place. An `Idempotency-Key` is ignored: while one is under way, the same request follows it.',
    tag: 'evidence',
    verb: 'verify',
    reach: 'none',
    params: closed({ ...inNamespace, digest: Digest }),
    query: noQuery,
    body: closed(
      { depth: Depth, verification: Type.Optional(Type.String({ maxLength: 64 })) },
      'VerifyCheckpoint',
    ),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: Verification,
    answer: 'json',
    repeat: 'safe',
    ignoresKey: true,
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND'],
  }),
  listBuckets: operation({
    method: 'GET',
    path: `${prefix}/buckets`,
    summary: 'List the buckets of the configuration, and what their newest probes found',
    tag: 'evidence',
    verb: 'read',
    reach: 'namespace',
    params: closed(inNamespace),
    query: closed(asOfQuery),
    response: closed({ items: Type.Array(Bucket) }, 'Buckets'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  probeBucket: operation({
    method: 'POST',
    path: `${prefix}/buckets/{bucket}/probe`,
    summary: 'Try out what a bucket can do, and record it',
    description:
      'Writes to a scratch folder under the prefix of the bucket, and removes it. What is not proven is not used.',
    tag: 'evidence',
    verb: 'verify',
    reach: 'namespace',
    params: closed({ ...inNamespace, bucket: BucketName }),
    query: writeQuery,
    response: BucketProbe,
    answer: 'json',
    repeat: 'safe',
    errors: [
      'NAMESPACE_NOT_FOUND',
      'BUCKET_NOT_ALLOWED',
      'BUCKET_ACCESS_DENIED',
      'STORE_UNAVAILABLE',
      'STORE_UNSUITABLE',
    ],
  }),
  reconcileBucket: operation({
    method: 'POST',
    path: `${prefix}/buckets/{bucket}/reconciliations`,
    summary: 'Compare what a bucket holds with what checkpoints point at, both ways',
    description:
      'Answers when it has ended, or after some seconds with `state` `running`: then send `reconciliation` to follow it. Records the counts and some examples; removes and demotes nothing. An `Idempotency-Key` is ignored: while one is under way, the same request follows it.',
    tag: 'evidence',
    verb: 'verify',
    reach: 'namespace',
    params: closed({ ...inNamespace, bucket: BucketName }),
    query: noQuery,
    body: closed(
      {
        reconciliation: Type.Optional(Type.String({ maxLength: 64 })),
        after: Type.Optional(
          Type.String({
            description: '`next` of one that did not come to its end: only the rest is compared.',
            maxLength: 8192,
          }),
        ),
        inventory: Type.Optional(
          Type.String({
            description:
              'Compares the versions that the `manifest.json` of an S3 Inventory lists, rather than the listing of the bucket: `s3://…` in a bucket of the configuration. CSV, with all versions and their sizes.',
            minLength: 1,
            maxLength: 2048,
            pattern: '^s3://[^\\u0000-\\u001f\\u007f]+$',
          }),
        ),
        minAgeSeconds: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 31_536_000,
            default: 86_400,
            description: 'Younger versions without a pointer are no orphans yet.',
          }),
        ),
      },
      'ReconcileBucket',
    ),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: Reconciliation,
    answer: 'json',
    repeat: 'safe',
    ignoresKey: true,
    errors: [
      'NAMESPACE_NOT_FOUND',
      'BUCKET_NOT_ALLOWED',
      'BUCKET_ACCESS_DENIED',
      'BLOB_CORRUPT',
      'BLOB_NOT_FOUND',
      'INVALID_CURSOR',
      'STORE_UNAVAILABLE',
      'STORE_UNSUITABLE',
    ],
  }),
}
