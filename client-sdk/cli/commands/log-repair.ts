import { CatalogError } from '../../../schema/errors.ts'
import { isS3, openTilesInS3, s3Flags } from '../blob-stores.ts'
import { command, type ValuesOf } from '../command.ts'
import { namespaceOf } from '../connection.ts'
import { optional } from '../flag.ts'
import { readName, readText } from '../flag-values.ts'
import { openProgress } from '../progress.ts'
import { openPublishedBucket, openPublishedFolder, openPublishedSite } from '../published-log.ts'
import { formatCount } from '../quantity.ts'
import { requireCatalog } from '../require-catalog.ts'
import {
  configOf,
  dataDirectory,
  explainFailure,
  loadServer,
  type Server,
} from '../server-config.ts'
import type { Report, Session } from '../session.ts'
import { readExport } from './import.ts'

export const logRepair = command({
  words: 'log repair',
  summary: 'bring back entries that a restored database has lost',
  heading: 'Server',
  details:
    'For a catalog on this machine that refuses writes with LOG_ROLLED_BACK. Takes the missing entries from a published copy of the log (its folder, its bucket, or where it is on the web) or from an export, adds them behind the entries that are there, and compares the root with the head that this catalog itself has signed: all of it, or nothing. Tiles hold entries only; documents are read beside them, in documents/sha256/, or in the folder of --documents. Exit code 8: the copy ends before the newest head that was signed.',
  takes: {
    folder: optional(
      { usage: '--folder <folder>', summary: 'a published log: a folder, or s3://bucket/prefix' },
      readText,
    ),
    site: optional({ usage: '--from-url <url>', summary: 'a published log' }, readText),
    exported: optional({ usage: '--export <file>', summary: 'a file of "cairn export"' }, readText),
    documents: optional(
      { usage: '--documents <folder>', summary: 'more documents, as <folder>/sha256/<digits>' },
      readText,
    ),
    namespace: optional(
      { usage: '--namespace <namespace>', summary: 'what to repair; default "default"' },
      readName,
    ),
    dataDirectory,
    ...s3Flags,
  },
  run: async (session, values) => {
    const { repairNamespace } = await loadServer()
    const source = await sourceOf(session, values)
    const config = await configOf(session, values)
    requireCatalog(config)
    const namespace = namespaceOf(session, values.namespace)
    const progress = openProgress(session, { label: 'repaired', unit: 'entries' })
    try {
      const repaired = await repairNamespace(config, source, {
        namespace,
        onProgress: ({ entryCount, size }) => progress.show({ done: entryCount, total: size }),
      })
      return reportOf(namespace, repaired)
    } catch (error) {
      throw explainFailure(error, config)
    } finally {
      progress.end()
    }
  },
})

interface Sources extends ValuesOf<typeof s3Flags> {
  readonly folder: string | undefined
  readonly site: string | undefined
  readonly exported: string | undefined
  readonly documents: string | undefined
}

async function sourceOf(
  session: Session,
  sources: Sources,
): Promise<Parameters<Server['repairNamespace']>[1]> {
  const { folder, site, exported, documents } = sources
  if ([folder, site, exported].filter((one) => one !== undefined).length !== 1) {
    throw new CatalogError('INVALID_REQUEST', 'Give one of --folder, --from-url and --export.')
  }
  if (exported !== undefined) return { kind: 'export', chunks: readExport(exported) }
  if (folder !== undefined && isS3(folder)) {
    const opening = openTilesInS3(session, folder, sources)
    return { kind: 'published', log: await openPublishedBucket(opening, documents) }
  }
  const log =
    folder === undefined
      ? openPublishedSite(site ?? '', documents)
      : openPublishedFolder(folder, documents)
  return { kind: 'published', log }
}

type Repaired = Awaited<ReturnType<Server['repairNamespace']>>

function reportOf(namespace: string, { from, size, complete }: Repaired): Report {
  return {
    document: { namespace, from, size, complete },
    hasFindings: !complete,
    text: (screen) => {
      const back = `Entries ${from} to ${size - 1} of ${namespace} are back (${formatCount(size - from, 'entry', 'entries')}).`
      const verdict = complete
        ? screen.style('green', 'The log has all that was signed, and takes writes again.')
        : screen.style(
            'yellow',
            'A later head was signed, so the log still lacks its newest entries and takes no writes: repair it from a newer copy. If there is none, "cairn keys remember" says what is lost and how to go on without it.',
          )
      return `${back} ${verdict}`
    },
  }
}
