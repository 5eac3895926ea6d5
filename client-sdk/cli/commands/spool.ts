import type { SpooledFile } from '../../spool/inspect.ts'
import { openStore, s3Flags, STORE_USAGE } from '../blob-stores.ts'
import { command } from '../command.ts'
import { connection } from '../connection.ts'
import { optional, repeated, required } from '../flag.ts'
import { readText } from '../flag-values.ts'
import { formatBytes, formatCount, formatDurationMs, parseDurationSeconds } from '../quantity.ts'
import type { Style } from '../screen.ts'
import { withExistingSpool, withSpooledClient } from '../spool-folder.ts'
import { drawFacts, drawTable } from '../table.ts'

const folder = required({ usage: '<folder>', summary: 'the folder of the spool' }, readText)

/** How long a flush tries when no other time is asked for. */
const FLUSH_DEFAULT_SECONDS = 30

const status = command({
  words: 'spool status',
  summary: 'count what waits, was refused or had to be dropped',
  heading: 'Spool',
  takes: { folder },
  run: async (_session, values) => {
    const found = await withExistingSpool(values.folder, (spool) => spool.status())
    const { oldestAgeMs } = found
    return {
      document: found,
      text: (screen) =>
        drawFacts(screen, [
          [
            'waiting',
            `${formatCount(found.waitingCount, 'record')}, ${formatBytes(found.waitingBytes)}`,
          ],
          ['oldest', oldestAgeMs === null ? undefined : `${formatDurationMs(oldestAgeMs)} ago`],
          ['refused', found.refusedCount],
          ['corrupt', found.corruptCount],
          ['dropped', found.droppedCount],
          [
            'staged',
            found.stagedCount === 0
              ? undefined
              : `${formatCount(found.stagedCount, 'checkpoint')}, ${formatBytes(found.stagedBytes)}`,
          ],
          ...found.gaps.map(
            (gap) =>
              [
                'gap',
                `${gap.namespace}/${gap.job} ${gap.partition}: ${gap.count} from step ${gap.firstStep} to ${gap.lastStep}`,
              ] as const,
          ),
        ]),
    }
  },
})

const list = command({
  words: 'spool list',
  summary: 'list the records of a spool, oldest first',
  heading: 'Spool',
  takes: { folder },
  run: async (_session, values) => {
    const items = await withExistingSpool(values.folder, (spool) => spool.list())
    return {
      document: { items, more: false },
      text: (screen) =>
        items.length === 0
          ? screen.style('dim', 'Nothing in the spool.')
          : drawTable(
              screen,
              [
                { title: 'PLACE', value: (row) => row.place, style: placeStyle },
                { title: 'JOB', value: (row) => row.record?.job, minWidth: 8 },
                { title: 'PARTITION', value: (row) => row.record?.partition, minWidth: 9 },
                { title: 'TRY', value: (row) => row.record?.attempt, align: 'right' },
                { title: 'STEP', value: (row) => row.record?.step, align: 'right' },
                { title: 'SIZE', value: (row) => formatBytes(row.sizeBytes), align: 'right' },
                { title: 'SINCE', value: (row) => row.record?.createdAt },
                { title: 'WHY', value: (row) => row.problem?.code ?? row.fault, minWidth: 12 },
                { title: 'RECORD', value: (row) => row.name, ownLine: true },
              ],
              items,
            ),
    }
  },
})

const flush = command({
  words: 'spool flush',
  summary: 'send what waits in a spool, and upload what is staged there',
  heading: 'Spool',
  details:
    'With --store, checkpoints whose bytes a job left staged are uploaded first; without it, they stay. Exit code 6: some records still wait. Exit code 8: the catalog refused some; "cairn spool list" says which and why.',
  takes: {
    folder,
    timeoutSeconds: optional(
      { usage: '--timeout <time>', summary: `how long to try; default ${FLUSH_DEFAULT_SECONDS}s` },
      parseDurationSeconds,
    ),
    store: optional(
      { usage: '--store <store>', summary: `where staged bytes go: ${STORE_USAGE}` },
      readText,
    ),
    ...s3Flags,
    ...connection,
  },
  run: async (session, values) => {
    const { timeoutSeconds = FLUSH_DEFAULT_SECONDS, store: storeText } = values
    const store = storeText === undefined ? undefined : await openStore(session, storeText, values)
    const report = await withExistingSpool(values.folder, (spool) =>
      withSpooledClient(session, values, {
        spool,
        store,
        work: (client) => client.flush({ timeoutMs: timeoutSeconds * 1000 }),
      }),
    )
    return {
      document: report,
      hasFindings: report.refusedCount > 0,
      text: (screen) =>
        drawFacts(screen, [
          ['sent', report.sentCount],
          ['refused', report.refusedCount],
        ]),
    }
  },
})

const retry = command({
  words: 'spool retry',
  summary: 'put refused records back in their lines, for the next flush',
  heading: 'Spool',
  takes: {
    folder,
    names: repeated(
      { usage: '[record...]', summary: 'which, as "spool list" names them; default all' },
      readText,
    ),
  },
  run: async (_session, values) => {
    const { names } = values
    const retriedCount = await withExistingSpool(values.folder, (spool) =>
      spool.retryRefused(names.length === 0 ? undefined : names),
    )
    return {
      document: { retriedCount },
      text: () => `${formatCount(retriedCount, 'record')} put back.`,
    }
  },
})

function placeStyle({ place }: SpooledFile): Style | undefined {
  if (place === 'waiting') return undefined
  return place === 'refused' ? 'yellow' : 'red'
}

export const spoolCommands = [status, list, flush, retry] as const
