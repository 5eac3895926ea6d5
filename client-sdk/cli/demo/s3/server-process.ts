import { execFile, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Variables } from './loopback-s3.ts'

/** Time between two looks whether a server is up. */
const POLL_MS = 100

/** How long a server may take to stop before it is killed. */
const STOP_MS = 10_000

/** A program of a server, running. */
export interface ServerProcess {
  /** What it wrote, at most the newest part; for the message when it does not come up. */
  output(): string
  hasEnded(): boolean
  stop(): Promise<void>
}

/** Written output that is kept, in characters. */
const OUTPUT_MAX = 20_000

/** Ends the program when the input closes, which it does by itself if this process is killed. */
const keeper = '"$@" 3<&- & child=$!; { cat; kill "$child"; } <&3 >/dev/null 2>&1 & wait "$child"'

/** Starts a program that ends with this process at the latest. */
export function startProcess(command: string, args: readonly string[]): ServerProcess {
  const child = spawn('sh', ['-c', `exec 3<&0; ${keeper}`, 'sh', command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (piece: unknown): void => {
    output = (output + String(piece)).slice(-OUTPUT_MAX)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  child.stdin.on('error', () => undefined)
  const ended = once(child, 'exit')
  let isOver = false
  void ended.finally(() => {
    isOver = true
    child.stdin.destroy()
  })
  return {
    output: () => output,
    hasEnded: () => isOver,
    stop: async () => {
      if (isOver) return
      child.stdin.end()
      const waiting = new AbortController()
      const late = setTimeout(STOP_MS, undefined, { signal: waiting.signal }).then(
        () => child.kill('SIGKILL'),
        () => undefined,
      )
      await ended
      waiting.abort()
      await late
    },
  }
}

/** Waits until a check succeeds; the last failure tells what went wrong. */
export async function waitUntil(
  what: string,
  deadlineMs: number,
  check: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + deadlineMs
  let last: unknown
  while (performance.now() < end) {
    const done = await check().catch((error: unknown) => {
      last = error
      return false
    })
    if (done) return
    await setTimeout(POLL_MS)
  }
  throw new Error(`${what} did not come up in ${deadlineMs} ms`, { cause: last })
}

/** Waits until something answers HTTP at an address. */
export async function waitForHttp(
  what: string,
  url: string,
  process: ServerProcess,
): Promise<void> {
  await waitUntil(what, 30_000, async () => {
    if (process.hasEnded()) throw new Error(`${what} ended: ${process.output()}`)
    await (await fetch(url)).arrayBuffer()
    return true
  })
}

/** The path of a program, if this machine has it. */
export function findProgram(name: string, { PATH = '' }: Variables): string | undefined {
  const folders = PATH.split(delimiter)
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

/** Whether a file can be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Runs a program to its end and gives back what it wrote. */
export async function runToEnd(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { timeout: 60_000 })
  return stdout
}
