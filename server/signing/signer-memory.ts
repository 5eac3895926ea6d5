import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import pg from 'pg'
import { CatalogError } from '../../schema/errors.ts'
import type { SignerMemoryConfig } from '../config.ts'
import { translateFailure } from '../store/failure.ts'
import type { RootedHead } from '../log/read-tiles.ts'

/** Several servers may have the file open, and each holds it for one small write. */
const BUSY_TIMEOUT_MS = 10_000
/** A short write-ahead log is soon written over rather than made longer, which a sync of the disk takes longer for. */
const WAL_MAX_PAGES = 64
/** A batch has few namespaces, and each asks once before and once after. */
const CONNECTIONS_MAX_COUNT = 4
/** A memory that does not answer in this time is away. */
const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 10_000

/** A change of what is remembered of one log. */
export interface Swap {
  readonly origin: string
  /** What must be remembered now; undefined for nothing. */
  readonly from: RootedHead | undefined
  readonly to: RootedHead
}

/** The newest head that was signed of each log. */
export interface SignerMemory {
  read(origin: string): Promise<RootedHead | undefined>
  /** Durable when it resolves with true; false and no change where something else is remembered. */
  swap(swap: Swap): Promise<boolean>
  /** Keeps what witnesses have said of a head; durable when it resolves, and never changed. */
  keepCosignatures(origin: string, head: RootedHead, lines: readonly string[]): Promise<void>
  /** The signature lines that were kept for exactly this head. */
  findCosignatures(origin: string, head: RootedHead): Promise<readonly string[]>
  close(): Promise<void>
}

/**
 * Opens the memory, or makes an empty one.
 *
 * @throws {STORAGE_UNAVAILABLE | STORAGE_FULL}
 */
export async function openSignerMemory(config: SignerMemoryConfig): Promise<SignerMemory> {
  try {
    return config.kind === 'sqlite' ? openFile(config.file) : await openShared(config.url)
  } catch (error) {
    throw memoryFailure(error)
  }
}

const CREATE_TABLE = (bytes: string): string =>
  `create table if not exists signed_head (
    origin text not null primary key,
    size bigint not null check (size >= 0),
    root ${bytes} not null
  )`

const CREATE_COSIGNATURES = (bytes: string): string =>
  `create table if not exists cosignature (
    origin text not null,
    size bigint not null,
    root ${bytes} not null,
    line text not null,
    primary key (origin, size, root, line)
  )`

const COSIGNATURES_ONLY_GROW = ['update', 'delete'].map(
  (event) => `create trigger if not exists cosignature_no_${event} before ${event} on cosignature
    begin select raise(abort, 'cosignature is insert-only'); end`,
)

interface WaitingSwap {
  readonly swap: Swap
  readonly resolve: (swapped: boolean) => void
  readonly reject: (error: unknown) => void
}

function openFile(file: string): SignerMemory {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const handle = new BetterSqlite(file, { timeout: BUSY_TIMEOUT_MS })
  handle.pragma('journal_mode = WAL')
  handle.pragma('synchronous = FULL')
  handle.pragma(`wal_autocheckpoint = ${WAL_MAX_PAGES}`)
  for (const text of [
    CREATE_TABLE('blob'),
    CREATE_COSIGNATURES('blob'),
    ...COSIGNATURES_ONLY_GROW,
  ]) {
    handle.exec(text)
  }
  const find = handle.prepare<[string], RootedHead>(
    'select size, root from signed_head where origin = ?',
  )
  const insert = handle.prepare(
    'insert into signed_head (origin, size, root) values (?, ?, ?) on conflict do nothing',
  )
  const update = handle.prepare(
    'update signed_head set size = ?, root = ? where origin = ? and size = ? and root = ?',
  )
  const swapOne = ({ origin, from, to }: Swap): boolean => {
    const { changes } =
      from === undefined
        ? insert.run(origin, to.size, to.root)
        : update.run(to.size, to.root, origin, from.size, from.root)
    return changes === 1
  }
  const swapAll = handle.transaction((swaps: readonly WaitingSwap[]) =>
    swaps.map(({ swap }) => swapOne(swap)),
  )
  // The namespaces of a batch share one transaction, and so one sync of the disk.
  let waiting: WaitingSwap[] = []
  const flush = (): void => {
    const swaps = waiting
    waiting = []
    try {
      const swapped = swapAll.immediate(swaps)
      swaps.forEach(({ resolve }, place) => resolve(swapped[place] ?? false))
    } catch (error) {
      for (const { reject } of swaps) reject(memoryFailure(error))
    }
  }
  return {
    read: async (origin) => {
      try {
        return find.get(origin)
      } catch (error) {
        throw memoryFailure(error)
      }
    },
    swap: (swap) =>
      new Promise((resolve, reject) => {
        if (waiting.push({ swap, resolve, reject }) === 1) queueMicrotask(flush)
      }),
    ...cosignaturesIn(handle),
    close: async () => {
      handle.close()
    },
  }
}

