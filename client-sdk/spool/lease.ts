import { randomBytes } from 'node:crypto'
import { lstatSync, lutimesSync, readlinkSync } from 'node:fs'
import { rm, symlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CatalogError } from '../../schema/errors.ts'
import { diskFailure, errnoOf } from '../stores/disk-durable.ts'
import { isGone, thisProcess, type ProcessOwner } from '../stores/disk-owner.ts'

/** How long to wait for another process, and how often to look; a pass over a short spool takes less. */
const WAIT_MS = 1_000
const POLL_MS = 10
const ATTEMPTS_MAX_COUNT = WAIT_MS / POLL_MS

/** The right, one process at a time, to do something with a spool. */
export interface Lease {
  /** Whether it is still ours; says so to others too. A process that was held up may have lost it. */
  renew(): boolean
  release(): Promise<void>
}

const HOLDER = /^(?<pid>\d{1,10})\.(?<started>\d{1,20})\.(?<scope>[0-9a-f]{16})\.[0-9a-f]{8}$/

/**
 * Takes a lease, or waits up to a second for the process that has it.
 *
 * A lease is a symbolic link to nowhere whose target names its holder. It comes into being with its text, so
 * nobody sees half of it, and it takes no room for data: a spool on a full disk can be drained.
 *
 * The lease of a process that has ended is taken over at once. Two that take it over in the same instant
 * may both get it; the first one then learns from `renew` that it has lost it, and stops.
 *
 * @throws {SPOOL_LOCKED} a living process keeps it
 * @throws {ABORTED} the signal fired while waiting
 * @throws {STORE_FAILED} the lease cannot be made
 */
export async function takeLease(path: string, signal?: AbortSignal): Promise<Lease> {
  const { pid, started, scope } = thisProcess
  const holder = `${pid}.${started}.${scope}.${randomBytes(4).toString('hex')}`
  for (let attempt = 0; attempt < ATTEMPTS_MAX_COUNT; attempt += 1) {
    if (await create(path, holder)) return leaseOf(path, holder)
    if (isAbandoned(path)) {
      await rm(path, { force: true })
      continue
    }
    await delay(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(
      (cause: unknown) => {
        throw new CatalogError('ABORTED', 'Waiting for the spool was stopped; try again later.', {
          cause,
        })
      },
    )
  }
  const other = parseHolder(readHolder(path) ?? '')
  throw new CatalogError(
    'SPOOL_LOCKED',
    `Process ${other?.pid ?? 'unknown'} is using the spool (${path}); it will finish, or try again later.`,
    { detail: { pid: other?.pid ?? null } },
  )
}

async function create(path: string, holder: string): Promise<boolean> {
  try {
    // The kind matters on Windows alone, where a junction needs no privilege.
    await symlink(holder, path, 'junction')
    return true
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return false
    throw diskFailure(cause, `Taking the lease ${path}`)
  }
}

function leaseOf(path: string, holder: string): Lease {
  const isOurs = () => readHolder(path) === holder
  return {
    renew() {
      if (!isOurs()) return false
      touch(path)
      return true
    },
    async release() {
      if (isOurs()) await rm(path, { force: true })
    },
  }
}

/** Shows a sign of life to processes that cannot look this one up. */
function touch(path: string): void {
  const now = new Date()
  try {
    lutimesSync(path, now, now)
  } catch {
    // It was taken over in this instant; the next renewal finds out.
  }
}

function isAbandoned(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return false
  const holder = parseHolder(readHolder(path) ?? '')
  return isGone(holder ?? unknownHolder, Date.now() - found.mtimeMs)
}

/** Whoever left something else under a lease's name cannot be looked up. */
const unknownHolder: ProcessOwner = { pid: 0, started: '0', scope: 'unknown' }

function readHolder(path: string): string | undefined {
  try {
    return basename(readlinkSync(path))
  } catch {
    return undefined
  }
}

function parseHolder(text: string): ProcessOwner | undefined {
  const parts = HOLDER.exec(text)?.groups
  if (parts === undefined) return undefined
  const { pid = '', started = '', scope = '' } = parts
  return { pid: Number(pid), started, scope }
}
