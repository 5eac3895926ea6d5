import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import { parseConfig, startServer, type RunningServer } from '../../server/main.ts'
import { answerRequests } from './answer.ts'
import type { ReferencePorts } from './references.ts'
import type { VariantPorts } from './variants.ts'

/** What the bench asks of the server process. */
export type ServeRequest =
  | { readonly do: 'start'; readonly env: Readonly<Record<string, string>> }
  | { readonly do: 'references' }
  | { readonly do: 'usage' }

export interface Started {
  readonly port: number
  readonly token: string
}

export interface Ports extends ReferencePorts, VariantPorts {}

export interface Usage {
  /** Memory of the process now. */
  readonly residentBytes: number
  /** Processor time of the process since its start. */
  readonly cpuMicros: number
  /** What the process has had written to storage since its start. */
  readonly writtenBytes: number
}

const TOKEN_SECONDS = 24 * 60 * 60

let server: RunningServer | undefined
let token = ''

async function start(env: Readonly<Record<string, string>>): Promise<Started> {
  server = await startServer(parseConfig({ ...env, CAIRN_PORT: '0' }), pino({ level: 'error' }))
  token = await server.token({
    subject: 'bench',
    grants: [{ verbs: ['append', 'read', 'audit'], on: '*/*' }],
    lifetimeSeconds: TOKEN_SECONDS,
  })
  return { port: Number(new URL(server.url).port), token }
}

/** Loaded only now, so that the time to start is the catalog's alone. */
async function openReferences(): Promise<Ports> {
  const { serveReferences } = await import('./references.ts')
  const { serveVariants } = await import('./variants.ts')
  if (server === undefined) throw new Error('start comes first')
  return { ...(await serveReferences()), ...(await serveVariants(server.catalog, token)) }
}

function usage(): Usage {
  const written = /^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]
  const { user, system } = process.cpuUsage()
  return {
    residentBytes: process.memoryUsage().rss,
    cpuMicros: user + system,
    writtenBytes: Number(written ?? Number.NaN),
  }
}

answerRequests<ServeRequest>(
  async (request) => {
    switch (request.do) {
      case 'start':
        return start(request.env)
      case 'references':
        return openReferences()
      case 'usage':
        return usage()
    }
  },
  async () => server?.catalog.close(),
)
