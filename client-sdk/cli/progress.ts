import { formatBytes, formatCount } from './quantity.ts'
import type { Session } from './session.ts'

/** What is counted, and how the line calls it. */
export interface ProgressWords {
  /** Before the numbers, such as `restoring`. */
  readonly label: string
  /** `bytes` are shown as sizes. */
  readonly unit: 'bytes' | 'entries'
}

/** How far the work has come. */
export interface ProgressState {
  readonly done: number
  /** Undefined when nobody knows. */
  readonly total?: number
  /** More to show, such as `3 of 12 blobs`. */
  readonly also?: string
}

/** A line about work under way. */
export interface Progress {
  show(state: ProgressState): void
  /** Leaves the last state standing on a terminal; nothing is shown after it. */
  end(): void
}

/** A bar moves ten times a second, which is as fast as an eye follows. */
const BAR_INTERVAL_MS = 100
/** A log of plain lines grows by twelve lines a minute. */
const LINE_INTERVAL_MS = 5_000
const BAR_MAX_WIDTH = 30
/** Before this much time has passed, a rate says more of the start than of the work. */
const RATE_MIN_MS = 1_000

/**
 * Opens a progress line on stderr: a bar that moves on a terminal, now and then a plain line elsewhere.
 *
 * With `--json` only a terminal sees it: what reads stderr then expects problems.
 */
export function openProgress(session: Session, words: ProgressWords): Progress {
  const { errors, json } = session
  const isTerminal = errors.isTTY === true
  if (json && !isTerminal) return { show: () => undefined, end: () => undefined }
  const startedMs = performance.now()
  const intervalMs = isTerminal ? BAR_INTERVAL_MS : LINE_INTERVAL_MS
  let shownMs = isTerminal ? Number.NEGATIVE_INFINITY : startedMs
  let last: ProgressState | undefined
  let hasBar = false
  const draw = (state: ProgressState) => {
    const nowMs = performance.now()
    shownMs = nowMs
    const line = describeProgress(words, state, nowMs - startedMs)
    if (isTerminal) {
      hasBar = true
      const { columns = 80 } = session.errorScreen
      errors.write(`\r\u001b[K${drawBar(state)}${line}`.slice(0, columns + 3))
    } else errors.write(`${line}\n`)
  }
  return {
    show: (state) => {
      last = state
      if (performance.now() - shownMs >= intervalMs) draw(state)
    },
    end: () => {
      if (!hasBar || last === undefined) return
      draw(last)
      errors.write('\n')
    },
  }
}

/** The numbers of a progress line, such as `restoring  42 %  1.26 GiB of 3.00 GiB  120 MiB/s`. */
export function describeProgress(
  { label, unit }: ProgressWords,
  { done, total, also }: ProgressState,
  elapsedMs: number,
): string {
  const format = (amount: number) =>
    unit === 'bytes' ? formatBytes(amount) : amount.toLocaleString('en-US')
  const perSecond = Math.round((done / elapsedMs) * 1000)
  const amounts =
    total !== undefined
      ? [`${percentOf(done, total)} %`, `${format(done)} of ${format(total)}`]
      : [unit === 'bytes' ? formatBytes(done) : formatCount(done, 'entry', 'entries')]
  return [
    label,
    ...amounts,
    ...(also === undefined ? [] : [also]),
    ...(elapsedMs >= RATE_MIN_MS && perSecond > 0 ? [`${format(perSecond)}/s`] : []),
  ].join('  ')
}

function drawBar({ done, total }: ProgressState): string {
  if (total === undefined) return ''
  const filled = Math.round((percentOf(done, total) / 100) * BAR_MAX_WIDTH)
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_MAX_WIDTH - filled)} `
}

function percentOf(done: number, total: number): number {
  return total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100))
}
