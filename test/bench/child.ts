import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'

/** Where the server, the filler and the raw writer run; the load generator has the next core to itself. */
export const SERVER_CORE = 0
export const LOAD_CORE = 1
/** A child that does not end by itself in this time is killed. */
const STOP_MAX_MS = 20_000

/** A process of the bench's own that answers messages one at a time. */
export interface Child {
  /** Sends a request and resolves to its answer. */
  ask<Answer>(request: object): Promise<Answer>
  readonly pid: number
  /** Ends it: first by asking. */
  stop(): Promise<void>
}

/** Whether processes can be bound to cores here. */
export const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0

/** Binds this process, with all its threads, to the load generator's core. */
export function pinSelf(): void {
  if (!canPin) return
  spawnSync('taskset', ['-a', '-c', '-p', String(LOAD_CORE), String(process.pid)])
}

/** Starts a script of this folder on the server's core; `onProgress` gets what is no answer. */
export function startChild(
  script: string,
  options: {
    readonly flags?: readonly string[]
    readonly onProgress?: (text: string) => void
  } = {},
): Child {
  const file = new URL(script, import.meta.url).pathname
  const command = [process.execPath, ...(options.flags ?? []), file]
  const bound = canPin ? ['taskset', '-c', String(SERVER_CORE), ...command] : command
  const child = spawn(bound[0] ?? '', bound.slice(1), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return {
    pid: child.pid ?? 0,
    ask: <Answer>(request: object) => ask<Answer>(child, request, options.onProgress),
    stop: () => stop(child),
  }
}

interface Message {
  readonly answer?: unknown
  readonly failure?: string
  readonly progress?: string
}

function ask<Answer>(
  child: ChildProcess,
  request: object,
  onProgress?: (text: string) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      child.off('message', onMessage)
      child.off('exit', onExit)
    }
    const onExit = (code: number | null, signal: string | null): void => {
      settle()
      reject(new Error(`a child of the bench ended (${code ?? signal})`))
    }
    const onMessage = (message: Message): void => {
      if (message.progress !== undefined) return onProgress?.(message.progress)
      settle()
      if (message.failure === undefined) resolve(message.answer as Answer)
      else reject(new Error(message.failure))
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
    child.send(request)
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS)
  await exited
  clearTimeout(timer)
}
