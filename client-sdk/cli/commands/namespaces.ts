import type { Namespace } from '../../api.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional, repeated, required } from '../flag.ts'
import { collectPairs, readName, readPair, readText } from '../flag-values.ts'
import { listing, reportList } from '../listing.ts'
import type { Screen } from '../screen.ts'
import { drawFacts, labelsText } from '../table.ts'

/** What a declaration says beside the name. */
export const specFlags = {
  description: optional(
    { usage: '--description <text>', summary: 'a sentence for people' },
    readText,
  ),
  labels: repeated(
    { usage: '--label <name=value>', summary: 'a label to filter by; may be given several times' },
    readPair,
  ),
}

/** The specification that the flags describe. */
export function specOf(values: {
  readonly description: string | undefined
  readonly labels: readonly (readonly [string, string])[]
}): { readonly description?: string; readonly labels?: Readonly<Record<string, string>> } {
  const { description, labels } = values
  return defined({ description, labels: collectPairs('--label', labels) })
}

const declare = command({
  words: 'namespaces declare',
  summary: 'declare a namespace',
  heading: 'Records',
  takes: {
    name: required({ usage: '<namespace>', summary: 'its name' }, readName),
    ...specFlags,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values, { namespace: values.name })
    const found = await client.namespaces.declare(specOf(values))
    return { document: found, text: (screen) => drawNamespace(screen, found) }
  },
})

const list = command({
  words: 'namespaces list',
  summary: 'list the namespaces that the token may read',
  heading: 'Records',
  takes: { ...listing, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    return reportList(values, (limit) => client.namespaces.list({ limit }), {
      none: 'No namespaces.',
      columns: [
        { title: 'NAMESPACE', value: (row) => row.namespace },
        { title: 'DECLARED', value: (row) => row.at },
        { title: 'LABELS', value: (row) => labelsText(row.spec.labels), minWidth: 12 },
        { title: 'DESCRIPTION', value: (row) => row.spec.description, minWidth: 12 },
      ],
    })
  },
})

function drawNamespace(screen: Screen, found: Namespace): string {
  return drawFacts(screen, [
    ['namespace', found.namespace],
    ['description', found.spec.description],
    ['labels', labelsText(found.spec.labels)],
    ['declared', found.at],
    ['index', found.index],
  ])
}

export const namespaceCommands = [declare, list] as const
