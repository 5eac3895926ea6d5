import { readdir } from 'node:fs/promises'
import type { SpoolRecord, SpoolStatus } from '../spool.ts'
import { readRecord } from './drain.ts'
import { listGaps, type LineGap } from './gaps.ts'
import type { SpoolLayout } from './layout.ts'
import { parseRecordName, sortedRecordNames, type RecordName } from './record-name.ts'
import { sortedStagedNames } from '../staging/staged-name.ts'
import { readProblem, type SpoolProblem } from './refused.ts'

/** Where in a spool a record is. */
export type SpoolPlace = 'waiting' | 'refused' | 'corrupt'

const places: readonly SpoolPlace[] = ['waiting', 'refused', 'corrupt']

/** What a spool on disk says of itself. `droppedCount` is what the gaps that no manifest has told yet add up to. */
export interface DiskSpoolStatus extends SpoolStatus {
  /** Files set aside because they were torn or altered. */
  readonly corruptCount: number
  /** Checkpoints whose bytes wait for their upload, or were set aside. */
  readonly stagedCount: number
  readonly stagedBytes: number
  readonly gaps: readonly LineGap[]
}

/** One record's file, as found. */
export interface SpooledFile {
  readonly name: string
  readonly place: SpoolPlace
  readonly sizeBytes: number
  /** All but the manifest; undefined when the file cannot be trusted. */
  readonly record?: Omit<SpoolRecord, 'manifest'> & { readonly createdAt: string }
  /** What is wrong with the file. */
  readonly fault?: string
  /** What the catalog said of it. */
  readonly problem?: SpoolProblem
}

/** Counts what is in the folder; ages are by the clock given, in epoch milliseconds. */
export async function readStatus(layout: SpoolLayout, now: number): Promise<DiskSpoolStatus> {
  const waiting = sortedRecordNames(await readdir(layout.waiting))
  const staged = sortedStagedNames(await readdir(layout.staged))
  const gaps = await listGaps(layout)
  const oldest = waiting[0]
  return {
    waitingCount: waiting.length,
    waitingBytes: waiting.reduce((sum, name) => sum + name.sizeBytes, 0),
    refusedCount: sortedRecordNames(await readdir(layout.refused)).length,
    corruptCount: (await readdir(layout.corrupt)).length,
    stagedCount: staged.length,
    stagedBytes: staged.reduce((sum, name) => sum + name.sizeBytes, 0),
    droppedCount: gaps.reduce((sum, gap) => sum + gap.count, 0),
    oldestAgeMs:
      oldest === undefined ? null : Math.max(0, now - Math.floor(oldest.sequence / 1000)),
    gaps,
  }
}

/** Lists every record, oldest first, having read and checked each. */
export async function listRecords(layout: SpoolLayout): Promise<readonly SpooledFile[]> {
  const files: SpooledFile[] = []
  for (const place of places) {
    for (const name of sortedRecordNames(await readdir(layout[place]))) {
      const file = await inspect(layout, place, name)
      if (file !== undefined) files.push(file)
    }
  }
  return files.sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** The whole record of a file's name, wherever in the spool it is; undefined when there is no intact one. */
export async function findRecord(
  layout: SpoolLayout,
  text: string,
): Promise<SpoolRecord | undefined> {
  const name = parseRecordName(text)
  if (name === undefined) return undefined
  for (const place of places) {
    const decoded = await readRecord(layout[place], name)
    if (decoded?.intact === true) return decoded.record
  }
  return undefined
}

async function inspect(
  layout: SpoolLayout,
  place: SpoolPlace,
  name: RecordName,
): Promise<SpooledFile | undefined> {
  const decoded = await readRecord(layout[place], name)
  if (decoded === undefined) return undefined
  const file = { name: name.text, place, sizeBytes: name.sizeBytes }
  if (!decoded.intact) return { ...file, fault: decoded.fault }
  const { manifest: _, ...header } = decoded.record
  const record = { ...header, createdAt: decoded.createdAt }
  const problem = place === 'refused' ? await readProblem(layout, name.text) : undefined
  return problem === undefined ? { ...file, record } : { ...file, record, problem }
}
