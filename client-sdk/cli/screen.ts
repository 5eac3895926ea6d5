import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'

/** How a piece of text stands out. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** What text may know of where it will be shown. */
export interface Screen {
  /** Width in characters; undefined where nothing has to fit, such as in a pipe. */
  readonly columns: number | undefined
  /** Colours the text where colours are wanted. */
  readonly style: (style: Style, text: string) => string
}

/** A stream that may be a terminal. */
export type OutputStream = NodeJS.WritableStream &
  Partial<Pick<WriteStream, 'isTTY' | 'columns'>> & { readonly fd?: number }

/** Narrower terminals are written to as if they had this width; a table cannot be smaller. */
const COLUMNS_MIN = 40

/** The screen of a stream: colours only on a terminal, and not when `NO_COLOR` is set. */
export function screenOf(
  stream: OutputStream,
  variables: Readonly<Record<string, string | undefined>>,
): Screen {
  const isTerminal = stream.isTTY === true
  const colours = isTerminal && (variables['NO_COLOR'] ?? '') === '' && variables['TERM'] !== 'dumb'
  return {
    columns: isTerminal ? Math.max(COLUMNS_MIN, stream.columns ?? 80) : undefined,
    style: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
  }
}
