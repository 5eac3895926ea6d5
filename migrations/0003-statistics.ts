import type { Migration } from './dialect.ts'

/** Rows of each index, and how many share its first column, its first two, and so on. */
const shapes: readonly (readonly [table: string, index: string, shape: string])[] = [
  ['run', 'run_by_attempt', '100000 100000 50 5 1'],
  ['run', 'run_by_index', '100000 100000 1'],
  ['run', 'run', '100000 100000 1'],
  ['checkpoint', 'checkpoint_by_digest', '1000000 1 1'],
  ['checkpoint', 'checkpoint_by_slot', '1000000 1000000 100 1 1'],
  ['checkpoint', 'checkpoint_by_index', '1000000 1000000 1'],
  ['checkpoint', 'checkpoint_by_job', '1000000 1000000 1000 1'],
  ['checkpoint', 'checkpoint_by_base', '500000 1 1'],
]

/**
 * The shape of a large catalog, told to SQLite's planner: without statistics it takes the shortest index that
 * begins with the namespace and reads all of it. Fixed, so that plans never change with the data. PostgreSQL
 * keeps statistics of its own.
 */
export const statistics: Migration = {
  name: '0003-statistics',
  statements: (dialect) =>
    dialect === 'postgres'
      ? []
      : [
          'analyze sqlite_schema',
          ...shapes.map(
            ([table, index, shape]) =>
              `insert into sqlite_stat1 (tbl, idx, stat) values ('${table}', '${index}', '${shape}')`,
          ),
          // Handles that are open read statistics again only when the schema changes.
          'create table statistics_loaded (done integer) strict',
          'drop table statistics_loaded',
        ],
}
