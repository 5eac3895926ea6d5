import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CatalogError } from '../../../schema/errors.ts'
import { startChild, type Child, type ChildOptions } from './child.ts'

/** A temporary folder and the processes that work in it, which go together. */
export interface Workspace {
  readonly directory: string
  /**
   * Starts a program that does not outlive the workspace.
   *
   * @throws {ABORTED} the workspace is closed
   */
  start(options: ChildOptions): Child
  /** Has something else go with the workspace, after the processes and before the folder. */
  onClose(end: () => Promise<void>): void
  /** Ends every process and all else, waits for them, and removes the folder. */
  close(): Promise<void>
}

/** A file that a dying process still holds can be in the way for an instant. */
const REMOVAL = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 } as const

/** Makes a folder in the system's place for temporary ones. */
export async function openWorkspace(): Promise<Workspace> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-demo-'))
  const running = new Set<Child>()
  const ends: (() => Promise<void>)[] = []
  let closed = false
  // If something ends this process without `close`, this is the last chance to leave nothing behind.
  const onExit = (): void => {
    for (const child of running) child.kill()
    rmSync(directory, REMOVAL)
  }
  process.once('exit', onExit)
  return {
    directory,
    start: (options) => {
      if (closed)
        throw new CatalogError('ABORTED', 'The workspace is closed: nothing starts in it.')
      const variables = { ...options.variables, NODE_COMPILE_CACHE: join(directory, 'compiled') }
      const child = startChild({ ...options, variables })
      running.add(child)
      void child.ended.then(() => running.delete(child))
      return child
    },
    onClose: (end) => {
      // What was being opened while the workspace closed has nobody else to end it.
      if (closed) void end().catch(() => undefined)
      else ends.push(end)
    },
    close: async () => {
      closed = true
      const left = [...running]
      for (const child of left) child.kill()
      await Promise.all(left.map((child) => child.ended))
      try {
        for (const end of ends.toReversed()) await end()
      } finally {
        await rm(directory, REMOVAL)
      }
      process.removeListener('exit', onExit)
    },
  }
}
