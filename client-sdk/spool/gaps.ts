import { readFileSync, renameSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isCatalogError } from '../../schema/errors.ts'
import type { Gap } from '../api.ts'
import type { SpoolLine } from '../spool.ts'
import { syncDirectory, writeWhole } from '../stores/disk-durable.ts'
import { temporaryName } from '../stores/disk-temporary.ts'
import type { SpoolLayout } from './layout.ts'
import { takeLease } from './lease.ts'
import { lineKeyOf } from './record-name.ts'

/** What one line had to drop and has not yet told the catalog. */
export interface LineGap extends SpoolLine, Gap {}

const FILE = /^[0-9a-f]{16}\.json$/

/** What was dropped on a line since its last kept record; undefined when nothing was. */
export function readGap(layout: SpoolLayout, line: SpoolLine): LineGap | undefined {
  return readGapFile(layout, `${lineKeyOf(line)}.json`)
}

/** Every line that has a gap. */
export async function listGaps(layout: SpoolLayout): Promise<readonly LineGap[]> {
  const names = (await readdir(layout.gaps)).filter((name) => FILE.test(name)).sort()
  return names.map((name) => readGapFile(layout, name)).filter((gap) => gap !== undefined)
}

/** Adds a dropped step to its line's gap, durably. */
export async function recordDrop(
  layout: SpoolLayout,
  line: SpoolLine,
  step: number,
): Promise<void> {
  await changeGap(layout, line, (gap) => ({
    count: (gap?.count ?? 0) + 1,
    firstStep: Math.min(gap?.firstStep ?? step, step),
    lastStep: Math.max(gap?.lastStep ?? step, step),
  }))
}

/**
 * Takes what a kept manifest tells off its line's gap; what was dropped since then stays.
 *
 * A crash just before leaves the gap, and the next manifest tells it again: told twice, never not at all.
 */
export async function settleGap(
  layout: SpoolLayout,
  line: SpoolLine,
  told: Gap | undefined,
): Promise<void> {
  if (told === undefined) return
  await changeGap(layout, line, (gap) => {
    if (gap === undefined || gap.count <= told.count) return undefined
    return {
      count: gap.count - told.count,
      firstStep: Math.max(gap.firstStep, Math.min(told.lastStep + 1, gap.lastStep)),
      lastStep: gap.lastStep,
    }
  })
}

/** The gap that a manifest tells; undefined when it tells none. */
export function gapIn(manifest: string): Gap | undefined {
  try {
    const document: unknown = JSON.parse(manifest)
    return hasGap(document) ? parseGap(document.gap) : undefined
  } catch {
    return undefined
  }
}

async function changeGap(
  layout: SpoolLayout,
  line: SpoolLine,
  change: (gap: Gap | undefined) => Gap | undefined,
): Promise<void> {
  const path = join(layout.gaps, `${lineKeyOf(line)}.json`)
  const lease = await takeLease(join(layout.gaps, 'lease')).catch((error: unknown) => {
    // Without it two processes of one line may lose a count; a job that stopped would lose more.
    if (isCatalogError(error) && error.code === 'SPOOL_LOCKED') return undefined
    throw error
  })
  try {
    const gap = change(readGap(layout, line))
    if (gap === undefined) {
      await rm(path, { force: true })
    } else {
      const { namespace, job, partition } = line
      const text = JSON.stringify({ format: 1, namespace, job, partition, ...gap })
      await writeWhole(path, join(layout.temporary, temporaryName()), Buffer.from(text))
    }
    await syncDirectory(layout.gaps)
  } finally {
    await lease?.release()
  }
}

/** Reads at once, without waiting, because the next manifest is being built. */
function readGapFile(layout: SpoolLayout, name: string): LineGap | undefined {
  const path = join(layout.gaps, name)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  const gap = parseGapText(text)
  // A gap that cannot be read is still a loss: where the status counts it, it is not forgotten.
  if (gap === undefined) renameSync(path, join(layout.corrupt, `gap-${name}`))
  return gap
}

function parseGapText(text: string): LineGap | undefined {
  try {
    return parseLineGap(JSON.parse(text))
  } catch {
    return undefined
  }
}

function parseLineGap(value: unknown): LineGap | undefined {
  const gap = parseGap(value)
  if (gap === undefined) return undefined
  const { namespace, job, partition } = value as Readonly<Record<string, unknown>>
  if (typeof namespace !== 'string' || typeof job !== 'string' || typeof partition !== 'string') {
    return undefined
  }
  return { namespace, job, partition, ...gap }
}

function parseGap(value: unknown): Gap | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { count, firstStep, lastStep } = value as Readonly<Record<string, unknown>>
  if (!isCount(count) || count === 0 || !isCount(firstStep) || !isCount(lastStep)) return undefined
  return { count, firstStep, lastStep }
}

function hasGap(value: unknown): value is { readonly gap: unknown } {
  return typeof value === 'object' && value !== null && 'gap' in value
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
