import { Type } from 'typebox'
import { Evidence, EvidenceReceipt } from '../checkpoint.ts'
import { Digest } from '../names.ts'
import {
  closed,
  inNamespace,
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
      'A pass raises the grade to its finding; a failure makes the checkpoint, and every delta on it, not good until a later pass.',
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
}
