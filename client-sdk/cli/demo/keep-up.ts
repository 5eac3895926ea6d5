import type { Screen } from '../screen.ts'
import type { RestartExample } from './demo-outcome.ts'
import { jobNames } from './stage-phases.ts'

/** A catalog that stays up for a look. */
export interface KeptCatalog {
  readonly url: string
  readonly namespace: string
  readonly token: string
  readonly partitions: readonly string[]
  /** A restart with a history worth drawing. */
  readonly example: RestartExample | undefined
}

/** How to look into the catalog that stays up. */
export function drawKept(screen: Screen, kept: KeptCatalog): string {
  const { url, namespace, token, partitions, example } = kept
  const partition = example?.story.partition ?? partitions[0] ?? ''
  const path = `/v1/namespaces/${namespace}/jobs/${jobNames.killed}/latest?partition=${partition}`
  return [
    '',
    screen.style('bold', 'The catalog stays up. In another terminal, in this folder:'),
    '',
    `export CAIRN_URL=${url} CAIRN_NAMESPACE=${namespace}`,
    `export CAIRN_TOKEN=${token}`,
    '',
    `npx cairn latest ${jobNames.killed} --partition ${partition}`,
    `npx cairn plan ${jobNames.killed} --partition ${partition}`,
    ...(example === undefined ? [] : [`npx cairn lineage ${example.finalCheckpoint}`]),
    `npx cairn runs list --job ${jobNames.outage}`,
    `curl -H "Authorization: Bearer $CAIRN_TOKEN" "$CAIRN_URL${path}"`,
    '',
    'Ctrl-C stops it and removes everything.',
  ].join('\n')
}
