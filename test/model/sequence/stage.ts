import type { Dialect } from '../../../migrations/dialect.ts'
import {
  newConfig,
  openTestCatalog,
  START_MS,
  type Called,
  type TestCatalog,
} from '../../harness/catalog.ts'

/** A database that two servers have open, and the clock that both read. */
export interface Stage {
  readonly servers: readonly [TestCatalog, TestCatalog]
  /** A namespace that nothing has used. */
  newNamespace(): string
  /** Moves the clock; the moment that it now shows, RFC 3339. */
  tick(): string
  /** One call, to one of the servers in turn. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Called>
  close(): Promise<void>
}

/** Between any two steps, so that a wrong moment is seen. */
const TICK_MS = 1001

/** A new database with two servers in front of it: what one answers, the other has to know. */
export async function openStage(dialect: Dialect): Promise<Stage> {
  const config = await newConfig(dialect)
  const servers = [
    await openTestCatalog(dialect, config),
    await openTestCatalog(dialect, config),
  ] as const
  let [namespaceCount, nowMs, turn] = [0, START_MS, 0]
  return {
    servers,
    newNamespace: () => {
      namespaceCount += 1
      return `drawn-${namespaceCount}`
    },
    tick: () => {
      nowMs += TICK_MS
      for (const server of servers) server.advance(TICK_MS)
      return new Date(nowMs).toISOString()
    },
    call: (method, path, body, headers) => {
      turn = 1 - turn
      const server = turn === 0 ? servers[0] : servers[1]
      return server.call(method, path, body, headers)
    },
    close: async () => {
      await servers[1].catalog.close()
      await servers[0].close()
    },
  }
}
