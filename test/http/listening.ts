import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, type TestContext } from 'node:test'
import { pino } from 'pino'
import type { Dialect } from '../../migrations/dialect.ts'
import { declareLocally, startServer, type RunningServer } from '../../server/main.ts'
import { allGrants, newConfig } from '../harness/catalog.ts'
import { openConnection, type RawConnection } from './raw-connection.ts'

/** A server behind a real socket, and what it logged. */
export interface Listening {
  readonly server: RunningServer
  readonly port: number
  readonly token: string
  /** Lines of the log at level `error` or above. */
  errors(): readonly string[]
  open(): Promise<RawConnection>
  /** Entries in the log of the namespace `airline`. */
  size(): Promise<number>
  /** A request's head: its line, our Host, a token, and more header lines. */
  head(line: string, headers?: readonly string[]): string
  stop(): Promise<void>
}

/** Starts a server on a free port with the namespace `airline`; it stops with the test, if not before. */
export async function startListening(dialect: Dialect, test: TestContext): Promise<Listening> {
  const listening = await start(dialect)
  test.after(() => listening.stop())
  return listening
}

async function start(dialect: Dialect): Promise<Listening> {
  const config = await newConfig(dialect)
  const lines: string[] = []
  const logger = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
  const server = await startServer(config, logger)
  await declareLocally(server.catalog, 'airline')
  const token = await server.token({ subject: 'tester', grants: allGrants, lifetimeSeconds: 3600 })
  const stop = async (): Promise<void> => {
    await server.close()
    await rm(config.dataDirectory, { recursive: true, force: true })
  }
  let stopped: Promise<void> | undefined
  const port = Number(new URL(server.url).port)
  return {
    server,
    port,
    token,
    errors: () => lines,
    open: () => openConnection(port),
    size: async () => {
      const { db } = server.catalog.context
      const [head] = await db.selectFrom('log_head').select('size').limit(1).execute()
      return head?.size ?? 0
    },
    head: (line, headers = []) =>
      [
        `${line} HTTP/1.1`,
        `Host: 127.0.0.1:${port}`,
        `Authorization: Bearer ${token}`,
        ...headers,
        '',
        '',
      ].join('\r\n'),
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

/** Within a suite: a server that listens while its tests run. */
export function useListening(dialect: Dialect): () => Listening {
  let listening: Listening | undefined
  before(async () => {
    listening = await start(dialect)
  })
  after(() => listening?.stop())
  return () => {
    assert.ok(listening, 'the suite has begun')
    return listening
  }
}
