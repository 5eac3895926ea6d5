import { columnTypes, type Migration } from './dialect.ts'

/** What probes found out about buckets: a projection. */
export const bucketProbe: Migration = {
  name: '0012-bucket-probe',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table bucket_probe (
        namespace text not null,
        bucket text not null,
        log_index ${integer} not null,
        findings text not null,
        actor text not null,
        at text not null,
        primary key (namespace, bucket, log_index)
      )${clustered}`,
    ]
  },
}
