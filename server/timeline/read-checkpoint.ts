import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal, type Verb } from '../../schema/grant.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { newestIndex } from '../log/read-entries.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

const byDigest = statement<
  { namespace: NamespaceName; digest: Digest; asOf: LogIndex },
  Row<'checkpoint'>
>((db, param) =>
  db
    .selectFrom('checkpoint')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('digest', '=', param('digest'))
    .where('log_index', '<=', param('asOf')),
)

/** Which checkpoint, for whom, and as of when (default: now). */
export interface CheckpointQuestion {
  readonly namespace: NamespaceName
  readonly digest: Digest
  readonly asOf?: LogIndex | undefined
}

/**
 * A checkpoint's row, when the principal may do this to its job.
 *
 * @throws {NAMESPACE_NOT_FOUND}
 * @throws {CHECKPOINT_NOT_FOUND}
 * @throws {FORBIDDEN}
 */
export async function readCheckpoint(
  db: Reader,
  asker: { readonly principal: Principal; readonly verb: Verb },
  question: CheckpointQuestion,
): Promise<Row<'checkpoint'>> {
  const asOf = question.asOf ?? (Number.MAX_SAFE_INTEGER as LogIndex)
  const [row] = await byDigest(db, { ...question, asOf })
  if (row === undefined) {
    await newestIndex(db, question.namespace)
    throw unknownCheckpoint(question)
  }
  requireOnJob(asker.principal, asker.verb, row)
  return row
}

/** The refusal for a digest that the namespace does not have. */
export function unknownCheckpoint(question: {
  readonly namespace: string
  readonly digest: string
}): CatalogError {
  return new CatalogError(
    'CHECKPOINT_NOT_FOUND',
    `${question.namespace} has no checkpoint ${question.digest}: check the digest, the namespace and asOf.`,
  )
}
