import { columnTypes, type Migration } from './dialect.ts'

/** What classes of jobs need, each time it was set: a projection. */
export const policy: Migration = {
  name: '0006-policy',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table policy (
        namespace text not null,
        policy text not null,
        log_index ${integer} not null,
        at text not null,
        spec text not null,
        primary key (namespace, policy, log_index)
      )${clustered}`,
    ]
  },
}
