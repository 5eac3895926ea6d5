import { columnTypes, type Migration } from './dialect.ts'

/** What bars the removal of bytes, and until when: a projection. */
export const hold: Migration = {
  name: '0007-hold',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table hold (
        namespace text not null,
        checkpoint text not null,
        placed_index ${integer} not null,
        name text not null,
        reason text not null,
        until text,
        actor text not null,
        at text not null,
        ended_index ${integer},
        primary key (namespace, checkpoint, placed_index)
      )${clustered}`,
      // Few at any time, however many there were.
      'create index hold_placed on hold (namespace, placed_index) where ended_index is null',
    ]
  },
}
