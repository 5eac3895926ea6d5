import { command } from '../command.ts'
import { openProgress } from '../progress.ts'
import { formatCount } from '../quantity.ts'
import { requireCatalog } from '../require-catalog.ts'
import type { Report } from '../session.ts'
import {
  configOf,
  dataDirectory,
  explainFailure,
  loadServer,
  type Server,
} from '../server-config.ts'
import { drawTable } from '../table.ts'

type ReplayedTable = Awaited<ReturnType<Server['replayCatalog']>>[number]

export const replay = command({
  words: 'replay',
  summary: 'rebuild every projection from the log and say what was not as it should be',
  heading: 'Server',
  details:
    'Drops every projection and rebuilds it from the log, in one transaction, for a catalog on this machine that no server has open. On PostgreSQL it takes the owner of the tables, by CAIRN_DATABASE_OWNER_URL. Exit code 0: no row changed. Exit code 8: some did.',
  takes: { dataDirectory },
  run: async (session, values) => {
    const { replayCatalog } = await loadServer()
    const config = await configOf(session, values)
    requireCatalog(config)
    const progress = openProgress(session, { label: 'replayed', unit: 'entries' })
    let entryCount = 0
    try {
      const tables = await replayCatalog(config, (count) => {
        entryCount = count
        progress.show({ done: count })
      })
      return reportOf(entryCount, tables)
    } catch (error) {
      throw explainFailure(error, config)
    } finally {
      progress.end()
    }
  },
})

function reportOf(entryCount: number, tables: readonly ReplayedTable[]): Report {
  const changed = tables.filter((table) => table.addedCount + table.removedCount > 0)
  const changedCount = changed.reduce(
    (sum, table) => sum + table.addedCount + table.removedCount,
    0,
  )
  return {
    document: { entryCount, changedCount, tables },
    hasFindings: changedCount > 0,
    text: (screen) => {
      const table = drawTable(
        screen,
        [
          { title: 'TABLE', value: (row) => row.table },
          { title: 'ROWS', value: (row) => row.rowCount, align: 'right' },
          { title: 'ADDED', value: (row) => row.addedCount, align: 'right', style: styleOf },
          { title: 'REMOVED', value: (row) => row.removedCount, align: 'right', style: styleOf },
        ],
        tables,
      )
      const verdict =
        changedCount === 0
          ? screen.style('green', 'Every row is what the log says.')
          : screen.style('yellow', `${formatCount(changedCount, 'row')} changed.`)
      return `${table}\n\n${formatCount(entryCount, 'entry', 'entries')} replayed. ${verdict}`
    },
  }
}

function styleOf({ addedCount, removedCount }: ReplayedTable): 'yellow' | undefined {
  return addedCount + removedCount > 0 ? 'yellow' : undefined
}
