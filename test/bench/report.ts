import { styleText } from 'node:util'
import type { Verdict } from './goals.ts'
import type { Line } from './lines.ts'
import type { Machine } from './machine.ts'

const headings = [
  'goal',
  'measure',
  'checkpoints',
  'value',
  'rounds',
  'against',
  'per second',
  'cpu µs',
  'p50 ms',
  'p99 ms',
  'floor',
  'v1',
  'stretch',
  'verdict',
] as const
/** Columns that are words. */
const leftColumns: ReadonlySet<string> = new Set(['goal', 'measure', 'against', 'verdict'])

const verdictWords: Readonly<Record<Verdict, string>> = {
  stretch: 'stretch met',
  target: 'v1 met',
  floor: 'v1 NOT met',
  broken: 'FLOOR BROKEN',
  invalid: 'invalid',
  '': '',
}
const verdictStyles: Readonly<Record<Verdict, Parameters<typeof styleText>[0]>> = {
  stretch: 'green',
  target: 'green',
  floor: 'yellow',
  broken: 'red',
  invalid: 'magenta',
  '': 'reset',
}

/** The table of all lines, as text. */
export function tableOf(lines: readonly Line[]): string {
  const rows = lines.map(cellsOf)
  const widths = headings.map((heading, place) =>
    Math.max(heading.length, ...rows.map((row) => (row[place] ?? '').length)),
  )
  const pad = (cells: readonly string[]): string[] =>
    cells.map((cell, place) => {
      const width = widths[place] ?? 0
      return leftColumns.has(headings[place] ?? '') ? cell.padEnd(width) : cell.padStart(width)
    })
  const body = rows.map((row, place) => {
    const padded = pad(row)
    const style = verdictStyles[lines[place]?.verdict ?? '']
    return [...padded.slice(0, -1), styleText(style, padded.at(-1) ?? '')].join('  ')
  })
  return [
    pad(headings).join('  '),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...body,
  ].join('\n')
}

function cellsOf(line: Line): readonly string[] {
  const { goal, figure } = line
  return [
    goal?.id ?? '',
    line.name,
    line.size,
    short(figure.middle),
    figure.low === figure.high ? '' : `${short(figure.low)}–${short(figure.high)}`,
    line.against,
    line.perSecond === undefined ? '' : Math.round(line.perSecond).toLocaleString('en'),
    line.serverMicros === undefined ? '' : line.serverMicros.toFixed(0),
    line.p50Ms === undefined ? '' : line.p50Ms.toFixed(2),
    line.p99Ms === undefined ? '' : line.p99Ms.toFixed(2),
    short(goal?.floor),
    short(goal?.target),
    short(goal?.stretch),
    verdictWords[line.verdict],
  ]
}

function short(value: number | undefined): string {
  if (value === undefined) return ''
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)
}

/** The lines above the table. */
export function headerOf(machine: Machine, database: string): string {
  const { cpuCount, cpu, memoryGiB, node, sqlite } = machine
  return [
    `Cairn bench, ${machine.date}: ${database}`,
    `${cpuCount} × ${cpu}, ${memoryGiB} GiB, Linux ${machine.kernel}; ${machine.cores}; load before ${machine.loadBefore.toFixed(2)}`,
    `Node ${node}, SQLite ${sqlite}; ${Object.entries(machine.packages)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
  ].join('\n')
}

/** How many goals were met, in one sentence. */
export function summaryOf(lines: readonly Line[]): string {
  const count = (...verdicts: readonly Verdict[]): number =>
    lines.filter(({ goal, verdict }) => goal !== undefined && verdicts.includes(verdict)).length
  return `v1 met ${count('stretch', 'target')} (stretch ${count('stretch')}), not met ${count('floor')}, below the floor ${count('broken')}, invalid ${count('invalid')}.`
}
