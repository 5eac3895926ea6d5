import { columnTypes, type Migration } from './dialect.ts'

/** Which object versions were, or are about to be, removed for which withdrawn checkpoint: a projection. */
export const sweep: Migration = {
  name: '0009-sweep',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table sweep (
        namespace text not null,
        checkpoint text not null,
        object text not null,
        uri text not null,
        version_id text not null,
        intent_index ${integer} not null,
        outcome text,
        outcome_index ${integer},
        primary key (namespace, checkpoint, object)
      )${clustered}`,
      // A registration asks whether what it points at is going or gone, in whichever namespace.
      'create index sweep_by_object on sweep (object, intent_index)',
      `alter table tombstone add column sweep_index ${integer}`,
      `alter table tombstone add column swept_index ${integer}`,
      'create index tombstone_to_sweep on tombstone (namespace, log_index) where swept_index is null',
    ]
  },
}
