import { command } from '../command.ts'
import { optional } from '../flag.ts'
import { readName } from '../flag-values.ts'
import { openProgress } from '../progress.ts'
import { formatCount } from '../quantity.ts'
import { requireCatalog } from '../require-catalog.ts'
import {
  configOf,
  dataDirectory,
  explainFailure,
  loadServer,
  type Server,
} from '../server-config.ts'
import type { Report } from '../session.ts'
import { drawTable } from '../table.ts'

export const fsck = command({
  words: 'fsck',
  summary: 'hash everything that is stored anew and list all that is wrong',
  heading: 'Server',
  details:
    'Reads a catalog on this machine at one moment, without changing it, and while servers use it: hashes every entry, document, tile and tree head, replays the log beside the catalog and compares every row, and asks the memory of the signer whether the newest entries are there. Exit code 0: nothing is wrong. Exit code 8: there are findings.',
  takes: {
    namespace: optional(
      { usage: '--namespace <namespace>', summary: 'only this one; default: all' },
      readName,
    ),
    dataDirectory,
  },
  run: async (session, values) => {
    const { inspectCatalog } = await loadServer()
    const config = await configOf(session, values)
    requireCatalog(config)
    const progress = openProgress(session, { label: 'checked', unit: 'entries' })
    try {
      const { namespace } = values
      const onProgress = (done: number): void => progress.show({ done })
      return reportOf(await inspectCatalog(config, { namespace, onProgress }))
    } catch (error) {
      throw explainFailure(error, config)
    } finally {
      progress.end()
    }
  },
})

type Verdict = Awaited<ReturnType<Server['inspectCatalog']>>

function reportOf(verdict: Verdict): Report {
  const { ok, namespaces, entryCount, findings, findingCount } = verdict
  const checked = `${formatCount(entryCount, 'entry', 'entries')} in ${formatCount(namespaces.length, 'namespace')} checked.`
  const unasked = verdict.isMemoryChecked
    ? ''
    : " The signer's memory is not here: whether this is the newest database was not asked."
  const unlisted = findingCount - findings.length
  return {
    document: verdict,
    hasFindings: !ok,
    text: (screen) => {
      if (ok) return `${checked} ${screen.style('green', 'Nothing is wrong.')}${unasked}`
      const table = drawTable(
        screen,
        [
          { title: 'FINDING', value: (row) => row.code },
          { title: 'NAMESPACE', value: (row) => row.namespace },
          { title: 'WHERE', value: (row) => row.where },
          { title: 'WHAT', value: (row) => row.message, ownLine: true },
        ],
        findings,
      )
      const more = unlisted > 0 ? ` ${formatCount(unlisted, 'more')} are not listed.` : ''
      return `${table}\n\n${checked} ${screen.style('red', `${formatCount(findingCount, 'finding')}.`)}${more}${unasked}`
    },
  }
}
