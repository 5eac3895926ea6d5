import type { BucketFindings } from '../../schema/bucket.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

/** The newest probe of a bucket, in a namespace. */
export interface NewestProbe extends Pick<Row<'bucket_probe'>, 'actor' | 'at'> {
  readonly index: LogIndex
  readonly findings: BucketFindings
}

const newest = statement<{ namespace: NamespaceName; asOf: LogIndex }, Row<'bucket_probe'>>(
  (db, param) =>
    db
      .selectFrom('bucket_probe as p')
      .selectAll()
      .where('p.namespace', '=', param('namespace'))
      .where((eb) =>
        eb(
          'p.log_index',
          '=',
          eb
            .selectFrom('bucket_probe as newer')
            .select((probe) => probe.fn.max('newer.log_index').as('newest'))
            .whereRef('newer.namespace', '=', 'p.namespace')
            .whereRef('newer.bucket', '=', 'p.bucket')
            .where('newer.log_index', '<=', param('asOf')),
        ),
      ),
  { isShared: true },
)

/** What the newest probes found as of an index (default: now), by the buckets' names in the configuration. */
export async function readProbes(
  db: Reader,
  namespace: NamespaceName,
  asOf = Number.MAX_SAFE_INTEGER as LogIndex,
): Promise<ReadonlyMap<string, NewestProbe>> {
  const rows = await newest(db, { namespace, asOf })
  return new Map(
    rows.map(({ bucket, findings, log_index: index, actor, at }) => [
      bucket,
      { findings: JSON.parse(findings) as BucketFindings, index, actor, at },
    ]),
  )
}
