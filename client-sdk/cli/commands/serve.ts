import { resolve } from 'node:path'
import process from 'node:process'
import { command } from '../command.ts'
import { DEFAULT_NAMESPACE, DEFAULT_URL, namespaceOf } from '../connection.ts'
import { optional } from '../flag.ts'
import { readCount, readName, readText } from '../flag-values.ts'
import { allGrants, hasLocalKey, personName } from '../local-token.ts'
import {
  configOf,
  dataDirectory,
  explainFailure,
  loadServer,
  type Server,
} from '../server-config.ts'
import { write, type Session } from '../session.ts'
import { drawFacts } from '../table.ts'
import { untilStopped } from '../until-stopped.ts'

/** For how long a person can work with the first token. */
const TOKEN_LIFETIME_SECONDS = 30 * 86_400

/** A log that is read and not written to. */
interface Stopped {
  readonly namespace: string
  readonly code: string
  readonly detail: string
}

type RunningServer = Awaited<ReturnType<Server['startServer']>>

/** What a program is told of a server that is ready. */
interface Ready {
  readonly url: string
  readonly pid: number
  readonly dataDirectory: string
  readonly namespace: string
  /** Logs that are read and not written to, and why; left out where there are none. */
  readonly stopped?: readonly Stopped[]
  /** Only when the data folder's key has just been made. */
  readonly token?: string
}

export const serve = command({
  words: 'serve',
  summary: 'run a catalog on this machine',
  heading: 'Server',
  details:
    'Runs a catalog until SIGINT or SIGTERM, which end it in good order. Without settings it keeps everything in one folder and listens on this machine only. On its first start in a folder it prints a token, once; "cairn token" makes others. CAIRN_DATABASE_URL, CAIRN_AUTH_FILE, CAIRN_ALLOWED_HOSTS, CAIRN_DATA_DIR, CAIRN_HOST, CAIRN_PORT, CAIRN_LOG_POLICY and CAIRN_PUBLISH_FOLDER set the rest.',
  takes: {
    port: optional(
      { usage: '--port <port>', summary: 'port; 0 takes a free one; default 7420' },
      readCount(0, 65_535),
    ),
    host: optional(
      { usage: '--host <host>', summary: 'address to listen on; default 127.0.0.1' },
      readText,
    ),
    dataDirectory,
    namespace: optional(
      { usage: '--namespace <namespace>', summary: 'declared if it is not yet; default "default"' },
      readName,
    ),
  },
  run: async (session, values) => {
    const { startServer, declareLocally } = await loadServer()
    const namespace = namespaceOf(session, values.namespace)
    const config = await configOf(session, values)
    const hadKey = hasLocalKey(config.dataDirectory)
    const stopped = untilStopped()
    const server = await startServer(config).catch((error: unknown) => {
      throw explainFailure(error, config)
    })
    try {
      const held = await stoppedLogs(server.catalog)
      // A log that is not written to takes no declaration either, and is read as it is.
      if (!held.some((log) => log.namespace === namespace)) {
        await declareLocally(server.catalog, namespace)
      }
      const ready = {
        url: server.url,
        pid: process.pid,
        dataDirectory: resolve(config.dataDirectory),
        namespace,
        ...(held.length === 0 ? {} : { stopped: held }),
      }
      // Never into a file or a journal: a person at a terminal, or the program that asked for JSON.
      const mayShow = session.json || session.output.isTTY === true
      const token =
        hadKey || !mayShow
          ? undefined
          : await server.token({
              subject: personName(),
              grants: allGrants,
              lifetimeSeconds: TOKEN_LIFETIME_SECONDS,
            })
      await announce(session, token === undefined ? ready : { ...ready, token })
      await stopped
    } finally {
      await server.close()
    }
    return undefined
  },
})

async function stoppedLogs({ context }: RunningServer['catalog']): Promise<readonly Stopped[]> {
  const stopped = await context.log.stopped.examine()
  return [...stopped].map(([namespace, { code, message: detail }]) => ({ namespace, code, detail }))
}

async function announce(session: Session, ready: Ready): Promise<void> {
  const { output, outputScreen: screen } = session
  if (session.json) {
    await write(output, `${JSON.stringify(ready)}\n`)
    return
  }
  const facts = drawFacts(screen, [
    ['catalog', ready.url],
    ['data', ready.dataDirectory],
    ['namespace', ready.namespace],
    ['token', ready.token],
  ])
  const shownOnce =
    ready.token === undefined
      ? []
      : ['The token may do everything, for 30 days, and is not shown again.', '']
  const warnings = (ready.stopped ?? []).map(
    ({ namespace, detail }) =>
      `${screen.style('yellow', 'Warning')}: "${namespace}" is read, and not written to. ${detail}\n`,
  )
  const lines = [
    screen.style('bold', 'Cairn is ready.'),
    '',
    facts,
    '',
    ...warnings,
    ...shownOnce,
    'In another terminal:',
    ...exportLines(ready),
    '',
    'Ctrl-C stops it.',
  ]
  await write(output, `${lines.join('\n')}\n`)
}

/** What a shell needs to reach this catalog, where the defaults do not lead to it. */
function exportLines({ url, dataDirectory: folder, namespace }: Ready): readonly string[] {
  const isHere = folder === resolve('.cairn')
  return [
    ...(url === DEFAULT_URL ? [] : [`  export CAIRN_URL=${url}`]),
    ...(namespace === DEFAULT_NAMESPACE ? [] : [`  export CAIRN_NAMESPACE=${namespace}`]),
    `  export CAIRN_TOKEN=$(npx cairn token${isHere ? '' : ` --data-dir ${shellQuoted(folder)}`})`,
  ]
}

function shellQuoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
