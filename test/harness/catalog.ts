import { mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import pg from 'pg'
import { pino } from 'pino'
import type { Dialect } from '../../migrations/dialect.ts'
import type { Grant } from '../../schema/grant.ts'
import { createApp } from '../../server/app.ts'
import { openCatalog, type Catalog } from '../../server/compose.ts'
import { parseConfig, type Config } from '../../server/config.ts'
import { POSTGRES_VARIABLE, startPostgres, type RunningPostgres } from './postgres.ts'

/** Every suite that touches the database runs once for each. */
export const dialects: readonly Dialect[] = ['sqlite', 'postgres']

/** The test clock's first moment. */
export const START_MS = Date.parse('2026-11-23T10:00:00.000Z')

export const allGrants: readonly Grant[] = [
  { verbs: ['append', 'read', 'verify', 'retire', 'audit', 'admin'], on: '*/*' },
]

/** A real catalog, in process: the app is called without a socket. */
export interface TestCatalog {
  readonly catalog: Catalog
  readonly app: Hono
  readonly config: Config
  readonly token: string
  /** What the SDK takes as its `fetch`. */
  readonly fetch: typeof fetch
  /** One call as JSON: status and body. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Called>
  tokenFor(subject: string, grants: readonly Grant[]): Promise<string>
  /** Moves the clock. */
  advance(ms: number): void
  close(): Promise<void>
}

/** A response, read. */
export interface Called {
  readonly status: number
  readonly headers: Headers
  // Tests look into any answer; what it has is what they assert.
  readonly body: any // oxlint-disable-line typescript/no-explicit-any
}

let ownPostgres: Promise<RunningPostgres> | undefined
let databaseCount = 0

/** A new, empty database of a dialect. */
export async function newConfig(dialect: Dialect): Promise<Config> {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-test-'))
  // What a job's first write makes: a store without it is away.
  mkdirSync(join(directory, 'blobs', 'objects'), { recursive: true })
  const url = dialect === 'sqlite' ? undefined : await newPostgresDatabase()
  return parseConfig({ CAIRN_DATA_DIR: directory, CAIRN_PORT: '0', CAIRN_DATABASE_URL: url })
}

/** Opens a catalog over a new database, or over one that a test already has. */
export async function openTestCatalog(dialect: Dialect, given?: Config): Promise<TestCatalog> {
  const config = given ?? (await newConfig(dialect))
  let now = START_MS
  const catalog = await openCatalog(config, {
    nowMs: () => now,
    logger: pino({ level: 'silent' }),
  })
  const app = createApp(catalog, config.allowedHosts)
  const tokenFor = (subject: string, grants: readonly Grant[]): Promise<string> =>
    catalog.localKey.sign({ subject, grants, issuedAtMs: Date.now(), lifetimeSeconds: 3600 })
  const token = await tokenFor('tester', allGrants)
  const fetchApp: typeof fetch = async (input, init) =>
    app.request(input instanceof Request ? input : input.toString(), init)
  return {
    catalog,
    app,
    config,
    token,
    fetch: fetchApp,
    tokenFor,
    advance: (ms) => {
      now += ms
    },
    call: async (method, path, body, headers = {}) => {
      const response = await app.request(path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? undefined : isJson(response) ? JSON.parse(text) : text,
      }
    },
    close: async () => {
      await catalog.close()
      await rm(config.dataDirectory, { recursive: true, force: true })
    },
  }
}

function isJson(response: Response): boolean {
  return /^application\/(?:problem\+)?json\b/.test(response.headers.get('content-type') ?? '')
}

async function newPostgresDatabase(): Promise<string> {
  const server = process.env[POSTGRES_VARIABLE] ?? (await startOwn())
  databaseCount += 1
  const name = `cairn_${process.pid}_${databaseCount}`
  const client = new pg.Client({ connectionString: `${server}/postgres` })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  return `${server}/${name}`
}

/** For a test file that is run alone; it ends with the file's process. */
async function startOwn(): Promise<string> {
  ownPostgres ??= startPostgres(['-c', 'fsync=off'])
  return (await ownPostgres).url
}
