import { columnTypes, type Migration } from './dialect.ts'

/** The keys that each log said it is signed with: a projection. */
export const logKey: Migration = {
  name: '0005-log-key',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table log_key (
        namespace text not null,
        log_index ${integer} not null,
        at text not null,
        keys text not null,
        primary key (namespace, log_index)
      )${clustered}`,
    ]
  },
}
