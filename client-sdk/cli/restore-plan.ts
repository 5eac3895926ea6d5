import type { RecoveryPlan } from '../api.ts'
import type { Reporting } from '../restore/candidate.ts'
import type { Wishes } from '../restore/find-next.ts'
import { restore, type RestoredState } from '../restore/restore.ts'
import { readersOf, type s3Flags } from './blob-stores.ts'
import type { ValuesOf } from './command.ts'
import { defined } from './defined.ts'
import { optional, toggle } from './flag.ts'
import { readChoice } from './flag-values.ts'
import { openProgress } from './progress.ts'
import { formatBytes, formatCount } from './quantity.ts'
import type { Screen } from './screen.ts'
import type { Session } from './session.ts'
import { drawFacts, drawTable } from './table.ts'

/** The flags that say whose restored bytes are, and whether the catalog is told. */
export const reportFlags = {
  ownership: optional(
    {
      usage: '--ownership <ownership>',
      summary: 'whose the restored bytes are: claim, no-claim or copy; default no-claim',
    },
    readChoice('claim', 'no-claim', 'copy'),
  ),
  unreported: toggle('--unreported', 'do not tell the catalog how the restore ended'),
}

/** Restores a plan into a folder and shows how far it is; with a client, it tells the catalog. */
export async function restorePlan(
  session: Session,
  plan: RecoveryPlan,
  values: ValuesOf<typeof s3Flags & typeof reportFlags> &
    Pick<Wishes, 'run'> & {
      readonly into: string
      readonly client?: Reporting['client']
      /** What the plan was asked with. */
      readonly asked?: NonNullable<Wishes['wanted']>
    },
): Promise<RestoredState> {
  const { into, client, run, asked, ownership, unreported } = values
  const stores = await readersOf(session, plan, values)
  const progress = openProgress(session, { label: 'restoring', unit: 'bytes' })
  try {
    return await restore(plan, {
      into,
      stores,
      report: !unreported,
      ...defined({ client, run, wanted: asked, ownership }),
      onProgress: ({ bytesDone, bytesTotal, blobsDone, blobCount }) => {
        progress.show({
          done: bytesDone,
          total: bytesTotal,
          also: `${blobsDone} of ${formatCount(blobCount, 'blob')}`,
        })
      },
    })
  } finally {
    progress.end()
  }
}

/** What was restored, for programs. */
export function restoredDocument(state: RestoredState): object {
  const { plan, run: _, ...restored } = state
  const { checkpoint, step, skipped } = plan
  return { checkpoint, step, ...restored, ...(skipped.length === 0 ? {} : { skipped }) }
}

/** Where everything is now, in the order in which to apply it. */
export function drawRestored(screen: Screen, state: RestoredState): string {
  const facts = drawFacts(screen, [
    ['restored', state.directory],
    ['step', state.plan.step],
    ['checkpoint', state.plan.checkpoint],
    ['fetched', formatBytes(state.bytesFetched)],
    ['kept', state.bytesReused === 0 ? undefined : formatBytes(state.bytesReused)],
    ['reported', state.report === 'failed' ? 'no: the catalog did not take it' : undefined],
  ])
  const files = state.stages.flatMap((stage) => stage.files.map((file) => ({ stage, file })))
  if (files.length === 0) return facts
  const table = drawTable(
    screen,
    [
      { title: 'STEP', value: (row) => row.stage.step, align: 'right' },
      { title: 'KIND', value: (row) => row.stage.kind },
      { title: 'RANK', value: (row) => row.file.rank, align: 'right' },
      { title: 'SIZE', value: (row) => formatBytes(row.file.sizeBytes), align: 'right' },
      { title: 'FILE', value: (row) => row.file.path.slice(state.directory.length + 1) },
    ],
    files,
  )
  return `${facts}\n\n${table}`
}
