import { columnTypes, type Migration } from './dialect.ts'

/** Checkpoints that several workers assemble: a projection, and the working state of those that are open. */
export const reservation: Migration = {
  name: '0013-reservation',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table reservation (
        namespace text not null,
        reservation text not null,
        opened_index ${integer} not null,
        opened_at text not null,
        opened_by text not null,
        job text not null,
        partition text not null,
        run text not null,
        attempt ${integer} not null,
        step ${integer} not null,
        kind text not null,
        tier text not null,
        world_size ${integer} not null,
        manifest text not null,
        ended_index ${integer},
        ended_at text,
        ended_by text,
        reason text,
        note text,
        checkpoint text,
        shard_count ${integer},
        blob_count ${integer},
        blob_bytes ${integer},
        primary key (namespace, reservation)
      )${clustered}`,
      'create index reservation_by_index on reservation (namespace, opened_index)',
      'create index reservation_by_slot on reservation (namespace, run, step, tier, opened_index)',
      // Few at any time, however many there were.
      'create index reservation_open on reservation (namespace, reservation) where ended_index is null',
      // Working state: gone when its reservation has ended.
      `create table reservation_lease (
        namespace text not null,
        reservation text not null,
        lease_ms ${integer} not null,
        until_ms ${integer} not null,
        limit_ms ${integer} not null,
        manifest text not null,
        shard_count ${integer} not null,
        shard_bytes ${integer} not null,
        blob_count ${integer} not null,
        blob_bytes ${integer} not null,
        primary key (namespace, reservation)
      )${clustered}`,
      // Working state: what an abandoned reservation leaves behind stays, to be found.
      `create table reservation_shard (
        namespace text not null,
        reservation text not null,
        rank ${integer} not null,
        digest text not null,
        shard text not null,
        primary key (namespace, reservation, rank)
      )${clustered}`,
      ...(dialect === 'postgres' ? [] : statistics),
    ]
  },
}

/** As in `0003-statistics`: the shape of many reservations, told to SQLite's planner. */
const statistics: readonly string[] = [
  ...[
    ['reservation_by_index', '100000 100000 1'],
    ['reservation_by_slot', '100000 100000 100 1 1 1'],
    ['reservation', '100000 100000 1'],
    ['reservation_open', '10 10 1'],
  ].map(
    ([index, shape]) =>
      `insert into sqlite_stat1 (tbl, idx, stat) values ('reservation', '${index}', '${shape}')`,
  ),
  'create table statistics_loaded (done integer) strict',
  'drop table statistics_loaded',
]
