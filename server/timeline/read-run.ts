import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal, type Verb } from '../../schema/grant.ts'
import type { LogIndex, NamespaceName, RunId } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'

/** Which run, as of when. */
export interface RunQuestion {
  readonly namespace: NamespaceName
  readonly run: RunId
  readonly asOf: LogIndex
}

/**
 * A run's row, when the principal may do this to its job.
 *
 * @throws {RUN_NOT_FOUND | FORBIDDEN}
 */
export async function readRun(
  db: Reader,
  asker: { readonly principal: Principal; readonly verb: Verb },
  { namespace, run, asOf }: RunQuestion,
): Promise<Row<'run'>> {
  const row = await db
    .selectFrom('run')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('run', '=', run)
    .where('opened_index', '<=', asOf)
    .executeTakeFirst()
  if (row === undefined) {
    throw new CatalogError(
      'RUN_NOT_FOUND',
      `${namespace} has no run "${run}": check the id, the namespace and asOf.`,
    )
  }
  requireOnJob(asker.principal, asker.verb, row)
  return row
}
