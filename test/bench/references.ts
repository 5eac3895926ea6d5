import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

/** Ports of what the catalog is measured against: in a process of its own, on the catalog's core. */
export interface ReferencePorts {
  /** Bare node:http: parses a JSON body and answers it serialised again. */
  readonly echo: number
  /** hono: `/ping/…` answers a small GET, `/echo` does what `echo` does. */
  readonly hono: number
}

/** Listens with the references on free ports. */
export async function serveReferences(): Promise<ReferencePorts> {
  return { echo: await listen(echoServer()), hono: await serveApp(honoReference()) }
}

/** Listens with a hono application as the catalog does. */
export function serveApp({ fetch }: Hono): Promise<number> {
  return new Promise((resolve) => {
    serve({ fetch, hostname: '127.0.0.1', port: 0 }, (address) => resolve(address.port))
  })
}

function echoServer(): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString('utf8')))
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    })
  })
}

function honoReference(): Hono {
  const app = new Hono()
  app.get('/ping/:namespace/:job/:partition', (http) =>
    http.json({ status: http.req.param('job') }),
  )
  app.post('/echo', async (http) => http.json(await http.req.json()))
  return app
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
