import { constants } from 'node:fs'
import { open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isCatalogError, type CatalogError, type ErrorCode } from '../../schema/errors.ts'
import type { Digest, Receipt } from '../api.ts'
import type { SpoolRecord } from '../spool.ts'
import { diskFailure, errnoOf, syncDirectory } from '../stores/disk-durable.ts'
import type { SpoolLayout } from './layout.ts'
import type { Lease } from './lease.ts'
import { decodeRecord, RECORD_MAX_BYTES, type DecodedRecord } from './record-file.ts'
import { sortedRecordNames, type RecordName } from './record-name.ts'
import { setAsideRefused } from './refused.ts'

/** Lines sent at the same time: enough to hide the network's latency, few enough for a small server. */
const LINES_MAX_PARALLEL = 4

/** Refusals of the caller or of the route, which say nothing about a record: they end the pass. */
const aboutTheCaller: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ABORTED',
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'HOST_NOT_ALLOWED',
  'ROUTE_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'UNSUPPORTED_MEDIA_TYPE',
  'CONFIG_INVALID',
  'SCHEMA_UNKNOWN',
  'LOG_ROLLED_BACK',
  'LOG_CORRUPT',
])

/** Sends one record; throws a `CatalogError` when the catalog refuses it or cannot be reached. */
export type Send = (record: SpoolRecord) => Promise<Receipt>

/** One pass over a spool: what it needs, and what it has done so far. */
export interface Pass {
  readonly layout: SpoolLayout
  readonly lease: Lease
  readonly send: Send
  readonly signal: AbortSignal | undefined
  readonly sent: { readonly checkpoint: Digest; readonly receipt: Receipt }[]
  readonly refused: { readonly checkpoint: Digest; readonly error: CatalogError }[]
  /** Hears of each record that has left the spool's folder, by the bytes it took. */
  readonly onRemoved: (sizeBytes: number) => void
  /** Set when the pass is over for all lines. */
  ended: boolean
  /** What `send` threw that is no `CatalogError`: a fault of the caller's, for the caller. */
  unexpected?: { readonly error: unknown }
}

/** Sends what waited when the pass began: each line in order, some lines at a time. */
export async function drainOnce(pass: Pass): Promise<void> {
  const lines = new Map<string, RecordName[]>()
  for (const name of sortedRecordNames(await readdir(pass.layout.waiting))) {
    const line = lines.get(name.lineKey)
    if (line === undefined) lines.set(name.lineKey, [name])
    else line.push(name)
  }
  const queue = [...lines.values()]
  const drainers = Array.from({ length: Math.min(LINES_MAX_PARALLEL, queue.length) }, async () => {
    for (let line = queue.shift(); line !== undefined; line = queue.shift()) {
      await drainLine(pass, line)
    }
  })
  const outcomes = await Promise.allSettled(drainers)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

/** Reads one record's file; undefined when it has left the folder. */
export async function readRecord(
  folder: string,
  name: RecordName,
): Promise<DecodedRecord | undefined> {
  try {
    if (name.sizeBytes > RECORD_MAX_BYTES) {
      return { intact: false, fault: `it has more than ${RECORD_MAX_BYTES} bytes` }
    }
    const handle = await open(join(folder, name.text), constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const { size } = await handle.stat()
      if (size !== name.sizeBytes) {
        return {
          intact: false,
          fault: `it has ${size} bytes and its name says ${name.sizeBytes}`,
        }
      }
      return decodeRecord(await handle.readFile(), name)
    } finally {
      await handle.close()
    }
  } catch (cause) {
    const errno = errnoOf(cause)
    if (errno === 'ENOENT') return undefined
    if (errno === 'ELOOP') return { intact: false, fault: 'it is a symbolic link' }
    throw diskFailure(cause, `Reading the spooled record ${name.text}`)
  }
}

async function drainLine(pass: Pass, names: readonly RecordName[]): Promise<void> {
  for (const name of names) {
    if (pass.ended || pass.signal?.aborted === true || !pass.lease.renew()) {
      pass.ended = true
      return
    }
    try {
      await drainRecord(pass, name)
    } catch (cause) {
      pass.ended = true
      throw cause
    }
  }
}

async function drainRecord(pass: Pass, name: RecordName): Promise<void> {
  const { layout } = pass
  const decoded = await readRecord(layout.waiting, name)
  if (decoded === undefined) return
  if (!decoded.intact) {
    await moveDurably(layout.waiting, layout.corrupt, name.text)
    return
  }
  const { record } = decoded
  const outcome = await trySend(pass, record)
  if (outcome === undefined) {
    pass.ended = true
  } else if ('receipt' in outcome) {
    // Not synced: a record that comes back after a crash is sent again and gets the same receipt.
    await rm(join(layout.waiting, name.text), { force: true })
    pass.sent.push({ checkpoint: record.checkpoint, receipt: outcome.receipt })
    pass.onRemoved(name.sizeBytes)
  } else {
    await setAsideRefused(layout, name, outcome.error)
    pass.refused.push({ checkpoint: record.checkpoint, error: outcome.error })
  }
}

/** The receipt, or the refusal of this very record; undefined when the pass has to end. */
async function trySend(
  pass: Pass,
  record: SpoolRecord,
): Promise<{ readonly receipt: Receipt } | { readonly error: CatalogError } | undefined> {
  try {
    return { receipt: await pass.send(record) }
  } catch (error) {
    if (!isCatalogError(error)) pass.unexpected ??= { error }
    else if (!error.retryable && !aboutTheCaller.has(error.code)) return { error }
    return undefined
  }
}

async function moveDurably(from: string, to: string, name: string): Promise<void> {
  await rename(join(from, name), join(to, name))
  await syncDirectory(to)
  await syncDirectory(from)
}
