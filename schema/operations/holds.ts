import { Type } from 'typebox'
import { Hold, HoldLifted, HoldReason, HoldReceipt } from '../hold.ts'
import { Digest, HoldName, Timestamp } from '../names.ts'
import { asOfQuery, pageOf, pageQuery } from '../page.ts'
import {
  closed,
  inNamespace,
  operation,
  prefix,
  SMALL_BODY_MAX_BYTES,
  writeQuery,
} from './operation.ts'

const inHold = closed({ ...inNamespace, digest: Digest, hold: HoldName })

/** Holds: what bars the removal of bytes. */
export const holdOperations = {
  placeHold: operation({
    method: 'PUT',
    path: `${prefix}/checkpoints/{digest}/holds/{hold}`,
    summary: 'Place a hold on a checkpoint',
    description:
      'While it lasts, neither a retention run nor a sweep takes the checkpoint or what its chain needs. The same again changes nothing; another reason or end replaces it.',
    tag: 'retention',
    verb: 'retire',
    reach: 'none',
    params: inHold,
    query: writeQuery,
    body: closed({ reason: HoldReason, until: Type.Optional(Timestamp) }, 'PlaceHold'),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: HoldReceipt,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND', 'BLOBS_SWEPT'],
  }),
  liftHold: operation({
    method: 'DELETE',
    path: `${prefix}/checkpoints/{digest}/holds/{hold}`,
    summary: 'Lift a hold',
    description: 'Lifting it again answers the same.',
    tag: 'retention',
    verb: 'retire',
    reach: 'none',
    params: inHold,
    query: writeQuery,
    response: HoldLifted,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND', 'HOLD_NOT_FOUND'],
  }),
  listHolds: operation({
    method: 'GET',
    path: `${prefix}/checkpoints/{digest}/holds`,
    summary: 'List the holds on a checkpoint, oldest first',
    description: 'Those that were not lifted; one whose `until` has passed bars nothing any more.',
    tag: 'retention',
    verb: 'read',
    reach: 'none',
    params: closed({ ...inNamespace, digest: Digest }),
    query: closed({ ...pageQuery, ...asOfQuery }),
    response: pageOf(Hold, 'HoldPage'),
    answer: 'json',
    repeat: 'safe',
    errors: [
      'NAMESPACE_NOT_FOUND',
      'CHECKPOINT_NOT_FOUND',
      'INVALID_CURSOR',
      'LOG_INDEX_OUT_OF_RANGE',
    ],
  }),
}
