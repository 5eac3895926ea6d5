import type { AddressInfo } from 'node:net'
import { serve, type ServerType } from '@hono/node-server'

/** Longer than clients and load balancers keep a connection, so that none writes to one that just closed. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000
const HEADERS_TIMEOUT_MS = 80_000
/** How often idle connections are looked for while the server stops. */
const IDLE_CHECK_MS = 50
/** Open requests get this long to end when the server stops. */
const DRAIN_MAX_MS = 10_000

/** Listens; rejects with the system's error when it cannot. */
export function listen(
  fetch: Parameters<typeof serve>[0]['fetch'],
  at: { readonly host: string; readonly port: number },
): Promise<{ readonly server: ServerType; readonly port: number }> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch,
        hostname: at.host,
        port: at.port,
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

/** Takes no new requests, and resolves when those that run have ended, or had their time. */
export async function closeServer(server: ServerType): Promise<void> {
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

/** The URL of a server that listens at an address. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
