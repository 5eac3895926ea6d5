import type { Screen, Style } from '../screen.ts'
import { cut } from '../table.ts'
import type { PartitionStanding } from './job-record.ts'

/** Characters of a bar, and of what stands around it on a line. */
const BAR_WIDTH = { min: 8, max: 30 } as const
const AROUND_WIDTH = 40

const looks: Readonly<Record<PartitionStanding['state'], readonly [Style, string]>> = {
  starting: ['dim', 'starts'],
  waiting: ['yellow', 'waits for the catalog'],
  training: ['cyan', ''],
  killed: ['red', 'killed'],
  finished: ['green', 'done'],
}

/** A line with a bar for each partition. */
export function drawStanding(
  screen: Screen,
  standing: readonly PartitionStanding[],
): readonly string[] {
  const columns = screen.columns ?? 100
  const width = Math.min(BAR_WIDTH.max, Math.max(BAR_WIDTH.min, columns - AROUND_WIDTH))
  return standing.map((one) => {
    const [style, word] = looks[one.state]
    const share = shareDone(one)
    const full = Math.floor(share * width)
    const bar =
      screen.style(style, '━'.repeat(full)) + screen.style('dim', '─'.repeat(width - full))
    const percent = `${Math.floor(share * 100)}%`.padStart(4)
    const facts = [
      `${one.savedCount} checkpoints`,
      ...(one.attempt > 1 ? [`attempt ${one.attempt}`] : []),
      ...(one.waitingCount > 0 ? [`${one.waitingCount} in the spool`] : []),
      ...(word === '' ? [] : [word]),
    ].join(', ')
    const room = columns - one.partition.length - width - 12
    return `  ${one.partition}  ${bar} ${percent}  ${screen.style('dim', cut(facts, Math.max(10, room)))}`
  })
}

/** The same as one line, for where nothing can be drawn over. */
export function sayStanding(standing: readonly PartitionStanding[]): string {
  const parts = standing.map((one) => {
    const waiting = one.waitingCount > 0 ? `, ${one.waitingCount} in the spool` : ''
    return `${one.partition} ${Math.floor(shareDone(one) * 100)}%${waiting}`
  })
  return `  … ${parts.join(' · ')}`
}

/** Share of the steps that a partition has done, from 0 to 1. */
export function shareDone({ step, stepCount, state }: PartitionStanding): number {
  if (state === 'finished') return 1
  return stepCount === 0 ? 0 : Math.min(1, step / stepCount)
}
