import process from 'node:process'
import type { Ending } from './exit-code.ts'
import { screenOf, type OutputStream, type Screen } from './screen.ts'

/** What a command may see of the process that it runs in. */
export interface Session {
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Whether the answer is one JSON document. */
  readonly json: boolean
  readonly output: OutputStream
  readonly errors: OutputStream
  readonly outputScreen: Screen
  readonly errorScreen: Screen
}

/** What a command answers: the document for programs, and its text for people. */
export interface Report {
  readonly document: unknown
  readonly text: (screen: Screen) => string
  /** Whether there is something to look at, which the exit code then says. Default: false. */
  readonly hasFindings?: boolean
  /** How the command ends, where that is neither well nor with findings of its own. */
  readonly ending?: Ending
}

/** The session of this process. */
export function openSession({ json }: { readonly json: boolean }): Session {
  const { env: variables, stdout: output, stderr: errors } = process
  return {
    variables,
    json,
    output,
    errors,
    outputScreen: screenOf(output, variables),
    errorScreen: screenOf(errors, variables),
  }
}

/** Writes to a stream, and resolves when the stream can take more. */
export function write(stream: OutputStream, content: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(content, (error) => (error ? reject(error) : resolve()))
  })
}
