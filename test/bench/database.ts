import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres, type RunningPostgres } from '../harness/postgres.ts'

export type DatabaseKind = 'sqlite' | 'postgres'

/** One database of the bench, filled and measured by child processes. */
export interface BenchDatabase {
  /** What the children's `parseConfig` gets. */
  readonly env: Readonly<Record<string, string>>
  /** Size on disk; nobody may have it open. */
  sizeBytes(): Promise<number>
  /** Size of the write-ahead log now; undefined where the server does not keep it. */
  walBytes(): number | undefined
}

/** The databases of one bench run, in one temporary folder. */
export interface BenchDatabases {
  readonly primary: BenchDatabase
  /** A copy of the primary, which nobody may have open. Copies stay until the end: removing large files stalls the disk. */
  copy(): Promise<BenchDatabase>
  close(): Promise<void>
}

/** Makes an empty database. */
export async function openDatabases(
  kind: DatabaseKind,
  parent = tmpdir(),
): Promise<BenchDatabases> {
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'cairn-bench-'))
  return kind === 'sqlite' ? sqliteDatabases(folder) : postgresDatabases(folder)
}

function sqliteDatabases(folder: string): BenchDatabases {
  let count = 0
  const at = (name: string): BenchDatabase => {
    const directory = join(folder, name)
    const file = join(directory, 'catalog.sqlite')
    mkdirSync(directory)
    return {
      env: { CAIRN_DATA_DIR: directory },
      sizeBytes: async () => statSync(file).size,
      walBytes: () => (existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0),
    }
  }
  const primary = at('primary')
  return {
    primary,
    copy: async () => {
      const copy = at(`copy-${(count += 1)}`)
      // With its keys and the signer's memory: without them nothing of it is signed.
      cpSync(primary.env['CAIRN_DATA_DIR'] ?? '', copy.env['CAIRN_DATA_DIR'] ?? '', {
        recursive: true,
      })
      return copy
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function postgresDatabases(folder: string): Promise<BenchDatabases> {
  // Durable as shipped; the cache is what a small machine would give it.
  const server = await startPostgres(['-c', 'shared_buffers=512MB', '-c', 'max_wal_size=4GB'])
  let count = 0
  const at = (name: string): BenchDatabase => ({
    env: { CAIRN_DATA_DIR: folder, CAIRN_DATABASE_URL: `${server.url}/${name}` },
    sizeBytes: async () => sizeOf(server, name),
    walBytes: () => undefined,
  })
  await administer(server, 'create database bench')
  return {
    primary: at('bench'),
    copy: async () => {
      const name = `bench_copy_${(count += 1)}`
      await administer(server, `create database ${name} template bench`)
      return at(name)
    },
    close: async () => {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function sizeOf(server: RunningPostgres, name: string): Promise<number> {
  await administer(server, 'checkpoint')
  const [row] = await administer(server, `select pg_database_size('${name}') as bytes`)
  return Number(row?.['bytes'])
}

async function administer(
  server: RunningPostgres,
  statement: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new pg.Client({ connectionString: `${server.url}/postgres` })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement)
    return rows
  } finally {
    await client.end()
  }
}
