import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CatalogError } from '../../../schema/errors.ts'
import type { Workspace } from './workspace.ts'

/** A catalog that runs in a process of its own, and answers. */
export interface CatalogServer {
  readonly url: string
  /** Given on the first start in a folder. */
  readonly token: string | undefined
  readonly pid: number | undefined
  /** Ends the process as a power cut would; resolves when it is gone. */
  kill(): Promise<void>
}

/** Where a server keeps its data and listens. */
export interface CatalogPlace {
  readonly dataDirectory: string
  /** 0 takes a free port. */
  readonly port: number
  readonly namespace: string
  /** The folders of blobs that the catalog knows; its own when left out. */
  readonly bucketsFile?: string | undefined
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** A start takes a second or two; after this long, something is wrong. */
const START_MAX_MS = 20_000

const command = fileURLToPath(new URL('../cairn.ts', import.meta.url))

/**
 * Starts `cairn serve` and waits until it answers.
 *
 * @throws {STORAGE_UNAVAILABLE} it ended before, or took over 20 seconds; the message says what it said
 */
export async function startCatalog(
  workspace: Workspace,
  { dataDirectory, port, namespace, bucketsFile, variables }: CatalogPlace,
): Promise<CatalogServer> {
  const place = ['--data-dir', dataDirectory, '--port', String(port), '--namespace', namespace]
  const announced = Promise.withResolvers<Announced>()
  const child = workspace.start({
    words: [command, 'serve', '--json', ...place],
    variables: {
      ...withoutSettings(variables),
      ...(bucketsFile === undefined ? {} : { CAIRN_BUCKETS_FILE: bucketsFile }),
    },
    onLine: (line) => {
      const ready = parseAnnounced(line)
      if (ready !== undefined) announced.resolve(ready)
    },
  })
  const stop = new AbortController()
  const ready = await Promise.race([
    announced.promise,
    child.ended.then(({ said }) => said || 'it said nothing'),
    delay(START_MAX_MS, `it was not ready within ${START_MAX_MS} ms`, { signal: stop.signal }),
  ])
  stop.abort()
  if (typeof ready === 'string') {
    child.kill()
    throw new CatalogError('STORAGE_UNAVAILABLE', `The catalog did not start: ${ready}`)
  }
  return {
    ...ready,
    pid: child.pid,
    kill: async () => {
      child.kill()
      await child.ended
    },
  }
}

type Announced = Pick<CatalogServer, 'url' | 'token'>

/** Variables without those of Cairn: the demonstration has its own catalog, whatever this machine's settings say. */
export function withoutSettings(
  variables: CatalogPlace['variables'],
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !name.startsWith('CAIRN_')),
  )
}

function parseAnnounced(line: string): Announced | undefined {
  try {
    const { url, token } = JSON.parse(line) as Readonly<Record<string, unknown>>
    if (typeof url !== 'string') return undefined
    return { url, token: typeof token === 'string' ? token : undefined }
  } catch {
    return undefined
  }
}
