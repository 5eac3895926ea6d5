import { pino } from 'pino'
import { parseConfig, startServer, type RunningServer } from '../../server/main.ts'
import { answerRequests } from './answer.ts'
import { readUsage } from './usage.ts'
import type { VariantPorts } from './variants.ts'

/** What the bench asks of the server process. */
export type ServeRequest =
  | { readonly do: 'start'; readonly env: Readonly<Record<string, string>> }
  | { readonly do: 'variants' }
  | { readonly do: 'usage' }

export interface Started {
  readonly port: number
  readonly token: string
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

/** Loaded only when asked for, so that neither the time to start nor the memory is theirs. */
async function openVariants(): Promise<VariantPorts> {
  const { serveVariants } = await import('./variants.ts')
  if (server === undefined) throw new Error('start comes first')
  return serveVariants(server.catalog, token)
}

answerRequests<ServeRequest>(
  async (request) => {
    switch (request.do) {
      case 'start':
        return start(request.env)
      case 'variants':
        return openVariants()
      case 'usage':
        return readUsage()
    }
  },
  async () => server?.catalog.close(),
)
