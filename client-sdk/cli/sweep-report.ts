import type { SweepLeft, SweepReport } from '../api.ts'
import { formatBytes, formatCount } from './quantity.ts'
import type { Screen } from './screen.ts'
import { drawTable } from './table.ts'

/** What slices of one sweep did together. */
export function addSlices(left: SweepReport, right: SweepReport): SweepReport {
  return {
    dryRun: right.dryRun,
    checkpointCount: left.checkpointCount + right.checkpointCount,
    sweptCount: left.sweptCount + right.sweptCount,
    removedCount: left.removedCount + right.removedCount,
    removedBytes: left.removedBytes + right.removedBytes,
    absentCount: left.absentCount + right.absentCount,
    sharedCount: left.sharedCount + right.sharedCount,
    waitingCount: left.waitingCount + right.waitingCount,
    leftCount: left.leftCount + right.leftCount,
    left: [...left.left, ...right.left].slice(0, 100),
    next: right.next,
  }
}

/** What a sweep did, for people. */
export function drawSweep(screen: Screen, report: SweepReport): string {
  const verb = report.dryRun ? 'would be removed' : 'removed'
  const lines = [
    `${formatCount(report.removedCount, 'object')} ${verb}, ${formatBytes(report.removedBytes)}.`,
    ...(report.dryRun ? [] : [`${formatCount(report.sweptCount, 'checkpoint')} swept.`]),
    ...(report.absentCount === 0
      ? []
      : [`${formatCount(report.absentCount, 'object')} gone already.`]),
    ...(report.sharedCount === 0
      ? []
      : [`${formatCount(report.sharedCount, 'object')} kept: something else needs them.`]),
    ...(report.waitingCount === 0
      ? []
      : [
          `${formatCount(report.waitingCount, 'withdrawn checkpoint')} held, in their grace, or under no policy.`,
        ]),
  ]
  if (report.leftCount === 0) return lines.join('\n')
  const table = drawTable<SweepLeft>(
    screen,
    [
      { title: 'WHY', value: (row) => row.code, style: () => 'yellow' },
      { title: 'OBJECT', value: (row) => row.uri, minWidth: 24 },
      { title: 'VERSION', value: (row) => row.versionId, minWidth: 12 },
    ],
    report.left,
  )
  return `${lines.join('\n')}\n${formatCount(report.leftCount, 'object')} could not be removed:\n\n${table}`
}
