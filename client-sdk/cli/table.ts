import { plainText } from './plain-text.ts'
import type { Screen, Style } from './screen.ts'

/** One column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string | number | undefined
  readonly align?: 'left' | 'right'
  /** Fewest characters to which it may be cut when the terminal is too narrow; without it, never cut. */
  readonly minWidth?: number
  readonly style?: (row: Row) => Style | undefined
}

const GAP = '  '
const ABSENT = '-'

const PRINTABLE_ASCII = /^[ -~]*$/
const characters = new Intl.Segmenter()

/** Rows in aligned columns under their titles; columns that may be cut are, until the table fits the screen. */
export function drawTable<Row>(
  screen: Screen,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string {
  const cells = rows.map((row) => columns.map((column) => cellText(column.value(row))))
  const widths = fitWidths(
    columns.map((column, place) =>
      Math.max(column.title.length, ...cells.map((line) => widthOf(line[place] ?? ''))),
    ),
    columns.map((column) => column.minWidth),
    screen.columns,
  )
  const drawLine = (texts: readonly string[], styleOf: (place: number) => Style | undefined) =>
    columns
      .map((column, place) => {
        const text = pad(texts[place] ?? '', widths[place] ?? 0, column.align ?? 'left')
        const style = styleOf(place)
        return style === undefined ? text : screen.style(style, text)
      })
      .join(GAP)
      .trimEnd()
  const head = drawLine(
    columns.map((column) => column.title),
    () => 'bold',
  )
  const body = rows.map((row, index) =>
    drawLine(cells[index] ?? [], (place) => columns[place]?.style?.(row)),
  )
  return [head, ...body].join('\n')
}

/** Labels and what they stand for, one a line; those without a value are left out. */
export function drawFacts(
  screen: Screen,
  facts: readonly (readonly [label: string, value: string | number | undefined])[],
): string {
  const known = facts.filter(([, value]) => value !== undefined && value !== '')
  const width = Math.max(0, ...known.map(([label]) => label.length))
  return known
    .map(([label, value]) => `${screen.style('dim', label.padEnd(width))}  ${cellText(value)}`)
    .join('\n')
}

/** Cuts a text to a width in characters, with `…` for what is lost. */
export function cut(text: string, width: number): string {
  return widthOf(text) <= width
    ? text
    : `${charactersOf(text)
        .slice(0, width - 1)
        .join('')}…`
}

/** The width of a text in characters as people count them. */
export function widthOf(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : charactersOf(text).length
}

function charactersOf(text: string): readonly string[] {
  return Array.from(characters.segment(text), (found) => found.segment)
}

function fitWidths(
  wanted: readonly number[],
  minimums: readonly (number | undefined)[],
  available: number | undefined,
): readonly number[] {
  const widths = [...wanted]
  const total = () => widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1))
  if (available === undefined) return widths
  // The widest first, one character at a time: at most as many rounds as the table has characters.
  for (let excess = total() - available; excess > 0; excess -= 1) {
    let widest: number | undefined
    widths.forEach((width, place) => {
      if (width <= (minimums[place] ?? width)) return
      if (widest === undefined || width > (widths[widest] ?? 0)) widest = place
    })
    if (widest === undefined) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

function cellText(value: string | number | undefined): string {
  if (value === undefined || value === '') return ABSENT
  return plainText(String(value))
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const shown = cut(text, width)
  const space = ' '.repeat(Math.max(0, width - widthOf(shown)))
  return align === 'left' ? shown + space : space + shown
}

/** Labels in one cell, such as `team=fares, tier=gold`; undefined when there are none. */
export function labelsText(
  labels: Readonly<Record<string, string>> | undefined,
): string | undefined {
  const pairs = Object.entries(labels ?? {})
  return pairs.length === 0
    ? undefined
    : pairs.map(([name, value]) => `${name}=${value}`).join(', ')
}
