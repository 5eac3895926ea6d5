import { columnTypes, type Migration } from './dialect.ts'

/** Retention runs: a projection. What they decided follows from the log, and is stored nowhere. */
export const retentionRun: Migration = {
  name: '0008-retention-run',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table retention_run (
        namespace text not null,
        retention_run text not null,
        log_index ${integer} not null,
        job text,
        facts text not null,
        primary key (namespace, retention_run)
      )${clustered}`,
      'create index retention_run_by_index on retention_run (namespace, log_index)',
    ]
  },
}
