import { columnTypes, type Migration } from './dialect.ts'

/** Restores, begun and ended: a projection. */
export const restore: Migration = {
  name: '0016-restore',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table restore (
        namespace text not null,
        restore text not null,
        checkpoint text not null,
        job text not null,
        partition text not null,
        opened_index ${integer} not null,
        opened_at text not null,
        actor text not null,
        ownership text not null,
        run text,
        closed_index ${integer},
        closed_at text,
        outcome text,
        bytes ${integer},
        duration_ms ${integer},
        facts text,
        primary key (namespace, restore)
      )${clustered}`,
      'create index restore_by_index on restore (namespace, opened_index)',
      'create index restore_by_job on restore (namespace, job, opened_index)',
      'create index restore_by_checkpoint on restore (namespace, checkpoint)',
    ]
  },
}
