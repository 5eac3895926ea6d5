import { CatalogError } from '../../schema/errors.ts'
import type { JobName, LogIndex, NamespaceName, PolicyName } from '../../schema/names.ts'
import type { JobSpec } from '../../schema/namespace.ts'
import type { Policy, PolicySpec } from '../../schema/policy.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

/** Which policy, as of when. */
export interface PolicyQuestion {
  readonly namespace: NamespaceName
  readonly policy: PolicyName
  readonly asOf: LogIndex
}

const newestOf = statement<PolicyQuestion, Row<'policy'>>((db, param) =>
  db
    .selectFrom('policy')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('policy', '=', param('policy'))
    .where('log_index', '<=', param('asOf'))
    .orderBy('log_index', 'desc')
    .limit(1),
)

const specOfJob = statement<
  { namespace: NamespaceName; job: JobName; asOf: LogIndex },
  Pick<Row<'job'>, 'spec'>
>((db, param) =>
  db
    .selectFrom('job')
    .select('spec')
    .where('namespace', '=', param('namespace'))
    .where('job', '=', param('job'))
    .where('log_index', '<=', param('asOf'))
    .orderBy('log_index', 'desc')
    .limit(1),
)

/** A policy as set at an index; undefined where there was none of the name. */
export async function readPolicy(
  db: Reader,
  question: PolicyQuestion,
): Promise<Policy | undefined> {
  const [row] = await newestOf(db, question)
  return row === undefined ? undefined : policyOf(row)
}

/** The policy of the name that a job's declaration gives, as of an index; undefined where it gives none. */
export async function readJobPolicy(
  db: Reader,
  question: { readonly namespace: NamespaceName; readonly job: JobName; readonly asOf: LogIndex },
): Promise<Policy | undefined> {
  const [row] = await specOfJob(db, question)
  if (row === undefined) return undefined
  const { policy } = JSON.parse(row.spec) as JobSpec
  return policy === undefined ? undefined : readPolicy(db, { ...question, policy })
}

/** A policy's row as callers see it. */
export function policyOf(row: Row<'policy'>): Policy {
  const { namespace, policy, log_index: index, at } = row
  return { namespace, policy, spec: JSON.parse(row.spec) as PolicySpec, index, at }
}

/** The refusal of a name that no policy of the namespace has. */
export function unknownPolicy({
  namespace,
  policy,
}: Pick<PolicyQuestion, 'namespace' | 'policy'>): CatalogError {
  return new CatalogError(
    'POLICY_NOT_FOUND',
    `${namespace} has no policy "${policy}": check the name, or set it with PUT /policies/${policy}.`,
  )
}
