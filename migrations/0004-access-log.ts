import { columnTypes, type Migration } from './dialect.ts'

/** Who asked what, one row a batch, each bound to the one before it; insert-only like the log. */
export const accessLog: Migration = {
  name: '0004-access-log',
  statements: (dialect) => {
    const { integer, bytes, clustered } = columnTypes[dialect]
    const length = dialect === 'sqlite' ? 'length' : 'octet_length'
    return [
      `create table access_log (
        namespace text not null,
        sequence ${integer} not null check (sequence >= 0),
        previous ${bytes} not null check (${length}(previous) = 32),
        hash ${bytes} not null check (${length}(hash) = 32),
        body ${bytes} not null check (${length}(body) between 1 and 8388608),
        primary key (namespace, sequence)
      )${clustered}`,
      ...(dialect === 'sqlite' ? sqliteGuards : postgresGuards),
    ]
  },
}

const sqliteGuards = [
  ...(['update', 'delete'] as const).map(
    (event) => `create trigger access_log_no_${event} before ${event} on access_log
      begin select raise(abort, 'access_log is insert-only'); end`,
  ),
  `create trigger access_log_gapless before insert on access_log
    when new.sequence is not
      (select coalesce(max(sequence) + 1, 0) from access_log where namespace = new.namespace)
    begin select raise(abort, 'access_log has no gaps and no second version'); end`,
]

const postgresGuards = [
  `create trigger access_log_no_change before update or delete on access_log
    for each row execute function refuse_change()`,
  `create trigger access_log_no_truncate before truncate on access_log
    for each statement execute function refuse_change()`,
  'alter table access_log enable always trigger access_log_no_change',
  'alter table access_log enable always trigger access_log_no_truncate',
  `alter table access_log add column previous_sequence bigint
    generated always as (case when sequence = 0 then null else sequence - 1 end) stored`,
  `alter table access_log add constraint access_log_gapless
    foreign key (namespace, previous_sequence) references access_log (namespace, sequence)`,
  `alter table access_log add constraint access_log_hash check (hash = sha256(previous || body))`,
]
