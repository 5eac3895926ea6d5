import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'

/** What a command wrote: its text when that is short, and the digest and size of all of it. */
export interface CommandOutput {
  readonly bytes: Buffer
  readonly hex: string
  readonly sizeBytes: number
}

/** Output beyond this is hashed and not kept; no answer that is read is near it. */
const KEPT_MAX_BYTES = 1024 * 1024

/** A command, the folder it runs in, and when to give it up. */
export interface Command {
  readonly program: string
  readonly parameters: readonly string[]
  readonly directory: string
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** Runs a command to its end; gives back a reason, free of paths, when it fails or takes too long. */
export async function runCommand(command: Command): Promise<CommandOutput | string> {
  const { program, parameters, directory, variables, signal } = command
  return await new Promise((resolve) => {
    const child = spawn(program, parameters, {
      cwd: directory,
      env: { ...variables },
      stdio: ['ignore', 'pipe', 'ignore'],
      killSignal: 'SIGKILL',
      signal,
    })
    const hash = createHash('sha256')
    const kept: Buffer[] = []
    let sizeBytes = 0
    child.stdout.on('data', (piece: Buffer) => {
      hash.update(piece)
      if (sizeBytes < KEPT_MAX_BYTES) kept.push(piece)
      sizeBytes += piece.length
    })
    child.on('error', (cause) => {
      resolve(signal.aborted ? 'time ran out' : startFailure(program, cause))
    })
    child.on('close', (code) => {
      if (code === 0) resolve({ bytes: Buffer.concat(kept), hex: hash.digest('hex'), sizeBytes })
      else resolve(signal.aborted ? 'time ran out' : `${program} gave exit code ${code ?? 'none'}`)
    })
  })
}

function startFailure(program: string, cause: Error): string {
  const isMissing = 'code' in cause && cause.code === 'ENOENT'
  return isMissing ? `${program} is not installed` : `${program} could not be started`
}
