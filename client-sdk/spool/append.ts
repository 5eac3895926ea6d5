import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isCatalogError } from '../../schema/errors.ts'
import type { SpoolRecord } from '../spool.ts'
import { diskFailure, syncDirectory, writeWhole } from '../stores/disk-durable.ts'
import { temporaryName } from '../stores/disk-temporary.ts'
import { gapIn, readGap, recordDrop, settleGap } from './gaps.ts'
import type { SpoolLayout } from './layout.ts'
import { encodeRecord } from './record-file.ts'
import { lineKeyOf, makeRecordName, nextSequence, parseRecordName } from './record-name.ts'

/** What other processes append is noticed this often, and always before a record is dropped. */
const COUNT_AGAIN_MS = 1_000

/** How many records a spool holds, and their bytes, as last counted and kept up since. */
interface Usage {
  recordCount: number
  bytes: number
  readonly countedAt: number
}

/** The end of a spool that appends, within one process. */
export interface Appender {
  readonly layout: SpoolLayout
  readonly clock: () => number
  readonly maxRecords: number
  readonly maxBytes: number
  usage: Usage | undefined
  lastSequence: number
}

/** Writes one record, or notes its step as dropped when the spool is full. Calls do not overlap. */
export async function appendRecord(
  appender: Appender,
  record: SpoolRecord,
): Promise<'kept' | 'dropped'> {
  const now = appender.clock()
  const bytes = encodeRecord(record, new Date(now).toISOString())
  try {
    if (!(await hasRoom(appender, bytes.length, now))) {
      await recordDrop(appender.layout, record, record.step)
      return 'dropped'
    }
    await write(appender, record, bytes, now)
    if (readGap(appender.layout, record) !== undefined) {
      await settleGap(appender.layout, record, gapIn(record.manifest))
    }
    return 'kept'
  } catch (cause) {
    // Whether the file is there after all is not known; count again.
    appender.usage = undefined
    if (isCatalogError(cause)) throw cause
    throw diskFailure(cause, `Spooling step ${record.step} of the job "${record.job}"`)
  }
}

/** Takes back the room of a record that has left the folder. */
export function freeRoom(appender: Appender, sizeBytes: number): void {
  if (appender.usage === undefined) return
  appender.usage.recordCount -= 1
  appender.usage.bytes -= sizeBytes
}

async function write(
  appender: Appender,
  record: SpoolRecord,
  bytes: Buffer,
  now: number,
): Promise<void> {
  const { layout, usage } = appender
  appender.lastSequence = nextSequence(appender.lastSequence, now)
  const name = makeRecordName(appender.lastSequence, lineKeyOf(record), bytes.length)
  await writeWhole(join(layout.waiting, name.text), join(layout.temporary, temporaryName()), bytes)
  await syncDirectory(layout.waiting)
  if (usage === undefined) return
  usage.recordCount += 1
  usage.bytes += bytes.length
}

async function hasRoom(appender: Appender, sizeBytes: number, now: number): Promise<boolean> {
  const { usage } = appender
  // A clock that has stepped back is no reason to trust an old count.
  const isFresh = usage !== undefined && Math.abs(now - usage.countedAt) < COUNT_AGAIN_MS
  if (isFresh && fits(appender, usage, sizeBytes)) return true
  return fits(appender, await count(appender, now), sizeBytes)
}

function fits(appender: Appender, usage: Usage, sizeBytes: number): boolean {
  return (
    usage.recordCount + 1 <= appender.maxRecords && usage.bytes + sizeBytes <= appender.maxBytes
  )
}

async function count(appender: Appender, now: number): Promise<Usage> {
  const { waiting, refused, corrupt } = appender.layout
  const usage: Usage = { recordCount: 0, bytes: 0, countedAt: now }
  for (const folder of [waiting, refused, corrupt]) {
    for (const text of await readdir(folder)) {
      const name = parseRecordName(text)
      if (name === undefined) continue
      usage.recordCount += 1
      usage.bytes += name.sizeBytes
      appender.lastSequence = Math.max(appender.lastSequence, name.sequence)
    }
  }
  appender.usage = usage
  return usage
}
