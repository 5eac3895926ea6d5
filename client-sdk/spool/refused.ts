import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CatalogError } from '../../schema/errors.ts'
import { errnoOf, syncDirectory, writeWhole } from '../stores/disk-durable.ts'
import { temporaryName } from '../stores/disk-temporary.ts'
import type { SpoolLayout } from './layout.ts'
import { sortedRecordNames, type RecordName } from './record-name.ts'

/** What the catalog said when it refused a record. */
export interface SpoolProblem {
  readonly code: string
  readonly detail: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** Moves a record to the refused ones, with what the catalog said beside it. */
export async function setAsideRefused(
  layout: SpoolLayout,
  name: RecordName,
  error: CatalogError,
): Promise<void> {
  const problem: SpoolProblem = { code: error.code, detail: error.message, facts: error.detail }
  const temporaryPath = join(layout.temporary, temporaryName())
  // The problem first: a record among the refused always has one.
  await writeWhole(problemPath(layout, name.text), temporaryPath, encodeProblem(problem))
  await rename(join(layout.waiting, name.text), join(layout.refused, name.text))
  await syncDirectory(layout.refused)
  await syncDirectory(layout.waiting)
}

/**
 * Puts refused records back where they were in their lines, to be sent with the next pass.
 *
 * @param names Which records; all of them when left out.
 * @returns how many were put back
 */
export async function retryRefused(
  layout: SpoolLayout,
  names?: readonly string[],
): Promise<number> {
  let count = 0
  for (const { text } of sortedRecordNames(await readdir(layout.refused))) {
    if (names !== undefined && !names.includes(text)) continue
    await rename(join(layout.refused, text), join(layout.waiting, text))
    await rm(problemPath(layout, text), { force: true })
    count += 1
  }
  await syncDirectory(layout.waiting)
  await syncDirectory(layout.refused)
  return count
}

/** What the catalog said of a refused record; undefined when it is not to be read any more. */
export async function readProblem(
  layout: SpoolLayout,
  name: string,
): Promise<SpoolProblem | undefined> {
  try {
    return parseProblem(JSON.parse(await readFile(problemPath(layout, name), 'utf8')))
  } catch (cause) {
    if (cause instanceof SyntaxError || errnoOf(cause) === 'ENOENT') return undefined
    throw cause
  }
}

function problemPath(layout: SpoolLayout, name: string): string {
  return join(layout.refused, `${name}.problem.json`)
}

/** Facts are whatever a caller put there; what JSON cannot hold is left out rather than lost with the rest. */
function encodeProblem(problem: SpoolProblem): Buffer {
  try {
    return Buffer.from(JSON.stringify(problem))
  } catch {
    return Buffer.from(JSON.stringify({ ...problem, facts: {} }))
  }
}

function parseProblem(value: unknown): SpoolProblem | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { code, detail, facts } = value as Readonly<Record<string, unknown>>
  if (typeof code !== 'string' || typeof detail !== 'string') return undefined
  if (typeof facts !== 'object' || facts === null) return undefined
  return { code, detail, facts: facts as Readonly<Record<string, unknown>> }
}
