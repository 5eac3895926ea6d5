import { resolve } from 'node:path'
import { command } from '../command.ts'
import { required } from '../flag.ts'
import { readText } from '../flag-values.ts'
import { openProgress } from '../progress.ts'
import { formatBytes } from '../quantity.ts'
import { requireCatalog } from '../require-catalog.ts'
import { configOf, dataDirectory, explainFailure, loadServer } from '../server-config.ts'

export const backup = command({
  words: 'backup',
  summary: 'copy the embedded database to a new file while servers use it',
  heading: 'Server',
  details:
    'Copies the SQLite database of a catalog on this machine, as it is when the copy begins. Keys and the signer\'s memory are not in it: keep a copy of log-keys.json apart, and never put an old copy of the memory back. After restoring an old copy, "cairn log repair" brings back what it lacks.',
  takes: {
    file: required({ usage: '<file>', summary: 'the copy, which must not exist yet' }, readText),
    dataDirectory,
  },
  run: async (session, values) => {
    const { backupCatalog } = await loadServer()
    const config = await configOf(session, values)
    requireCatalog(config)
    const file = resolve(values.file)
    const progress = openProgress(session, { label: 'copied', unit: 'bytes' })
    try {
      const { sizeBytes } = await backupCatalog(config, file, ({ copiedBytes, sizeBytes: total }) =>
        progress.show({ done: copiedBytes, total }),
      )
      return {
        document: { file, sizeBytes },
        text: () => `${file} is a copy of the catalog (${formatBytes(sizeBytes)}).`,
      }
    } catch (error) {
      throw explainFailure(error, config)
    } finally {
      progress.end()
    }
  },
})