/** What witnesses have said, in the memory's file. */
function cosignaturesIn(
  handle: BetterSqlite.Database,
): Pick<SignerMemory, 'keepCosignatures' | 'findCosignatures'> {
  const addLine = handle.prepare(
    'insert into cosignature (origin, size, root, line) values (?, ?, ?, ?) on conflict do nothing',
  )
  const addLines = handle.transaction(
    (origin: string, { size, root }: RootedHead, lines: readonly string[]) => {
      for (const line of lines) addLine.run(origin, size, root, line)
    },
  )
  const findLines = handle
    .prepare<[string, number, Uint8Array], string>(
      'select line from cosignature where origin = ? and size = ? and root = ? order by line',
    )
    .pluck()
  return {
    keepCosignatures: async (origin, head, lines) => {
      try {
        addLines.immediate(origin, head, lines)
      } catch (error) {
        throw memoryFailure(error)
      }
    },
    findCosignatures: async (origin, { size, root }) => {
      try {
        return findLines.all(origin, size, root)
      } catch (error) {
        throw memoryFailure(error)
      }
    },
  }
}

async function openShared(url: string): Promise<SignerMemory> {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS_MAX_COUNT,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    options: '-c synchronous_commit=on',
  })
  // Without listeners a connection that dies, idle or in use, would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const query = async (text: string, values: unknown[]) => {
    try {
      return await pool.query<{ size: string; root: Uint8Array; line: string }>(text, values)
    } catch (error) {
      throw memoryFailure(error)
    }
  }
  for (const [table, create] of [
    ['signed_head', CREATE_TABLE('bytea')],
    ['cosignature', CREATE_COSIGNATURES('bytea')],
  ] as const) {
    const { rows } = await query('select to_regclass($1) as size', [table])
    // Two servers may start at once, and "if not exists" does not keep the second from failing.
    if (typeof rows[0]?.size !== 'string') await query(create, []).catch(() => query(create, []))
  }
  return {
    read: async (origin) => {
      const found = await query('select size, root from signed_head where origin = $1', [origin])
      const [row] = found.rows
      return row === undefined ? undefined : { size: Number(row.size), root: row.root }
    },
    swap: async ({ origin, from, to }) => {
      const { rowCount } =
        from === undefined
          ? await query(
              'insert into signed_head (origin, size, root) values ($1, $2, $3) on conflict do nothing',
              [origin, to.size, to.root],
            )
          : await query(
              'update signed_head set size = $2, root = $3 where origin = $1 and size = $4 and root = $5',
              [origin, to.size, to.root, from.size, from.root],
            )
      return rowCount === 1
    },
    keepCosignatures: async (origin, { size, root }, lines) => {
      await query(
        `insert into cosignature (origin, size, root, line)
         select $1, $2, $3, line from unnest($4::text[]) as line on conflict do nothing`,
        [origin, size, root, lines],
      )
    },
    findCosignatures: async (origin, { size, root }) => {
      const found = await query(
        'select line from cosignature where origin = $1 and size = $2 and root = $3 order by line',
        [origin, size, root],
      )
      return found.rows.map(({ line }) => line)
    },
    close: () => pool.end(),
  }
}

/** Any failure of the memory keeps the caller from an answer, and the same request may be sent again. */
function memoryFailure(error: unknown): unknown {
  const failure = translateFailure(error)
  if (failure instanceof CatalogError && failure.code === 'STORAGE_FULL') return failure
  const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
  return new CatalogError(
    'STORAGE_UNAVAILABLE',
    `The signer's memory (CAIRN_SIGNER_MEMORY) cannot be used now${why}, and no head is signed without it. It is safe to send the same request again.`,
    { cause: error, detail: { place: 'signer-memory' } },
  )
}
