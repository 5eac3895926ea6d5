import { columnTypes, type Migration } from './dialect.ts'

/** Published versions of formats: a projection. */
export const format: Migration = {
  name: '0014-format',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table format_version (
        namespace text not null,
        format text not null,
        version text not null,
        log_index ${integer} not null,
        at text not null,
        schema_digest text not null,
        facts text not null,
        primary key (namespace, format, version)
      )${clustered}`,
      'create index format_by_index on format_version (namespace, format, log_index)',
    ]
  },
}
