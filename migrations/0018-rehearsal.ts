import { columnTypes, type Migration } from './dialect.ts'

/** What was restored in drills, by job and outcome, newest last: a projection. */
export const rehearsal: Migration = {
  name: '0018-rehearsal',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table rehearsal (
        namespace text not null,
        job text not null,
        outcome text not null,
        log_index ${integer} not null,
        drill text not null,
        checkpoint text not null,
        at text not null,
        primary key (namespace, job, outcome, log_index)
      )${clustered}`,
    ]
  },
}
