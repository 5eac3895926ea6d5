import type { BenchDatabase } from './database.ts'
import { startChild } from './child.ts'
import { loadClient, type LoadClient } from './http-load.ts'
import { openRegistrations, type Registrations } from './registrations.ts'
import { makeRequests, type Requests } from './requests.ts'
import type { ReferencePorts } from './references.ts'
import type { Started } from './serve-child.ts'
import type { Usage } from './usage.ts'
import type { VariantPorts } from './variants.ts'

/** Keep-alive connections of the load. */
const CONNECTION_COUNT = 64
/** Connections that send batches: enough to keep the server busy, too few to fill its queue. */
const BATCH_CONNECTION_COUNT = 8

/** What the first line of `cairn` gives its process: requests that wait for a commit should die young, not be promoted. */
const SERVER_FLAGS = ['--min-semi-space-size=16', '--max-semi-space-size=16']

/** A server over a filled database, and clients of everything it listens with. */
export interface Session {
  readonly requests: Requests
  readonly registrations: Registrations
  /** Checkpoints that were there at the start. */
  readonly filledCount: number
  readonly catalog: LoadClient
  readonly echo: LoadClient
  readonly hono: LoadClient
  /** The catalog without one thing that it ships; opened when first asked for. */
  variants(): Promise<Variants>
  /** Few connections, for batches. */
  readonly batches: LoadClient
  /** One connection, for questions one after the other. */
  readonly single: LoadClient
  usage(): Promise<Usage>
  stop(): Promise<void>
}

/** Clients of the same catalog, changed. */
export interface Variants {
  readonly withoutAuth: LoadClient
  readonly commitEach: LoadClient
  readonly withoutReceipts: LoadClient
}

/** Starts a server over a database that holds checkpoints 0 to below `filledCount`. */
export async function openSession(
  database: BenchDatabase,
  filledCount: number,
  flags: readonly string[],
): Promise<Session> {
  const server = startChild('serve-child.ts', { flags: [...SERVER_FLAGS, ...flags] })
  const { port, token } = await server.ask<Started>({ do: 'start', env: database.env })
  const references = startChild('reference-child.ts')
  const ports = await references.ask<ReferencePorts>({ do: 'references' })
  const usage = (): Promise<Usage> => server.ask<Usage>({ do: 'usage' })
  const clientOf = (to: number, count = CONNECTION_COUNT): LoadClient =>
    metered(loadClient(to, count), usage)
  const referenceTo = (to: number): LoadClient =>
    metered(loadClient(to, CONNECTION_COUNT), () => references.ask<Usage>({ do: 'usage' }))
  return {
    catalog: clientOf(port),
    echo: referenceTo(ports.echo),
    hono: referenceTo(ports.hono),
    variants: async () => {
      const changed = await server.ask<VariantPorts>({ do: 'variants' })
      return {
        withoutAuth: clientOf(changed.withoutAuth),
        commitEach: clientOf(changed.commitEach),
        withoutReceipts: clientOf(changed.withoutReceipts),
      }
    },
    batches: clientOf(port, BATCH_CONNECTION_COUNT),
    single: clientOf(port, 1),
    requests: makeRequests(token),
    registrations: openRegistrations(filledCount),
    filledCount,
    usage,
    stop: async () => {
      await references.stop()
      await server.stop()
    },
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
