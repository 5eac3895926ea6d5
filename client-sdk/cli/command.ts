import type { Flag, Given } from './flag.ts'
import type { Report, Session } from './session.ts'

/** What a command takes, by the names under which it reads the values. */
export type Takes = Readonly<Record<string, Flag<unknown>>>

/** The values of what a command takes. */
export type ValuesOf<T extends Takes> = {
  readonly [Name in keyof T]: T[Name] extends Flag<infer Value> ? Value : never
}

/** Headings under which the help lists commands. */
export type CommandHeading = 'Server' | 'Jobs' | 'Recovery' | 'Records' | 'Spool'

/** One command, as data. */
export interface CommandSpec<T extends Takes> {
  /** Its words after `cairn`, such as `runs list`. */
  readonly words: string
  readonly summary: string
  readonly heading: CommandHeading
  /** More that the command's own help says. */
  readonly details?: string
  readonly takes: T
  /** Answers, or has written its answer itself. */
  readonly run: (session: Session, values: ValuesOf<T>) => Promise<Report | undefined>
}

/** A command whose values are read from what the command line gave. */
export interface Command extends Omit<CommandSpec<Takes>, 'run'> {
  readonly run: (
    session: Session,
    given: Readonly<Record<string, Given>>,
  ) => Promise<Report | undefined>
}

/** Ties a command's values to what it takes. */
export function command<const T extends Takes>(spec: CommandSpec<T>): Command {
  return {
    ...spec,
    run: async (session, given) => await spec.run(session, parseValues(spec.takes, given)),
  }
}

function parseValues<T extends Takes>(
  takes: T,
  given: Readonly<Record<string, Given>>,
): ValuesOf<T> {
  return Object.fromEntries(
    Object.entries(takes).map(([name, flag]) => [name, flag.parse(given[name])]),
  ) as ValuesOf<T>
}
