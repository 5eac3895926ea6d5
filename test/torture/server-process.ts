import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A server that does not say it is ready in this time never will. */
const READY_MAX_MS = 30_000

/** A server in a process of its own, to be killed. */
export interface ServerProcess {
  /** Resolves when it listens; rejects when it ends before, by itself. */
  readonly ready: Promise<void>
  /** Ends it in the middle of whatever it does; false when it had ended by itself. */
  kill(): Promise<boolean>
}

/** Starts a server with variables as its whole configuration. */
export function startServerProcess(env: Readonly<Record<string, string>>): ServerProcess {
  const child = fork(new URL('serve-child.ts', import.meta.url), [], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let killed = false
  const exited = once(child, 'exit')
  const untilReady = async (): Promise<void> => {
    await Promise.race([
      once(child, 'message', { signal: AbortSignal.timeout(READY_MAX_MS) }),
      exited,
    ])
    if (!killed && hasEnded(child)) throw new Error('the server ended by itself')
  }
  const ready = untilReady()
  // Whoever kills it while it starts does not wait for it.
  ready.catch(() => undefined)
  return {
    ready,
    kill: async () => {
      if (hasEnded(child)) return false
      killed = true
      child.kill('SIGKILL')
      await exited
      return true
    },
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null
