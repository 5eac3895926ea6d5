import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last of what it wrote to stderr. */
  readonly said: string
}

/** A program of this repository that runs in a process of its own. */
export interface Child {
  readonly pid: number | undefined
  /** Resolves when the process has ended and all that it wrote has been read. */
  readonly ended: Promise<Exit>
  /** Ends it at once: nothing in it gets to run any more. */
  kill(): void
  /** Asks it to end. */
  terminate(): void
}

/** What to start. */
export interface ChildOptions {
  /** Path of the program, followed by its arguments. */
  readonly words: readonly string[]
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly onLine: (line: string) => void
}

/** Characters kept of what a process says on stderr: enough for its last sentences. */
const SAID_MAX_LENGTH = 4_096

/** Starts a program with the Node that runs this one. */
export function startChild({ words, variables, onLine }: ChildOptions): Child {
  const started = spawn(process.execPath, [...words], {
    env: { ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID_MAX_LENGTH)
  })
  createInterface({ input: started.stdout }).on('line', onLine)
  const ended = new Promise<Exit>((resolve) => {
    started.once('error', (error) => resolve({ code: null, signal: null, said: error.message }))
    started.once('close', (code, signal) => resolve({ code, signal, said: said.trim() }))
  })
  return {
    pid: started.pid,
    ended,
    kill: () => void started.kill('SIGKILL'),
    terminate: () => void started.kill('SIGTERM'),
  }
}
