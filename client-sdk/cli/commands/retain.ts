import type { RetentionDecision, RetentionReason, RetentionReceipt } from '../../api.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional, toggle } from '../flag.ts'
import { readAnyText, readCount, readName } from '../flag-values.ts'
import { formatBytes, formatCount } from '../quantity.ts'
import type { Screen } from '../screen.ts'
import { drawTable, type Column } from '../table.ts'

/** A decision about a million checkpoints takes seconds; withdrawing ten thousand takes as long again. */
const RUN_TIMEOUT_MS = 10 * 60 * 1000
/** Requests of one command, each of which withdraws up to 10,000: as many as a catalog holds. */
const REQUESTS_MAX_COUNT = 1_000
/** Decisions that are shown when nobody says how many. */
const SHOWN_DEFAULT_COUNT = 50
const SHOWN_MAX_COUNT = 100_000

const retain = command({
  words: 'retain',
  summary: 'withdraw what the policies do not keep; --dry-run only says what',
  heading: 'Recovery',
  details:
    'Runs when it is called, and never by itself: put it into cron. What is held, what latest would answer and what kept deltas need is always kept. Bytes stay until "cairn sweep" after the grace of the policy.',
  takes: {
    dryRun: toggle('--dry-run', 'decide and explain, and withdraw nothing'),
    job: optional({ usage: '--job <job>', summary: 'this job only' }, readName),
    partition: optional(
      { usage: '--partition <partition>', summary: 'this partition only' },
      readAnyText,
    ),
    policy: optional(
      {
        usage: '--policy <policy>',
        summary: 'with --job, in place of its own policy; else only jobs of this policy',
      },
      readName,
    ),
    limit: optional(
      {
        usage: '--limit <count>',
        summary: `decisions to show, at most ${SHOWN_MAX_COUNT}; default ${SHOWN_DEFAULT_COUNT}`,
      },
      readCount(0, SHOWN_MAX_COUNT),
    ),
    ...connection,
  },
  run: async (session, values) => {
    const { dryRun, job, partition, policy, limit = SHOWN_DEFAULT_COUNT } = values
    const client = await openClient(session, values)
    const question = { dryRun, ...defined({ job, partition, policy }) }
    const options = { timeoutMs: RUN_TIMEOUT_MS, attemptTimeoutMs: RUN_TIMEOUT_MS }
    const first = await client.retention.run(question, options)
    let run = first
    let tombstonedCount = first.tombstonedCount
    // One that withdraws nothing has been refused all that is left.
    for (let request = 1; run.leftCount > 0 && run.tombstonedCount > 0; request += 1) {
      if (request === REQUESTS_MAX_COUNT) break
      run = await client.retention.run(question, options)
      tombstonedCount += run.tombstonedCount
    }
    const decisions = await client.retention
      .decisions(first.retentionRun, { limit: Math.min(500, Math.max(1, limit)) })
      .toArray({ limit: Math.max(1, limit) })
    const shown = decisions.slice(0, limit)
    const result = { ...first, tombstonedCount, leftCount: run.leftCount }
    return {
      document: { run: result, decisions: shown },
      text: (screen) => drawRetention(screen, result, shown),
    }
  },
})

const columns: readonly Column<RetentionDecision>[] = [
  {
    title: 'DECISION',
    value: (row) => (row.decision === 'keep' ? 'keep' : row.tombstoned ? 'dropped' : 'drop'),
    style: (row) => (row.decision === 'keep' ? 'green' : 'red'),
  },
  { title: 'WHY', value: (row) => row.reasons.map(reasonText).join(', '), minWidth: 16 },
  { title: 'STEP', value: (row) => row.step, align: 'right' },
  { title: 'TIER', value: (row) => row.tier },
  { title: 'SIZE', value: (row) => formatBytes(row.bytes), align: 'right' },
  { title: 'REGISTERED', value: (row) => row.at.slice(0, 16).replace('T', ' ') },
  { title: 'JOB', value: (row) => row.job, minWidth: 8 },
  { title: 'PARTITION', value: (row) => row.partition, minWidth: 9 },
  { title: 'CHECKPOINT', value: (row) => row.checkpoint, ownLine: true },
]

const reasonTexts: Readonly<Record<RetentionReason['code'], string>> = {
  LATEST: 'one of the latest',
  EVERY_STEPS: 'first of its steps',
  EVERY_SECONDS: 'first of its period',
  BEST: 'one of the best',
  NEWER_THAN: 'new',
  HELD: 'held',
  LAST_GOOD: 'last good one',
  NEEDED: 'a kept delta needs it',
  NO_RULES: 'no retention policy',
  NOT_SELECTED: 'no rule keeps it',
  ABANDONED: 'left behind by a later attempt',
  NOT_GOOD: 'not good',
}

const reasonText = ({ code }: RetentionReason): string => reasonTexts[code]

function drawRetention(
  screen: Screen,
  run: Omit<RetentionReceipt, 'proof'>,
  shown: readonly RetentionDecision[],
): string {
  const total = run.keptCount + run.droppedCount
  const lines = [
    ...(shown.length === 0 ? [] : [drawTable(screen, columns, shown)]),
    ...(shown.length < total
      ? [screen.style('dim', `The first ${shown.length} of ${total}; --limit shows more.`)]
      : []),
    '',
    `${formatCount(run.keptCount, 'checkpoint')} kept, ${run.droppedCount.toLocaleString('en-US')} dropped with up to ${formatBytes(run.droppedBytes)}.`,
    run.dryRun
      ? 'A dry run: nothing was withdrawn.'
      : `${formatCount(run.tombstonedCount, 'checkpoint')} withdrawn. "cairn sweep" removes their bytes when the grace is over.`,
    ...(run.leftCount > 0
      ? [`${run.leftCount} changed meanwhile and stayed; the next run looks again.`]
      : []),
    screen.style('dim', `Retention run ${run.retentionRun}`),
  ]
  return lines.join('\n').trimStart()
}

export const retainCommands = [retain] as const
