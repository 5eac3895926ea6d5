import type { BenchDatabase } from './database.ts'
import { startChild } from './child.ts'
import { loadClient, type LoadClient } from './http-load.ts'
import { openRegistrations, type Registrations } from './registrations.ts'
import { makeRequests, type Requests } from './requests.ts'
import type { Ports, Started, Usage } from './serve-child.ts'

/** Keep-alive connections of the load. */
const CONNECTION_COUNT = 64
/** Connections that send batches: enough to keep the server busy, too few to fill its queue. */
const BATCH_CONNECTION_COUNT = 8

/** A server over a filled database, and clients of everything it listens with. */
export interface Session {
  readonly requests: Requests
  readonly registrations: Registrations
  /** Checkpoints that were there at the start. */
  readonly filledCount: number
  readonly catalog: LoadClient
  readonly echo: LoadClient
  readonly hono: LoadClient
  readonly withoutAuth: LoadClient
  readonly commitEach: LoadClient
  /** Few connections, for batches. */
  readonly batches: LoadClient
  /** One connection, for questions one after the other. */
  readonly single: LoadClient
  usage(): Promise<Usage>
  stop(): Promise<void>
}

/** Starts a server over a database that holds checkpoints 0 to below `filledCount`. */
export async function openSession(
  database: BenchDatabase,
  filledCount: number,
  flags: readonly string[],
): Promise<Session> {
  const server = startChild('serve-child.ts', { flags })
  const { port, token } = await server.ask<Started>({ do: 'start', env: database.env })
  const ports = await server.ask<Ports>({ do: 'references' })
  const usage = (): Promise<Usage> => server.ask<Usage>({ do: 'usage' })
  const clientOf = (to: number, count = CONNECTION_COUNT): LoadClient =>
    metered(loadClient(to, count), usage)
  return {
    catalog: clientOf(port),
    echo: clientOf(ports.echo),
    hono: clientOf(ports.hono),
    withoutAuth: clientOf(ports.withoutAuth),
    commitEach: clientOf(ports.commitEach),
    batches: clientOf(port, BATCH_CONNECTION_COUNT),
    single: clientOf(port, 1),
    requests: makeRequests(token),
    registrations: openRegistrations(filledCount),
    filledCount,
    usage,
    stop: () => server.stop(),
  }
}

/** A client whose samples also say what a request cost the server's processor, whoever else used it. */
function metered(client: LoadClient, usage: () => Promise<Usage>): LoadClient {
  return {
    ...client,
    closedLoop: async (next, durationMs) => {
      const before = await usage()
      const sample = await client.closedLoop(next, durationMs)
      const after = await usage()
      return { ...sample, serverMicros: (after.cpuMicros - before.cpuMicros) / sample.count }
    },
  }
}
