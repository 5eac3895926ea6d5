import { columnTypes, type Dialect, type Migration } from './dialect.ts'

const insertOnly = ['entry', 'document', 'tile', 'tree_head'] as const

/** The log: insert-only entries, documents, tiles and tree heads, and the row that appenders lock. */
export const log: Migration = {
  name: '0001-log',
  statements: (dialect) => [...createTables(dialect), ...guards[dialect]()],
}

function createTables(dialect: Dialect): readonly string[] {
  const { integer, bytes, strict, clustered } = columnTypes[dialect]
  const length = dialect === 'sqlite' ? 'length' : 'octet_length'
  return [
    `create table entry (
      namespace text not null,
      log_index ${integer} not null check (log_index >= 0),
      bytes ${bytes} not null check (${length}(bytes) between 1 and 65535),
      leaf_hash ${bytes} not null check (${length}(leaf_hash) = 32),
      primary key (namespace, log_index)
    )${clustered}`,
    // Under the index of the entry that names it by digest: a key of digests would dirty a page at a random
    // place for every document. Not clustered: large rows pack badly in an index.
    `create table document (
      namespace text not null,
      log_index ${integer} not null,
      bytes ${bytes} not null check (${length}(bytes) between 1 and 8388608)
    )${strict}`,
    'create unique index document_by_entry on document (namespace, log_index)',
    `create table tile (
      namespace text not null,
      level ${integer} not null check (level between 0 and 63),
      tile_index ${integer} not null check (tile_index >= 0),
      hashes ${bytes} not null check (${length}(hashes) = 8192),
      root ${bytes} not null check (${length}(root) = 32),
      primary key (namespace, level, tile_index)
    )${clustered}`,
    `create table tree_head (
      namespace text not null,
      size ${integer} not null check (size > 0),
      root ${bytes} not null check (${length}(root) = 32),
      at_ms ${integer} not null,
      primary key (namespace, size)
    )${clustered}`,
    `create table log_head (
      namespace text not null primary key,
      size ${integer} not null check (size >= 0),
      compact_range ${bytes} not null
    )${clustered}${dialect === 'postgres' ? ' with (fillfactor = 50)' : ''}`,
    `create table idempotency (
      principal text not null,
      key text not null,
      request_digest text not null,
      result text not null,
      at_ms ${integer} not null,
      primary key (principal, key)
    )${clustered}`,
    'create index idempotency_by_age on idempotency (at_ms)',
  ]
}

const guards: Readonly<Record<Dialect, () => readonly string[]>> = {
  // SQLite has no roles: these stop accidents, and proofs find the rest. `INSERT OR REPLACE` fires the
  // delete trigger only with recursive_triggers on, so an insert trigger refuses existing keys as well.
  sqlite: () => [
    ...insertOnly.flatMap((table) =>
      (['update', 'delete'] as const).map(
        (event) => `create trigger ${table}_no_${event} before ${event} on ${table}
          begin select raise(abort, '${table} is insert-only'); end`,
      ),
    ),
    `create trigger entry_gapless before insert on entry
      when new.log_index is not
        (select coalesce(max(log_index) + 1, 0) from entry where namespace = new.namespace)
      begin select raise(abort, 'entry has no gaps and no second version'); end`,
    `create trigger document_once before insert on document
      when exists (select 1 from document where namespace = new.namespace
        and log_index = new.log_index)
      begin select raise(abort, 'document is insert-only'); end`,
    `create trigger tile_once before insert on tile
      when exists (select 1 from tile where namespace = new.namespace and level = new.level
        and tile_index = new.tile_index)
      begin select raise(abort, 'tile is insert-only'); end`,
    `create trigger tree_head_grows before insert on tree_head
      when new.size <= (select coalesce(max(size), 0) from tree_head where namespace = new.namespace)
      begin select raise(abort, 'tree_head only grows'); end`,
  ],
  // ENABLE ALWAYS: an ordinary trigger is bypassed by session_replication_role = replica.
  postgres: () => [
    `create function refuse_change() returns trigger language plpgsql as $$
      begin raise exception '% is insert-only', tg_table_name using errcode = '23000'; end $$`,
    ...insertOnly.flatMap((table) => [
      `create trigger ${table}_no_change before update or delete on ${table}
        for each row execute function refuse_change()`,
      `create trigger ${table}_no_truncate before truncate on ${table}
        for each statement execute function refuse_change()`,
      `alter table ${table} enable always trigger ${table}_no_change`,
      `alter table ${table} enable always trigger ${table}_no_truncate`,
    ]),
    // A gap is a foreign-key violation: every entry but the first points at the one before it.
    `alter table entry add column previous_index bigint
      generated always as (case when log_index = 0 then null else log_index - 1 end) stored`,
    `alter table entry add constraint entry_gapless
      foreign key (namespace, previous_index) references entry (namespace, log_index)`,
    `alter table entry add constraint entry_leaf_hash
      check (leaf_hash = sha256('\\x00'::bytea || bytes))`,
  ],
}
