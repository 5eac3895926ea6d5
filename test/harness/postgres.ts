import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Where the test run's PostgreSQL answers, for the processes it starts. */
export const POSTGRES_VARIABLE = 'CAIRN_TEST_POSTGRES'

/** A real PostgreSQL in a temporary folder, which ends with this process at the latest. */
export interface RunningPostgres {
  readonly url: string
  /** Ends every connection and the server; the data stays. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Ends the server and removes its data. */
  stop(): Promise<void>
}

/** Starts PostgreSQL on a free port of the loopback interface. */
export async function startPostgres(flags: readonly string[] = []): Promise<RunningPostgres> {
  const child = fork(
    new URL('./postgres-server.ts', import.meta.url),
    ['-c', 'max_connections=200', ...flags],
    // Without the flags of a test runner, which would make the child one too.
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] },
  )
  const { url } = await answer(child)
  if (url === undefined) throw new Error('PostgreSQL did not say where it answers')
  // It must not keep a process alive that has nothing else to do.
  child.unref()
  child.channel?.unref()
  const ask = async (wish: 'pause' | 'resume'): Promise<void> => {
    child.send(wish)
    await answer(child)
  }
  return {
    url,
    pause: () => ask('pause'),
    resume: () => ask('resume'),
    stop: async () => {
      child.ref()
      const ended = once(child, 'exit')
      child.send('stop')
      await ended
    },
  }
}

interface Answer {
  readonly url?: string
  readonly failed?: string
}

async function answer(child: ChildProcess): Promise<Answer> {
  child.channel?.ref()
  const waits = new AbortController()
  const message = once(child, 'message', { signal: waits.signal })
  const ended = once(child, 'exit', { signal: waits.signal }).then(() => {
    throw new Error('PostgreSQL ended before it answered')
  })
  try {
    const [answered] = (await Promise.race([message, ended])) as [Answer]
    if (answered.failed !== undefined) throw new Error(answered.failed)
    return answered
  } finally {
    ended.catch(() => undefined)
    message.catch(() => undefined)
    waits.abort()
    child.channel?.unref()
  }
}
