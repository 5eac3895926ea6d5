import type { PageIterator } from '../page.ts'
import { optional, refusal, toggle } from './flag.ts'
import { readCount } from './flag-values.ts'
import type { Report } from './session.ts'
import type { Screen } from './screen.ts'
import { drawTable, type Column } from './table.ts'

/** Items of a list when none are asked for: what a person reads. */
const LIMIT_DEFAULT_COUNT = 50
/** Most items of one list: they are kept in memory, some hundred bytes each. */
const LIMIT_MAX_COUNT = 100_000
/** Most items of one page of the catalog. */
const PAGE_MAX_COUNT = 500

const limitWords = {
  usage: '--limit <count>',
  summary: `most items, at most ${LIMIT_MAX_COUNT}; default ${LIMIT_DEFAULT_COUNT}`,
}

/** The flags of every list. */
export const listing = {
  limit: optional(limitWords, readCount(1, LIMIT_MAX_COUNT)),
  all: toggle('--all', `all items, as far as ${LIMIT_MAX_COUNT}`),
}

/** The flag of what can be asked as of a past moment. */
export const asOf = optional(
  { usage: '--as-of <index>', summary: 'what was true when the log ended with this entry' },
  readCount(0, Number.MAX_SAFE_INTEGER),
)

/** How much of a list is wanted. */
export interface Extent {
  readonly limit: number | undefined
  readonly all: boolean
}

/** How a list is shown. */
export interface ListWords<Item> {
  readonly columns: readonly Column<Item>[]
  /** What is said when there is nothing, such as `No runs.` */
  readonly none: string
}

/** A list as it is reported. */
export interface ListReport<Item> extends Report {
  readonly document: { readonly items: readonly Item[]; readonly more: boolean }
}

/**
 * Reads a list as far as it is wanted and reports it as `{ items, more }`.
 *
 * @param open Begins the list with pages of so many items.
 */
export async function reportList<Item, Cursor>(
  extent: Extent,
  open: (pageCount: number) => PageIterator<Item, Cursor>,
  words: ListWords<Item>,
): Promise<ListReport<Item>> {
  const { items, more } = await readList(extent, open)
  return {
    document: { items, more },
    text: (screen) => drawList(screen, items, more, words),
  }
}

async function readList<Item, Cursor>(
  { limit, all }: Extent,
  open: (pageCount: number) => PageIterator<Item, Cursor>,
): Promise<{ readonly items: readonly Item[]; readonly more: boolean }> {
  if (all && limit !== undefined) throw refusal(limitWords, 'and --all contradict each other')
  const wanted = all ? LIMIT_MAX_COUNT : (limit ?? LIMIT_DEFAULT_COUNT)
  // One more than wanted tells whether there are more.
  const found = await open(Math.min(PAGE_MAX_COUNT, wanted + 1)).toArray({ limit: wanted + 1 })
  return { items: found.slice(0, wanted), more: found.length > wanted }
}

function drawList<Item>(
  screen: Screen,
  items: readonly Item[],
  more: boolean,
  { columns, none }: ListWords<Item>,
): string {
  if (items.length === 0) return screen.style('dim', none)
  const table = drawTable(screen, columns, items)
  if (!more) return table
  const rest = `The first ${items.length}; --limit and --all show more.`
  return `${table}\n${screen.style('dim', rest)}`
}
