import { randomBytes } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isGone, thisProcess } from './disk-owner.ts'

const GRAMMAR =
  /^(?<pid>\d{1,10})\.(?<started>\d{1,20})\.(?<scope>[0-9a-f]{16})\.[0-9a-f]{16}\.tmp$/

/** A new name for a file or folder that is still being written; it says who writes, so that a crash can be told. */
export function temporaryName(): string {
  const { pid, started, scope } = thisProcess
  return `${pid}.${started}.${scope}.${randomBytes(8).toString('hex')}.tmp`
}

/**
 * Removes what processes that have ended left half written in a folder of temporary files and folders.
 *
 * Files of living processes and of other names stay.
 *
 * @param now Epoch milliseconds.
 * @returns how many were removed
 */
export async function removeLeftovers(directory: string, now: number): Promise<number> {
  let removedCount = 0
  for (const name of await readdir(directory)) {
    const owner = GRAMMAR.exec(name)?.groups
    if (owner === undefined) continue
    const path = join(directory, name)
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) continue
    const { pid = '', started = '', scope = '' } = owner
    if (!isGone({ pid: Number(pid), started, scope }, now - found.mtimeMs)) continue
    await rm(path, { force: true, recursive: true })
    removedCount += 1
  }
  return removedCount
}
