import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who left a file behind: one process, told apart from a later one with the same pid. */
export interface ProcessOwner {
  readonly pid: number
  /** When the process started, in the kernel's ticks since boot; `0` where the system does not say. */
  readonly started: string
  /** Which boot of which machine, and which pid namespace, as 16 hexadecimal digits. */
  readonly scope: string
}

/**
 * A process of another scope (a container, another host, an earlier boot) cannot be looked up; what it holds
 * counts as abandoned once it has not been touched for this long. A holder touches it before each record,
 * and no request lasts that long.
 */
const FOREIGN_OWNER_EXPIRY_MS = 120_000

const scope = createHash('sha256')
  .update(
    [
      textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
      textOf(() => readlinkSync('/proc/self/ns/pid')),
      hostname(),
    ].join('\n'),
  )
  .digest('hex')
  .slice(0, 16)

/** This process, as others on the machine will see it. */
export const thisProcess: ProcessOwner = {
  pid: process.pid,
  started: startOf(process.pid) ?? '0',
  scope,
}

/**
 * Whether the owner has ended, so that what it left may be taken over.
 *
 * @param untouchedMs Age of the owner's last sign of life, in milliseconds; used when it cannot be looked up.
 */
export function isGone(owner: ProcessOwner, untouchedMs: number): boolean {
  if (owner.scope !== scope) return untouchedMs > FOREIGN_OWNER_EXPIRY_MS
  if (!exists(owner.pid)) return true
  const started = startOf(owner.pid)
  return started !== undefined && owner.started !== '0' && started !== owner.started
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // EPERM is the answer for another user's process, which lives.
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM'
  }
}

/** The 22nd field of `/proc/<pid>/stat`; the second may hold spaces, so count from its closing bracket. */
function startOf(pid: number): string | undefined {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

/** A text of the kernel's; empty on a system that does not offer it. */
function textOf(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
