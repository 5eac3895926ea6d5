import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { Kysely, SqliteDialect, SqliteQueryCompiler } from 'kysely'
import { readingOf, type Database } from './database.ts'
import { cachingDatabase } from './caching-database.ts'
import { translateFailure } from './failure.ts'
import { runDirectly, shareAnswers } from './statement.ts'
import type { Tables } from './tables.ts'
import { sqliteTransaction } from './write-sqlite.ts'

/** Older versions can skip committed pages when a write races a checkpoint of another connection. */
const SQLITE_OLDEST = [3, 51, 3] as const
/** Small pages: each registration dirties index pages at random places, and whole pages are logged. */
const PAGE_SIZE_BYTES = 2048
/** The writer folds the write-ahead log back at this size: larger is faster, and takes longer to reopen. */
const WAL_MAX_BYTES = 64 * 1024 * 1024
/** Page cache of each of the two handles. */
const CACHE_BYTES = 32 * 1024 * 1024
/** Another process may hold the file for as long as one batch takes, or a backup's first page. */
const BUSY_TIMEOUT_MS = 10_000

type Handle = BetterSqlite.Database
type Statement = BetterSqlite.Statement

/** Opens, or creates, the catalog's file. */
export function openSqlite(file: string): Database {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const write = openHandle(file, false)
  const read = openHandle(file, true)
  const answers = new Map<string, unknown[]>()
  const reader = kyselyOn(
    read,
    snapshotPerTurn(read, () => answers.clear()),
  )
  shareAnswers(reader, answers)
  const query = kyselyOn(write)
  const tx = sqliteTransaction(write, query)
  // The write handle is one connection: transactions of one process queue here, of several in SQLite.
  let last: Promise<unknown> = Promise.resolve()

  return {
    dialect: 'sqlite',
    reader: readingOf(reader),
    transaction: (body) => {
      const result = last.then(async () => {
        try {
          write.exec('begin immediate')
          const value = await body(tx)
          // Ended first: an open snapshot would keep this commit from folding the write-ahead log back.
          endSnapshots()
          write.exec('commit')
          return value
        } catch (error) {
          if (write.inTransaction) write.exec('rollback')
          throw translateFailure(error)
        }
      })
      last = result.catch(() => undefined)
      return result
    },
    execute: async (statements) => {
      await last
      try {
        write.exec('begin immediate')
        for (const statement of statements) write.exec(statement)
        endSnapshots()
        write.exec('commit')
      } finally {
        if (write.inTransaction) write.exec('rollback')
      }
    },
    close: async () => {
      await last
      endSnapshots()
      read.close()
      write.close()
    },
  }
}

/** Snapshots of every catalog in this process that a turn has open. */
const openSnapshots = new Set<() => void>()

/** Ends every open snapshot: what is read next sees what was just committed, whichever catalog wrote it. */
function endSnapshots(): void {
  for (const end of openSnapshots) end()
}

/**
 * One read transaction for everything that is read in a turn of the event loop: a statement alone locks and
 * unlocks the file, which costs as much as a point read. A request that a turn hands over had arrived before
 * the turn, so whatever another process acknowledged before it was sent is in the snapshot.
 */
function snapshotPerTurn(handle: Handle, onEnd: () => void): () => void {
  let statements: { readonly begin: Statement; readonly commit: Statement } | undefined
  let isOpen = false
  const end = (): void => {
    if (!isOpen) return
    isOpen = false
    openSnapshots.delete(end)
    onEnd()
    statements?.commit.run()
  }
  return () => {
    if (isOpen) return
    statements ??= { begin: handle.prepare('begin'), commit: handle.prepare('commit') }
    statements.begin.run()
    isOpen = true
    openSnapshots.add(end)
    setImmediate(end)
  }
}

function kyselyOn(handle: Handle, beforeQuery?: () => void): Kysely<Tables> {
  const database = cachingDatabase(handle, beforeQuery)
  const kysely = new Kysely<Tables>({ dialect: new RebindingDialect({ database }) })
  runDirectly(kysely, (text, parameters) => database.prepare(text).all(parameters))
  return kysely
}

function openHandle(file: string, readonly: boolean): Handle {
  try {
    const handle = new BetterSqlite(file, { readonly, timeout: BUSY_TIMEOUT_MS })
    if (!readonly) {
      handle.pragma(`page_size = ${PAGE_SIZE_BYTES}`)
      handle.pragma('journal_mode = WAL')
      handle.pragma(`wal_autocheckpoint = ${WAL_MAX_BYTES / PAGE_SIZE_BYTES}`)
      handle.pragma(`journal_size_limit = ${WAL_MAX_BYTES}`)
      handle.pragma('recursive_triggers = ON')
    }
    handle.pragma(`cache_size = -${CACHE_BYTES / 1024}`)
    // better-sqlite3 opens WAL databases at NORMAL, which loses acknowledged commits on power failure.
    handle.pragma('synchronous = FULL')
    assertSound(handle)
    return handle
  } catch (error) {
    throw translateFailure(error)
  }
}

/** The pragma reads FULL too early, before the first use: so it is asserted after one. */
function assertSound(handle: Handle): void {
  const version = String(handle.prepare('select sqlite_version()').pluck().get())
  const parts = version.split('.').map(Number)
  const order = SQLITE_OLDEST.map((oldest, place) => (parts[place] ?? 0) - oldest)
  assert.ok(
    (order.find((difference) => difference !== 0) ?? 0) >= 0,
    `SQLite ${version} can lose committed pages: ${SQLITE_OLDEST.join('.')} or newer is needed`,
  )
  handle.prepare('select count(*) from sqlite_schema').get()
  assert.equal(handle.pragma('synchronous', { simple: true }), 2, 'synchronous must be FULL')
}

/**
 * SQLite 3.54 compiles a statement anew when a bare parameter that its plan depends on is bound again, which
 * costs ten times what the query does. A unary plus changes no value and hides the parameter from the planner;
 * `test/store/rebinding.test.ts` says when it is no longer needed.
 */
class RebindingDialect extends SqliteDialect {
  override createQueryCompiler(): SqliteQueryCompiler {
    return new RebindingCompiler()
  }
}

class RebindingCompiler extends SqliteQueryCompiler {
  protected override getCurrentParameterPlaceholder(): string {
    return '+?'
  }
}
