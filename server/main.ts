import type { AddressInfo } from 'node:net'
import { serve, type ServerType } from '@hono/node-server'
import type { Logger } from 'pino'
import type { Grant } from '../schema/grant.ts'
import { NamespaceName } from '../schema/names.ts'
import { createApp } from './app.ts'
import { openCatalog, type Catalog } from './compose.ts'
import type { Config } from './config.ts'
import { validate } from './http/validate.ts'
import { declareNamespace } from './register/declare-namespace.ts'

export { openLocalKey } from './auth/local-key.ts'
export { replayCatalog } from './compose.ts'
export { parseConfig, type Config } from './config.ts'

/** Longer than clients and load balancers keep a connection, so that none writes to one that just closed. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000
const HEADERS_TIMEOUT_MS = 80_000
/** How often idle connections are looked for while the server stops. */
const IDLE_CHECK_MS = 50
/** Open requests get this long to end when the server stops. */
const DRAIN_MAX_MS = 10_000

/** A server that listens. */
export interface RunningServer {
  readonly url: string
  readonly catalog: Catalog
  /** A token of the local key. */
  token(request: {
    readonly subject: string
    readonly grants: readonly Grant[]
    readonly lifetimeSeconds: number
  }): Promise<string>
  /** Takes no new requests, ends those that run, and lets go of the database. */
  close(): Promise<void>
}

/**
 * Opens the catalog and listens.
 *
 * @throws {SCHEMA_UNKNOWN | STORAGE_UNAVAILABLE | CONFIG_INVALID}
 */
export async function startServer(config: Config, logger?: Logger): Promise<RunningServer> {
  const catalog = await openCatalog(config, logger === undefined ? {} : { logger })
  const app = createApp(catalog, config.allowedHosts)
  const { server, port } = await listen(app.fetch, config).catch(async (error: unknown) => {
    await catalog.close()
    throw error
  })
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return {
    url: `http://${host}:${port}`,
    catalog,
    token: (request) => catalog.localKey.sign({ ...request, issuedAtMs: catalog.context.nowMs() }),
    close: async () => {
      await closeServer(server)
      await catalog.close()
    },
  }
}

function listen(
  fetch: Parameters<typeof serve>[0]['fetch'],
  config: Config,
): Promise<{ readonly server: ServerType; readonly port: number }> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch,
        hostname: config.host,
        port: config.port,
        serverOptions: {
          keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
          headersTimeout: HEADERS_TIMEOUT_MS,
        },
      },
      (address: AddressInfo) => resolve({ server, port: address.port }),
    )
    server.once('error', reject)
  })
}

async function closeServer(server: ServerType): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // Again and again: a kept connection becomes idle when the request on it ends.
  const idle = setInterval(() => {
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  }, IDLE_CHECK_MS)
  const timer = setTimeout(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
  }, DRAIN_MAX_MS)
  await closed
  clearInterval(idle)
  clearTimeout(timer)
}

/**
 * Declares a namespace on the host itself, as the operator of this machine.
 *
 * @throws {INVALID_NAME}
 */
export async function declareLocally(catalog: Catalog, namespace: string): Promise<void> {
  validate(NamespaceName, namespace, 'path')
  const operator = { id: 'operator', grants: [{ verbs: ['admin'], on: '*/*' }] } as const
  const input = { namespace: namespace as NamespaceName, body: {} }
  const current = await catalog.context.db
    .selectFrom('namespace')
    .select('namespace')
    .where('namespace', '=', input.namespace)
    .limit(1)
    .executeTakeFirst()
  if (current === undefined) await declareNamespace(catalog.context, operator, input)
}
