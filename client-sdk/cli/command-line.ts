import process from 'node:process'
import { debuglog } from 'node:util'
import { CommanderError } from 'commander'
import { CatalogError } from '../../schema/errors.ts'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { complain } from './complaint.ts'
import { endingOfError, exitCodes } from './exit-code.ts'
import { buildProgram } from './program.ts'
import { openSession, write, type Report, type Session } from './session.ts'

const debug = debuglog('cairn')

/** Runs a command line to its end and sets the exit code; never throws. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  const session = openSession({ json: ownWords(words).includes('--json') })
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      // Whoever read the output has gone, such as `head`: nothing is wrong, and nobody is left to tell.
      // Any other error rejects the write that it belongs to.
      if (isBrokenPipe(error)) process.exit()
    })
  }
  try {
    await buildProgram(commands, async (command, given) => {
      await runCommand(session, command, given)
    }).parseAsync(words, { from: 'user' })
  } catch (error) {
    await fail(session, error)
  }
}

/** What is said to us, and not to a command that we run. */
function ownWords(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--')
  return end < 0 ? words : words.slice(0, end)
}

async function runCommand(
  session: Session,
  command: Command,
  given: Parameters<Command['run']>[1],
): Promise<void> {
  const report = await command.run(session, given)
  if (report === undefined) return
  const ending = report.ending ?? (report.hasFindings === true ? 'findings' : 'ok')
  if (ending !== 'ok') process.exitCode = exitCodes[ending].code
  await write(session.output, textOf(session, report))
}

function textOf(session: Session, report: Report): string {
  if (session.json) return `${JSON.stringify(report.document)}\n`
  const text = report.text(session.outputScreen)
  return text === '' ? '' : `${text}\n`
}

async function fail(session: Session, error: unknown): Promise<void> {
  if (isBrokenPipe(error)) return
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return
    process.exitCode = exitCodes.usage.code
    // The help that commander shows for a command without words has been written already.
    if (error.code !== 'commander.help') await complain(session, usageError(error))
    return
  }
  debug('%O', error)
  process.exitCode = exitCodes[endingOfError(error)].code
  await complain(session, error).catch(() => undefined)
}

/** Commander's own sentences, such as `error: unknown option '--jbo'` with a suggestion on a second line. */
function usageError(error: CommanderError): CatalogError {
  const sentence = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ')
  return new CatalogError(
    'INVALID_REQUEST',
    `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}. "cairn --help" shows what there is.`,
  )
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}
