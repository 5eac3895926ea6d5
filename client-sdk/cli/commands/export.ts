import { createWriteStream } from 'node:fs'
import { link, open, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CatalogError } from '../../../schema/errors.ts'
import { errnoOf } from '../../stores/disk-durable.ts'
import { temporaryName } from '../../stores/disk-temporary.ts'
import { command } from '../command.ts'
import { namespaceOf } from '../connection.ts'
import { optional } from '../flag.ts'
import { readName, readText } from '../flag-values.ts'
import { openProgress } from '../progress.ts'
import { formatBytes, formatCount } from '../quantity.ts'
import { configOf, dataDirectory, explainFailure, loadServer } from '../server-config.ts'
import { requireCatalog } from '../require-catalog.ts'
import { write, type Session } from '../session.ts'

export const exportCommand = command({
  words: 'export',
  summary: 'write a namespace as one verifiable file',
  heading: 'Server',
  details:
    'Writes the log of a namespace of a catalog on this machine as one file: entries, documents, tree heads, the signed head. Servers may go on meanwhile. "cairn import" loads it into another catalog; docs/export-format.md says how others can read it.',
  takes: {
    namespace: optional(
      { usage: '--namespace <namespace>', summary: 'what to export; default "default"' },
      readName,
    ),
    out: optional({ usage: '--out <file>', summary: 'a new file; default: the output' }, readText),
    dataDirectory,
  },
  run: async (session, values) => {
    const { exportNamespace } = await loadServer()
    const config = await configOf(session, values)
    requireCatalog(config)
    const namespace = namespaceOf(session, values.namespace)
    const progress = openProgress(session, { label: 'exported', unit: 'entries' })
    let entryCount = 0
    const chunks = exportNamespace(config, namespace, (state) => {
      entryCount = state.entryCount
      progress.show({ done: state.entryCount, total: state.size })
    })
    try {
      if (values.out === undefined) {
        await writeOut(session, chunks)
        return undefined
      }
      const file = resolve(values.out)
      const sizeBytes = await writeFile(file, chunks)
      return {
        document: { namespace, file, entryCount, sizeBytes },
        text: () =>
          `${formatCount(entryCount, 'entry', 'entries')} of ${namespace} are in ${file} (${formatBytes(sizeBytes)}).`,
      }
    } catch (error) {
      throw explainFailure(error, config)
    } finally {
      progress.end()
    }
  },
})

async function writeOut(session: Session, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  if (session.output.isTTY === true) {
    throw new CatalogError(
      'INVALID_REQUEST',
      'An export is bytes, which a terminal cannot show: give --out, or send the output on.',
    )
  }
  for await (const chunk of chunks) await write(session.output, chunk)
}

/** There under its name whole and durable, or not at all; a file that is there is never replaced. */
async function writeFile(file: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const partial = `${file}.${temporaryName()}`
  try {
    const stream = createWriteStream(partial, { flags: 'wx', mode: 0o600 })
    await pipeline(chunks, stream)
    const handle = await open(partial, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await link(partial, file)
    return stream.bytesWritten
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    const message = `There is a file ${file} already: name another.`
    throw new CatalogError('INVALID_REQUEST', message, { cause: error })
  } finally {
    await rm(partial, { force: true })
  }
}
