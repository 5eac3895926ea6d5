import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { readingOf, type Database } from './database.ts'
import { translateFailure } from './failure.ts'
import type { Tables } from './tables.ts'
import { postgresTransaction } from './write-postgres.ts'

/** Batches of one process queue behind each other; the second connection is for maintenance. */
const WRITERS_MAX_COUNT = 2
/** Durable before acknowledged, whatever the server's default says. */
const WRITER_SETTINGS = '-c synchronous_commit=on'
/** PostgreSQL's default allows 100 connections in all. */
const READERS_MAX_COUNT = 10
/** A database that does not answer the door in this time is away. */
const CONNECT_TIMEOUT_MS = 5_000
/** No statement of ours takes longer; one that does holds the head of a log. */
const STATEMENT_TIMEOUT_MS = 30_000

/** Opens a pool on a PostgreSQL database, or on an engine that speaks its protocol. */
export function openPostgres(url: string): Database {
  const pool = openPool(url, { max: WRITERS_MAX_COUNT, options: WRITER_SETTINGS })
  const readers = openPool(url, {
    max: READERS_MAX_COUNT,
    options: '-c default_transaction_read_only=on',
  })
  const reader = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: named(readers) }) })

  return {
    dialect: 'postgres',
    reader: readingOf(reader),
    transaction: async (body) => {
      const client = await pool.connect().catch((error: unknown) => {
        throw translateFailure(error)
      })
      let broken = false
      try {
        await client.query('begin')
        if (isDue(client, TRANSACTIONS_PER_PLAN)) await client.query('discard plans')
        const value = await body(postgresTransaction(client))
        await client.query('commit')
        return value
      } catch (error) {
        await client.query('rollback').catch(() => {
          broken = true
        })
        throw translateFailure(error)
      } finally {
        client.release(broken)
      }
    },
    execute: async (statements) => {
      const client = await pool.connect().catch((error: unknown) => {
        throw translateFailure(error)
      })
      try {
        await client.query('begin')
        for (const statement of statements) await client.query(statement)
        await client.query('commit')
      } catch (error) {
        await client.query('rollback').catch(() => undefined)
        throw translateFailure(error)
      } finally {
        client.release()
      }
    },
    close: async () => {
      await Promise.all([pool.end(), readers.end()])
    },
  }
}

function openPool(
  url: string,
  config: { readonly max: number; readonly options: string },
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    types: { getTypeParser: readTypeParser },
    ...config,
  })
  // Without listeners a connection that dies, idle or in use, would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/**
 * A connection keeps its plans, and those made while a table was small read all of it when it has grown: until
 * the first `analyze`, each batch would take longer than the one before. So plans are made anew now and then.
 */
const TRANSACTIONS_PER_PLAN = 128
const QUERIES_PER_PLAN = 4096

const useCounts = new WeakMap<pg.PoolClient, number>()

/** Whether this use of a connection is its n-th, 2n-th and so on. */
function isDue(client: pg.PoolClient, every: number): boolean {
  const count = (useCounts.get(client) ?? 0) + 1
  useCounts.set(client, count)
  return count % every === 0
}

/** Log indexes and sizes are safe integers; everything else as the driver has it. */
export const readTypeParser: typeof pg.types.getTypeParser = (
  oid: Parameters<typeof pg.types.getTypeParser>[0],
  format?: 'text' | 'binary',
): ((value: never) => unknown) =>
  oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)

/** Distinct SQL texts prepared on each connection. */
const STATEMENTS_MAX_COUNT = 512

/** Names queries, so that each connection prepares a text once: half of a point read is planning. */
function named(pool: pg.Pool): ConstructorParameters<typeof PostgresDialect>[0]['pool'] {
  const names = new Map<string, string>()
  const nameOf = (text: string): string | undefined => {
    let name = names.get(text)
    if (name === undefined && names.size < STATEMENTS_MAX_COUNT) {
      name = `q${names.size}`
      names.set(text, name)
    }
    return name
  }
  return {
    connect: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw translateFailure(error)
      })
      let broken = false
      const query = async (text: string, values: readonly unknown[]) => {
        const name = nameOf(text)
        try {
          if (isDue(client, QUERIES_PER_PLAN)) await client.query('discard plans')
          return await client.query({
            text,
            values: [...values],
            ...(name === undefined ? {} : { name }),
          })
        } catch (error) {
          const failure = translateFailure(error)
          broken ||= failure !== error
          throw failure
        }
      }
      return { query, release: () => client.release(broken) } as unknown as pg.PoolClient
    },
    end: () => pool.end(),
  } as unknown as ConstructorParameters<typeof PostgresDialect>[0]['pool']
}
