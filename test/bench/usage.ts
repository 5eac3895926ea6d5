import { readFileSync } from 'node:fs'

/** What a process has used. */
export interface Usage {
  /** Memory of the process now. */
  readonly residentBytes: number
  /** Processor time of the process since its start. */
  readonly cpuMicros: number
  /** What the process has had written to storage since its start. */
  readonly writtenBytes: number
}

/** What this process has used. */
export function readUsage(): Usage {
  const written = /^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]
  const { user, system } = process.cpuUsage()
  return {
    residentBytes: process.memoryUsage().rss,
    cpuMicros: user + system,
    writtenBytes: Number(written ?? Number.NaN),
  }
}
