import type { Environment } from '../../api.ts'
import { captureEnvironment } from '../../capture/capture-environment.ts'
import { CatalogError } from '../../../schema/errors.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { optional, repeated, required } from '../flag.ts'
import { readDigest, readText } from '../flag-values.ts'
import { readJsonInput } from '../input-file.ts'
import { drawFacts, drawTable } from '../table.ts'

const captureFlags = {
  directory: optional(
    { usage: '--directory <folder>', summary: 'folder of the code; default the working directory' },
    readText,
  ),
  names: repeated(
    {
      usage: '--variable <name>',
      summary: 'also record this variable; "*" matches any characters',
    },
    readText,
  ),
}

const capture = command({
  words: 'environment capture',
  summary: 'capture what this machine runs, and print it; asks no catalog',
  heading: 'Records',
  details:
    'Code, dependencies, runtime, hardware and variables. No host or user name, no path, and nothing that looks like a secret is recorded.',
  takes: captureFlags,
  run: async (session, values) => {
    const captured = await captureWith(session.variables, values)
    const { document, digest, sections, unknown } = captured
    return {
      document: { environment: digest, document, sections, unknown },
      text: (screen) => {
        const rows = Object.entries(sections)
        const table = drawTable(
          screen,
          [
            { title: 'SECTION', value: ([name]) => name },
            {
              title: 'FACTS',
              value: ([name]) => Object.keys(document.sections[name] ?? {}).length,
              align: 'right',
            },
            { title: 'DIGEST', value: ([, section]) => section, ownLine: true },
          ],
          rows,
        )
        const missing = unknown.map(
          ({ section, fact, reason }) => [`no ${section}.${fact}`, reason] as const,
        )
        const parts = [drawFacts(screen, [['environment', digest]]), table]
        return [...parts, ...(missing.length === 0 ? [] : [drawFacts(screen, missing)])].join(
          '\n\n',
        )
      },
    }
  },
})

const record = command({
  words: 'environment record',
  summary: 'record an environment and print its digest alone',
  heading: 'Records',
  details:
    'Captures this machine, or takes a document with --from. The digest alone is printed, so that --environment "$(cairn environment record)" works.',
  takes: {
    ...captureFlags,
    from: optional(
      { usage: '--from <path>', summary: 'a document as JSON instead; "-" is stdin' },
      readText,
    ),
    ...connection,
  },
  run: async (session, values) => {
    const document =
      values.from === undefined
        ? (await captureWith(session.variables, values)).document
        : parseEnvironment(await readJsonInput(values.from))
    const client = await openClient(session, values)
    const receipt = await client.environments.record(document)
    return { document: receipt, text: () => receipt.environment }
  },
})

const get = command({
  words: 'environment get',
  summary: 'get an environment document, checked against the digest',
  heading: 'Records',
  takes: {
    digest: required({ usage: '<digest>', summary: 'its fingerprint' }, readDigest),
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const document = await client.environments.get(values.digest)
    return { document, text: () => JSON.stringify(document, undefined, 2) }
  },
})

async function captureWith(
  variables: Readonly<Record<string, string | undefined>>,
  values: { readonly directory: string | undefined; readonly names: readonly string[] },
): ReturnType<typeof captureEnvironment> {
  const { directory, names } = values
  return await captureEnvironment({
    from: variables,
    variables: names,
    ...(directory === undefined ? {} : { directory }),
  })
}

/** Reads a document that a file holds, or what "environment capture --json" printed; the catalog checks it. */
function parseEnvironment(document: unknown): Environment {
  if (typeof document === 'object' && document !== null) {
    if ('sections' in document && 'schemaVersion' in document) return document as Environment
    if ('document' in document) return parseEnvironment(document.document)
  }
  throw new CatalogError(
    'INVALID_REQUEST',
    '--from: this is no environment, which is a JSON object with "schemaVersion" and "sections".',
  )
}

export const environmentCommands = [capture, record, get] as const
