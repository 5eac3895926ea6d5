import type { RecoveryPlan } from '../api.ts'
import { restore, type RestoredState } from '../restore/restore.ts'
import { readersOf, type s3Flags } from './blob-stores.ts'
import type { ValuesOf } from './command.ts'
import { openProgress } from './progress.ts'
import { formatBytes, formatCount } from './quantity.ts'
import type { Screen } from './screen.ts'
import type { Session } from './session.ts'
import { drawFacts, drawTable } from './table.ts'

/** Restores a plan into a folder and shows how far it is. */
export async function restorePlan(
  session: Session,
  plan: RecoveryPlan,
  values: ValuesOf<typeof s3Flags> & { readonly into: string },
): Promise<RestoredState> {
  const { into } = values
  const stores = await readersOf(session, plan, values)
  const progress = openProgress(session, { label: 'restoring', unit: 'bytes' })
  try {
    return await restore(plan, {
      into,
      stores,
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

/** Where everything is now, in the order in which to apply it. */
export function drawRestored(screen: Screen, state: RestoredState): string {
  const facts = drawFacts(screen, [
    ['restored', state.directory],
    ['fetched', formatBytes(state.bytesFetched)],
    ['kept', state.bytesReused === 0 ? undefined : formatBytes(state.bytesReused)],
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
