import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { CatalogError } from '../../schema/errors.ts'

/** Another process may hold the file for as long as one cosigning takes. */
const BUSY_TIMEOUT_MS = 10_000

/** The newest tree head of a log that this witness has cosigned. */
export interface CosignedHead {
  readonly size: number
  readonly root: Uint8Array
  /** When it was cosigned, in whole seconds of the epoch. */
  readonly timeSeconds: number
  /** The signed head, with the log's signatures that were verified and the cosignature. */
  readonly signedHead: string
}

/** What a witness remembers: for each log, by its origin, the newest head it has cosigned. */
export interface CosignedHeads {
  /** By the SHA-256 hash of the origin, in lower-case hexadecimal. */
  find(originHash: string): CosignedHead | undefined
  /**
   * Decides on a log's next head with the last one before it, and keeps it: one step, also for two
   * processes with one memory, and durable when it returns. Nothing is kept if `decide` gives no head.
   */
  advance<Outcome extends { readonly head?: CosignedHead }>(
    origin: { readonly text: string; readonly hash: string },
    decide: (last: CosignedHead | undefined) => Outcome,
  ): Outcome
  close(): void
}

type HeadRow = {
  readonly size: number
  readonly root: Uint8Array
  readonly time_seconds: number
  readonly signed_head: string
}

/**
 * Opens the memory in a file, or makes it.
 *
 * @throws {STORAGE_UNAVAILABLE} the file cannot be opened or is no memory of a witness
 */
export function openCosignedHeads(file: string): CosignedHeads {
  const handle = openHandle(file)
  const select = handle.prepare<[string], HeadRow>(
    'select size, root, time_seconds, signed_head from cosigned_head where origin_hash = ?',
  )
  const upsert = handle.prepare(
    `insert into cosigned_head (origin_hash, origin, size, root, time_seconds, signed_head)
     values (?, ?, ?, ?, ?, ?)
     on conflict (origin_hash) do update set size = excluded.size, root = excluded.root,
       time_seconds = excluded.time_seconds, signed_head = excluded.signed_head`,
  )
  const find = (originHash: string): CosignedHead | undefined => {
    const row = select.get(originHash)
    if (row === undefined) return undefined
    const { size, root, time_seconds: timeSeconds, signed_head: signedHead } = row
    return { size, root, timeSeconds, signedHead }
  }
  return {
    find,
    advance: (origin, decide) =>
      handle
        .transaction(() => {
          const outcome = decide(find(origin.hash))
          if (outcome.head !== undefined) {
            const { size, root, timeSeconds, signedHead } = outcome.head
            upsert.run(origin.hash, origin.text, size, root, timeSeconds, signedHead)
          }
          return outcome
        })
        // Takes the write lock before it reads: two requests must not decide on the same last head.
        .immediate(),
    close: () => handle.close(),
  }
}

function openHandle(file: string): BetterSqlite.Database {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const handle = new BetterSqlite(file, { timeout: BUSY_TIMEOUT_MS })
    handle.pragma('journal_mode = WAL')
    // A cosignature that was given and forgotten could be followed by one for a shorter log.
    handle.pragma('synchronous = FULL')
    handle.exec(`create table if not exists cosigned_head (
      origin_hash text primary key not null,
      origin text not null,
      size integer not null check (size >= 0),
      root blob not null check (length(root) = 32),
      time_seconds integer not null,
      signed_head text not null
    ) strict, without rowid`)
    handle.exec(`create trigger if not exists cosigned_head_only_grows
      before update on cosigned_head when new.size < old.size
      begin select raise(abort, 'a cosigned head never shrinks'); end`)
    return handle
  } catch (cause) {
    throw new CatalogError(
      'STORAGE_UNAVAILABLE',
      `The witness's memory ${file} cannot be used: check the file and its folder.`,
      { cause },
    )
  }
}
