import { Type } from 'typebox'
import { Caller, DriftAcknowledgement } from '../drift.ts'
import { Digest, JobName, Note, RestoreId, RunId } from '../names.ts'
import { asOfQuery, pageOf, pageQuery } from '../page.ts'
import { Ownership, Restore, RestoreEnd, restoreOutcome, RestoreReceipt } from '../restore.ts'
import {
  closed,
  DOCUMENT_BODY_MAX_BYTES,
  inNamespace,
  operation,
  prefix,
  SMALL_BODY_MAX_BYTES,
  writeQuery,
} from './operation.ts'

/** Restores: recoveries that were carried out, and what became of them. */
export const restoreOperations = {
  openRestore: operation({
    method: 'POST',
    path: `${prefix}/restores`,
    summary: 'Begin a restore of a checkpoint, and say whose its bytes are then',
    description:
      'Recorded before anything is fetched: retention keeps the checkpoint and its chain while the restore is under way, for up to 24 hours. A `claim` needs `run`.',
    tag: 'recovery',
    verb: 'append',
    reach: 'none',
    params: closed(inNamespace),
    query: writeQuery,
    body: closed(
      { checkpoint: Digest, ownership: Ownership, run: Type.Optional(RunId) },
      'OpenRestore',
    ),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: RestoreReceipt,
    answer: 'json',
    repeat: 'by-key',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND', 'RUN_NOT_FOUND'],
  }),
  closeRestore: operation({
    method: 'POST',
    path: `${prefix}/restores/{restore}/outcome`,
    summary: 'Report how a restore ended',
    description:
      'A success with checked bytes raises the grade of the checkpoint, and of all that it needs, to `restored`. A failure is evidence against the checkpoint of the chain that holds a blob which is lost in every one of its places: the bytes there are of another size or digest, or the version is missing and the catalog, which looks for itself, finds so too. What only the client missed demotes nothing, and plans warn of it; that a store could not be reached is no evidence. The same outcome again changes nothing.',
    tag: 'recovery',
    verb: 'append',
    reach: 'none',
    params: closed({ ...inNamespace, restore: RestoreId }),
    query: writeQuery,
    body: closed(restoreOutcome, 'CloseRestore'),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: RestoreEnd,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'RESTORE_NOT_FOUND', 'RESTORE_CLOSED'],
  }),
  acknowledgeDrift: operation({
    method: 'POST',
    path: `${prefix}/drift-acknowledgements`,
    summary: 'Acknowledge how what is run differs from what made a state',
    description:
      'Holds for exactly this difference, under the rules that are in force, and for every state of the job that differs so. Repeating it answers the first one.',
    tag: 'recovery',
    verb: 'append',
    reach: 'none',
    params: closed(inNamespace),
    query: writeQuery,
    body: closed({ checkpoint: Digest, caller: Caller, note: Note }, 'AcknowledgeDrift'),
    bodyMaxBytes: DOCUMENT_BODY_MAX_BYTES,
    response: DriftAcknowledgement,
    answer: 'json',
    repeat: 'safe',
    errors: [
      'NAMESPACE_NOT_FOUND',
      'CHECKPOINT_NOT_FOUND',
      'ENVIRONMENT_NOT_FOUND',
      'DRIFT_REFUSED',
    ],
  }),
  listRestores: operation({
    method: 'GET',
    path: `${prefix}/restores`,
    summary: 'List restores, newest first',
    description: 'Without a job, the principal needs `read` on the whole namespace.',
    tag: 'recovery',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: closed({ job: Type.Optional(JobName), ...pageQuery, ...asOfQuery }),
    response: pageOf(Restore, 'RestorePage'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'INVALID_CURSOR', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
}
