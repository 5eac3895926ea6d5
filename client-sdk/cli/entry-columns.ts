import type { EntryRecord, Json } from '../api.ts'
import type { Column } from './table.ts'

/** Members of an entry that have a column of their own, or say nothing to a person. */
const ownColumns = ['kind', 'v', 'at', 'actor', 'subject'] as const

/** Columns of a list of entries. */
export const entryColumns: readonly Column<EntryRecord>[] = [
  { title: 'INDEX', value: (row) => row.index, align: 'right' },
  { title: 'AT', value: (row) => textOf(row.entry['at']) },
  { title: 'KIND', value: (row) => textOf(row.entry['kind']), style: () => 'cyan' },
  { title: 'ACTOR', value: (row) => textOf(row.entry['actor']), minWidth: 8 },
  { title: 'SUBJECT', value: (row) => textOf(row.entry['subject']), minWidth: 20 },
  { title: 'FACTS', value: factsOf, minWidth: 16 },
]

function factsOf({ entry }: EntryRecord): string {
  return Object.entries(entry)
    .filter(([name]) => !ownColumns.some((own) => own === name))
    .map(([name, value]) => `${name}=${textOf(value)}`)
    .join(' ')
}

function textOf(value: Json | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
