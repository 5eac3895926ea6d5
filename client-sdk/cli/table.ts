import { plainText } from './plain-text.ts'
import type { Screen, Style } from './screen.ts'

/** One column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string | number | undefined
  readonly align?: 'left' | 'right'
  /** Fewest characters to which it may be cut when the terminal is too narrow; without it, never cut. */
  readonly minWidth?: number
  /** Moves to a line of its own below the row when the table is too wide: an id that was cut is none. */
  readonly ownLine?: true
  readonly style?: (row: Row) => Style | undefined
}

const GAP = '  '
const INDENT = '    '
const ABSENT = '-'

const PRINTABLE_ASCII = /^[ -~]*$/
const characters = new Intl.Segmenter()

/** Rows in aligned columns under their titles; on a screen that is too narrow, what may be cut is cut. */
export function drawTable<Row>(
  screen: Screen,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string {
  const beside = columns.filter((column) => column.ownLine !== true)
  if (beside.length === columns.length || fits(screen, columns, rows)) {
    return drawLines(screen, columns, rows).join('\n')
  }
  const below = columns.filter((column) => column.ownLine === true)
  const [head = '', ...lines] = drawLines(screen, beside, rows)
  const ids = rows.map((row) => below.map((column) => INDENT + cellText(column.value(row))))
  return [head, ...lines.flatMap((line, place) => [line, ...(ids[place] ?? [])])].join('\n')
}

function fits<Row>(screen: Screen, columns: readonly Column<Row>[], rows: readonly Row[]): boolean {
  const widths = wantedWidths(columns, cellsOf(columns, rows))
  return screen.columns === undefined || totalOf(widths) <= screen.columns
}

function drawLines<Row>(
  screen: Screen,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): readonly string[] {
  const cells = cellsOf(columns, rows)
  const widths = fitWidths(
    wantedWidths(columns, cells),
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
  return [head, ...body]
}

function cellsOf<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): readonly (readonly string[])[] {
  return rows.map((row) => columns.map((column) => cellText(column.value(row))))
}

function wantedWidths<Row>(
  columns: readonly Column<Row>[],
  cells: readonly (readonly string[])[],
): readonly number[] {
  return columns.map((column, place) =>
    cells.reduce((width, line) => Math.max(width, widthOf(line[place] ?? '')), column.title.length),
  )
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1))
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
  if (available === undefined) return widths
  // The widest first, one character at a time: at most as many rounds as the table has characters.
  for (let excess = totalOf(widths) - available; excess > 0; excess -= 1) {
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
