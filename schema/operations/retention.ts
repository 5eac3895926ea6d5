import { Type } from 'typebox'
import { TombstoneReason, TombstoneReceipt } from '../checkpoint.ts'
import { Digest, Note } from '../names.ts'
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
}
