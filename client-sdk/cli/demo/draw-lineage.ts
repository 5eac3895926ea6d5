import type { Kind, Lineage } from '../../api.ts'
import type { Screen, Style } from '../screen.ts'
import type { JobStory } from './job-story.ts'

/** One attempt within the lineage of a final state. */
export interface TracedAttempt {
  readonly attempt: number
  /** Step of the checkpoint that it went on from; undefined for a fresh start. */
  readonly fromStep: number | undefined
  /** Its checkpoints that the final state came from, earliest first. */
  readonly checkpoints: readonly { readonly step: number; readonly kind: Kind }[]
  /** Undefined for the one that got to the end. */
  readonly killedAtStep: number | undefined
}

/** Characters from one checkpoint to the next. */
const PITCH = 2
const LABEL_WIDTH = 11
/** Checkpoints from one number on the scale to the next. */
const SCALE_EVERY = 10

/** A mark on a row; undefined where nothing has been drawn. */
type Cell = string | undefined

const marks: Readonly<Record<string, Style | undefined>> = {
  '◆': 'bold',
  '●': 'green',
  '✗': 'red',
  '╰': 'yellow',
  '├': 'yellow',
  '│': 'yellow',
}

/** Takes the attempts of a job from what the catalog knows of its final state's ancestors. */
export function traceAttempts(
  lineage: Pick<Lineage, 'nodes' | 'edges'>,
  story: Pick<JobStory, 'attempts' | 'crashes'>,
): readonly TracedAttempt[] {
  const nodes = lineage.nodes.map(({ checkpoint }) => checkpoint)
  const stepOf = new Map(nodes.map(({ checkpoint, step }) => [checkpoint, step]))
  return story.attempts.map(({ attempt, run, from }) => {
    const own = nodes.filter((node) => node.run === run).sort((one, other) => one.step - other.step)
    const [first] = own
    const restored = lineage.edges.find(
      ({ child, relation }) => child === first?.checkpoint && relation === 'restored-from',
    )
    return {
      attempt,
      // An attempt that was killed before its first checkpoint left nothing that lineage could know.
      fromStep: first === undefined ? from?.step : restored && stepOf.get(restored.parent),
      checkpoints: own.map(({ step, kind }) => ({ step, kind })),
      killedAtStep: story.crashes.find((crash) => crash.attempt === attempt)?.atStep,
    }
  })
}

/** Attempts one below the other on a scale of steps; each hangs on the checkpoint that it went on from. */
export function drawAttempts(
  screen: Screen,
  attempts: readonly TracedAttempt[],
  everySteps: number,
): readonly string[] {
  const columnOf = (step: number) => PITCH * Math.ceil(step / everySteps)
  const rows = attempts.map((attempt, place) =>
    drawAttempt(attempt, columnOf, place === attempts.length - 1),
  )
  hang(
    rows,
    attempts.map(({ fromStep }) => (fromStep === undefined ? undefined : columnOf(fromStep))),
  )
  const label = (text: string) => screen.style('dim', text.padEnd(LABEL_WIDTH))
  const width = Math.max(0, ...rows.map((row) => row.length))
  return [
    `${label('step')}${screen.style('dim', drawScale(width, everySteps))}`,
    ...rows.map((row, place) => {
      const text = Array.from(row, (cell) => {
        const mark = cell ?? ' '
        const style = marks[mark]
        return style === undefined ? mark : screen.style(style, mark)
      })
      return `${label(`attempt ${attempts[place]?.attempt ?? place + 1}`)}${text.join('')}`
    }),
  ]
}

function drawAttempt(
  { checkpoints, fromStep, killedAtStep }: TracedAttempt,
  columnOf: (step: number) => number,
  isLast: boolean,
): Cell[] {
  const row: Cell[] = []
  let at = fromStep === undefined ? 0 : columnOf(fromStep) + 1
  for (const [order, { step, kind }] of checkpoints.entries()) {
    const column = columnOf(step)
    for (; at < column; at += 1) row[at] = '─'
    const isFinal = isLast && order === checkpoints.length - 1
    row[column] = isFinal ? '●' : kind === 'full' ? '◆' : '○'
    at = column + 1
  }
  if (killedAtStep !== undefined) row[Math.max(at, columnOf(killedAtStep) - 1)] = '✗'
  return row
}

/** Ties each row to the one that has the checkpoint it began from, past rows that have nothing there. */
function hang(rows: readonly Cell[][], columns: readonly (number | undefined)[]): void {
  for (const [place, column] of columns.entries()) {
    const row = rows[place]
    if (column === undefined || row === undefined) continue
    row[column] = '╰'
    for (let above = place - 1; above >= 0; above -= 1) {
      const other = rows[above]
      if (other === undefined) break
      if (other[column] === '╰') other[column] = '├'
      if (other[column] !== undefined) break
      other[column] = '│'
    }
  }
}

function drawScale(width: number, everySteps: number): string {
  let text = ''
  for (let ordinal = 0; ordinal * PITCH < width; ordinal += SCALE_EVERY) {
    text = text.padEnd(ordinal * PITCH) + (ordinal * everySteps).toLocaleString('en-US')
  }
  return text
}
