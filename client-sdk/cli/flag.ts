import { CatalogError, isCatalogError } from '../../schema/errors.ts'

/** What a command line gave for one flag or position. */
export type Given = string | readonly string[] | true | undefined

/** One flag or position of a command: how it is written, and what it comes to mean. */
export interface Flag<Value> {
  /** `--job <job>`, `--file <path...>`, or a position such as `<digest>` or `[name...]`. */
  readonly usage: string
  readonly summary: string
  /** Heading under which the help lists it. */
  readonly heading?: string
  /** May be given several times, each with one value. */
  readonly repeats?: true
  /** @throws {INVALID_REQUEST} it is missing, or not what it must be */
  readonly parse: (given: Given) => Value
}

/** Reads one value; what it throws needs not name the flag. */
export type ReadValue<Value> = (text: string) => Value

/** What a flag's words say. */
export type FlagWords = Pick<Flag<unknown>, 'usage' | 'summary' | 'heading'>

/** A flag that must be given. */
export function required<Value>(words: FlagWords, read: ReadValue<Value>): Flag<Value> {
  const isPosition = words.usage.startsWith('<')
  return {
    ...words,
    summary: isPosition ? words.summary : `${words.summary} (required)`,
    parse: (given) => {
      if (typeof given !== 'string') throw refusal(words, 'is missing')
      return readNamed(words, read, given)
    },
  }
}

/** A flag that may be left out. */
export function optional<Value>(words: FlagWords, read: ReadValue<Value>): Flag<Value | undefined> {
  return {
    ...words,
    parse: (given) => (typeof given === 'string' ? readNamed(words, read, given) : undefined),
  }
}

/** A flag that may be given several times, and positions that may be many. */
export function repeated<Value>(
  words: FlagWords,
  read: ReadValue<Value>,
): Flag<readonly Value[]> & { readonly repeats: true } {
  return {
    ...words,
    repeats: true,
    parse: (given) => {
      const texts = typeof given === 'string' ? [given] : Array.isArray(given) ? given : []
      return texts.map((text: string) => readNamed(words, read, text))
    },
  }
}

/** A flag that has no value. */
export function toggle(usage: string, summary: string): Flag<boolean> {
  return { usage, summary, parse: (given) => given === true }
}

/** The name by which an error calls the flag: `--job`, or `<digest>`. */
export function flagName({ usage }: Pick<FlagWords, 'usage'>): string {
  return usage.split(' ')[0] ?? usage
}

/** What a flag says that cannot be. */
export function refusal(words: Pick<FlagWords, 'usage'>, what: string): CatalogError {
  return new CatalogError('INVALID_REQUEST', `${flagName(words)} ${what}.`)
}

function readNamed<Value>(words: FlagWords, read: ReadValue<Value>, text: string): Value {
  try {
    return read(text)
  } catch (cause) {
    if (!isCatalogError(cause)) throw cause
    throw new CatalogError(cause.code, `${flagName(words)}: ${cause.message}.`, { cause })
  }
}
