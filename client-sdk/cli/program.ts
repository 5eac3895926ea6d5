import { Command as CommanderCommand, Option } from 'commander'
import packageDocument from '../../package.json' with { type: 'json' }
import type { Command } from './command.ts'
import { describeExitCodes } from './exit-code.ts'
import type { Flag, Given } from './flag.ts'

/** Runs a command with what the command line gave. */
export type RunCommand = (command: Command, given: Readonly<Record<string, Given>>) => Promise<void>

const about =
  'Cairn keeps checkpoints of long-running jobs: registered once, never changed, found again.'

/** At most 80 characters a line, because nothing wraps it. */
const guide = `
A first look ("npx cairn" stands for cairn, and brings the Node that it needs):
  cairn serve                               a catalog in this folder
  export CAIRN_TOKEN=$(cairn token)         who you are, in another terminal
  cairn resume --job nightly                opens a run from the last good state
  cairn register --run <run> --step 1 --store disk:./states --file model.bin
  cairn latest nightly                      the state to go on from

Settings, where no flag says otherwise:
  CAIRN_URL         where the catalog is; default http://127.0.0.1:7420
  CAIRN_NAMESPACE   default "default"
  CAIRN_TOKEN       from "cairn token", or an issuer that the catalog trusts

With --json every command prints one JSON document, and errors are JSON too.

${describeExitCodes()}`

/** Words that several commands begin with, and what the help says of them. */
const groups: Readonly<Record<string, string>> = {
  namespaces: 'declare and list namespaces',
  jobs: 'declare, get and list jobs',
  runs: 'list, get and close runs',
  drill: 'rehearse recoveries, and list what is due',
  'resume-token': 'tokens of good states, for orchestrators',
  reservations: 'list, get and abandon reservations',
  restores: 'list recoveries, and how they ended',
  policy: 'set, show and list what classes of jobs need',
  hold: 'keep the bytes of a checkpoint from being removed',
  checkpoints: 'list and look into checkpoints',
  formats: 'publish, show and list how states are written',
  environment: 'capture, record and get environments',
  'access-log': 'read and verify who asked what',
  buckets: 'list buckets, and try out what they can do',
  log: "read, prove and audit the namespace's log",
  keys: 'list, rotate and retire the keys that sign logs',
  spool: 'look into a spool and send what waits',
}

/** All commands as a program that parses a command line. */
export function buildProgram(commands: readonly Command[], run: RunCommand): CommanderCommand {
  const program = new CommanderCommand('cairn')
    .description(about)
    .version(packageDocument.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .exitOverride()
    // What is wrong is said once, by whoever runs the program.
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ subcommandTerm: termOf })
    .addHelpText('after', guide)
  for (const command of commands) addCommand(program, command, run)
  return program
}

/** Every command has options: to say so in each line would only push the summaries over the edge. */
function termOf(command: CommanderCommand): string {
  const positions = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  return [command.name(), ...positions].join(' ')
}

function addCommand(program: CommanderCommand, command: Command, run: RunCommand): void {
  const [first = '', second] = command.words.split(' ')
  const parent = second === undefined ? program : groupOf(program, first, command.heading)
  const added = parent
    .command(second ?? first)
    .summary(command.summary)
    .description(command.details ?? command.summary)
    .helpGroup(`${command.heading}:`)
    .allowExcessArguments(false)
  const takes = Object.entries(command.takes)
  const positions = takes.filter(([, flag]) => !flag.usage.startsWith('--'))
  for (const [, flag] of positions) added.argument(flag.usage, flag.summary)
  const options = takes
    .filter(([, flag]) => flag.usage.startsWith('--'))
    .map(([name, flag]) => [name, addOption(added, flag)] as const)
  added.option('--json', 'print one JSON document')
  added.action(async () => {
    const found: Readonly<Record<string, unknown>> = added.opts()
    await run(command, {
      ...Object.fromEntries(
        positions.map(([name], place) => [name, readGiven(added.processedArgs[place])]),
      ),
      ...Object.fromEntries(
        options.map(([name, option]) => [name, readGiven(found[option.attributeName()])]),
      ),
    })
  })
}

function groupOf(
  program: CommanderCommand,
  word: string,
  heading: Command['heading'],
): CommanderCommand {
  const known = program.commands.find((other) => other.name() === word)
  return (
    known ??
    program
      .command(word)
      .summary(groups[word] ?? '')
      .helpGroup(`${heading}:`)
  )
}

function addOption(command: CommanderCommand, flag: Flag<unknown>): Option {
  const option = new Option(flag.usage, flag.summary)
  if (flag.heading !== undefined) option.helpGroup(`${flag.heading}:`)
  if (flag.repeats === true && !option.variadic) {
    option.argParser<readonly string[] | undefined>((text, texts) => [...(texts ?? []), text])
  }
  command.addOption(option)
  return option
}

/** Commander gives texts, lists of them, and `true`; it never gives anything else to these options. */
function readGiven(value: unknown): Given {
  if (typeof value === 'string' || value === true) return value
  if (Array.isArray(value)) return value.map(String)
  return undefined
}
