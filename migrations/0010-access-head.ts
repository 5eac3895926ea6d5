import { columnTypes, type Migration } from './dialect.ts'

/** Where each access log ends, beside the size of the log: an end that was cut off shows. */
export const accessHead: Migration = {
  name: '0010-access-head',
  statements: (dialect) => {
    const { integer, bytes } = columnTypes[dialect]
    const none = dialect === 'sqlite' ? "x''" : "''"
    return [
      `alter table log_head add column access_count ${integer} not null default 0`,
      `alter table log_head add column access_hash ${bytes} not null default ${none}`,
      `update log_head set
        access_count = (
          select count(*) from access_log where access_log.namespace = log_head.namespace),
        access_hash = coalesce((
          select hash from access_log where access_log.namespace = log_head.namespace
          order by sequence desc limit 1), ${none})`,
    ]
  },
}
