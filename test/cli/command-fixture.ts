import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const command = join(root, 'client-sdk', 'cli', 'cairn.ts')
/** Compiled code that all commands share, or each would begin by making its own. */
const caches = join(root, 'node_modules', '.cache')

/** A start that takes longer than this on the slowest machine has failed. */
const READY_MAX_MS = 60_000

/** How a command ended, and what it wrote. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command under way. */
export interface Started {
  readonly ended: Promise<Ended>
  /** Resolves to what it wrote on stdout once that matches; rejects if it ends without. */
  until(pattern: RegExp): Promise<string>
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended>
}

/** A server that is ready. */
export interface Served extends Started {
  readonly ready: {
    readonly url: string
    readonly pid: number
    readonly namespace: string
    readonly dataDirectory: string
    readonly token?: string
  }
}

export interface RunOptions {
  readonly variables?: Readonly<Record<string, string>>
  readonly input?: string
}

/** A folder of its own for a test, and commands that run in it. */
export interface Workplace {
  readonly directory: string
  start(words: readonly string[], options?: RunOptions): Started
  /** Runs `cairn` to its end. */
  run(words: readonly string[], options?: RunOptions): Promise<Ended>
  /** Runs `cairn … --json`, which must succeed, and reads what it answered. */
  // A test looks into any answer; what it has is what it asserts.
  ask(words: readonly string[], options?: RunOptions): Promise<any> // oxlint-disable-line typescript/no-explicit-any
  /** Starts `cairn serve --json` on a free port and waits until it is ready. */
  serve(words?: readonly string[], options?: RunOptions): Promise<Served>
  /** Ends what still runs and removes the folder. */
  remove(): Promise<void>
}

/** Opens a workplace in a new folder. */
export function openWorkplace(): Workplace {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-cli-'))
  const children = new Set<ChildProcess>()
  const start: Workplace['start'] = (words, { variables = {}, input = '' } = {}) => {
    const child = spawn(process.execPath, [command, ...words], {
      cwd: directory,
      // Nothing of the test run's own settings reaches a command.
      env: {
        PATH: process.env['PATH'],
        HOME: directory,
        XDG_CACHE_HOME: caches,
        ...variables,
      },
      stdio: 'pipe',
    })
    children.add(child)
    const started = follow(child)
    void started.ended.then(() => children.delete(child))
    child.stdin.end(input)
    return started
  }
  const run: Workplace['run'] = (words, options) => start(words, options).ended
  return {
    directory,
    start,
    run,
    ask: async (words, options) => {
      const { code, stdout, stderr } = await run([...words, '--json'], options)
      if (code !== 0) throw new Error(`cairn ${words.join(' ')} ended with ${code}: ${stderr}`)
      return JSON.parse(stdout)
    },
    serve: async (words = [], options = {}) => {
      const started = start(['serve', '--json', '--port', '0', ...words], options)
      return { ...started, ready: JSON.parse(await started.until(/\n/)) as Served['ready'] }
    },
    remove: async () => {
      for (const child of children) child.kill('SIGKILL')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function follow(child: ChildProcess): Started {
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...texts }))
  })
  return {
    ended,
    until: async (pattern) => {
      const signal = AbortSignal.timeout(READY_MAX_MS)
      // Every round waits for more text, of which a start has a few pieces.
      while (!pattern.test(texts.stdout)) {
        const more = once(child.stdout ?? child, 'data', { signal })
        const early = ended.then(() => {
          throw new Error(`the command ended early: ${texts.stderr}`)
        })
        await Promise.race([more, early])
      }
      return texts.stdout
    },
    end: async (signal) => {
      child.kill(signal)
      return await ended
    },
  }
}
