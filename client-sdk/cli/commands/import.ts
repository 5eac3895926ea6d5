import { createReadStream } from 'node:fs'
import process from 'node:process'
import { CatalogError } from '../../../schema/errors.ts'
import { encodeBase64 } from '../../../schema/transparency/base64.ts'
import { errnoOf } from '../../stores/disk-durable.ts'
import { command } from '../command.ts'
import { repeated, required } from '../flag.ts'
import { readText } from '../flag-values.ts'
import { openProgress } from '../progress.ts'
import { formatCount } from '../quantity.ts'
import {
  configOf,
  dataDirectory,
  explainFailure,
  loadServer,
  type Server,
} from '../server-config.ts'
import type { Report } from '../session.ts'

/** Bytes read at a time. */
const READ_BYTES = 1024 * 1024

export const importCommand = command({
  words: 'import',
  summary: 'load an exported namespace into a catalog that does not have it',
  heading: 'Server',
  details:
    'Loads a file of "cairn export" into a catalog on this machine, in one transaction: every entry, document and tree head as it was, or nothing at all. It ends by comparing the root with the signed head in the file. Pin the key that must have signed it with --key; else the keys of the file itself are used, which show that it is whole but not whose it is. Other writers of an embedded catalog wait meanwhile.',
  takes: {
    file: required({ usage: '<file>', summary: 'the export; - for the input' }, readText),
    keys: repeated(
      { usage: '--key <vkey>', summary: 'verifier key that must have signed; may be repeated' },
      readText,
    ),
    dataDirectory,
  },
  run: async (session, values) => {
    const { importExport } = await loadServer()
    const config = await configOf(session, values)
    const progress = openProgress(session, { label: 'imported', unit: 'entries' })
    try {
      const imported = await importExport(config, readExport(values.file), {
        keys: values.keys,
        onProgress: ({ entryCount, size }) => progress.show({ done: entryCount, total: size }),
      })
      return reportOf(imported)
    } catch (error) {
      throw explainFailure(error, config)
    } finally {
      progress.end()
    }
  },
})

/** The bytes of an export, from a file or, for `-`, from the input. */
export async function* readExport(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* file === '-' ? process.stdin : createReadStream(file, { highWaterMark: READ_BYTES })
  } catch (cause) {
    throw new CatalogError(
      'INVALID_REQUEST',
      `The export ${file} cannot be read (${errnoOf(cause) ?? 'unknown'}): check its path.`,
      { cause },
    )
  }
}

type Imported = Awaited<ReturnType<Server['importExport']>>

const WARNING =
  'The head was checked with a key from the file itself: this shows that the file is whole, not whose it is. Give --key with a key that you have from its owner.'

function reportOf({ namespace, size, root, origin, usedOwnKeys }: Imported): Report {
  const warnings = usedOwnKeys ? [WARNING] : []
  return {
    document: { namespace, size, root: encodeBase64(root), origin, warnings },
    text: (screen) =>
      [
        `${formatCount(size, 'entry', 'entries')} of ${namespace} are here, with the root that was signed as ${origin}.`,
        ...warnings.map((warning) => screen.style('yellow', warning)),
      ].join('\n'),
  }
}
