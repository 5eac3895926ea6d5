import { columnTypes, type Migration } from './dialect.ts'

/** Which span of time each partition is about: a projection. */
export const partitionWindow: Migration = {
  name: '0015-partition-window',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table partition_window (
        namespace text not null,
        job text not null,
        partition text not null,
        log_index ${integer} not null,
        from_ms ${integer} not null,
        to_ms ${integer} not null,
        primary key (namespace, job, partition)
      )${clustered}`,
      'create index partition_window_by_time on partition_window (namespace, job, from_ms, partition)',
    ]
  },
}
