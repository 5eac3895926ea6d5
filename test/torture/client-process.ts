import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { ClientOptions } from './write-child.ts'

/** A client in a process of its own. */
export interface ClientProcess {
  readonly ledgerFile: string
  /** Promises it has got so far. */
  readonly acknowledgedCount: () => number
  /** Sentences about promises that were broken in front of it. */
  readonly violations: readonly string[]
  /** Lets it end what it is doing; the server must be up. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): void
}

interface Message {
  readonly acknowledgedCount?: number
  readonly violation?: string
}

/** Starts a client. */
export function startClientProcess(options: ClientOptions): ClientProcess {
  const child = fork(new URL('write-child.ts', import.meta.url), [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const violations: string[] = []
  let count = 0
  let killed = false
  child.on('message', (message: Message) => {
    count += message.acknowledgedCount ?? 0
    if (message.violation !== undefined) violations.push(`${options.name}: ${message.violation}`)
  })
  const exited = once(child, 'exit')
  child.once('exit', (code) => {
    if (code !== 0 && !killed) violations.push(`${options.name}: the client ended with ${code}`)
  })
  return {
    ledgerFile: options.ledgerFile,
    acknowledgedCount: () => count,
    violations,
    stop: async () => {
      if (child.connected) child.send('stop')
      await exited
    },
    kill: () => {
      killed = true
      child.kill('SIGKILL')
    },
  }
}
