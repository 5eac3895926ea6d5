import { Writable } from 'node:stream'
import type { OutputStream, Screen } from '../screen.ts'
import type { Session } from '../session.ts'

/** How often the lines that move are drawn anew, in milliseconds: smooth, and cheap for a slow terminal. */
const REDRAW_MS = 120
/** Where lines cannot move, how often one is written instead. */
const PLAIN_EVERY_MS = 5_000

/** Lines that show how things stand: a few that move on a terminal, one line anywhere else. */
export interface LiveView {
  readonly lines: (screen: Screen) => readonly string[]
  readonly plain: () => string
}

/** Tells what happens: lines that stay, and below them some that are drawn over and over. */
export class Narrator {
  readonly screen: Screen
  readonly #stream: OutputStream
  readonly #moves: boolean
  #view: LiveView | undefined
  #drawnCount = 0
  #timer: NodeJS.Timeout | undefined

  constructor(stream: OutputStream, screen: Screen) {
    this.#stream = stream
    this.screen = screen
    this.#moves = stream.isTTY === true
  }

  /** Writes lines that stay. */
  say(...lines: readonly string[]): void {
    this.#erase()
    this.#stream.write(`${lines.join('\n')}\n`)
    this.#draw()
  }

  /** Shows how things stand until {@link Narrator.rest}. */
  watch(view: LiveView): void {
    this.rest()
    this.#view = view
    this.#draw()
    this.#timer = setInterval(
      () => {
        if (!this.#moves) return this.say(view.plain())
        this.#erase()
        this.#draw()
      },
      this.#moves ? REDRAW_MS : PLAIN_EVERY_MS,
    )
  }

  /** Ends the lines that move, leaving them as they are last. */
  rest(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    if (this.#view !== undefined) {
      this.#erase()
      this.#draw()
    }
    this.#view = undefined
    this.#drawnCount = 0
  }

  #erase(): void {
    if (this.#drawnCount === 0) return
    this.#stream.write(`\u001b[${this.#drawnCount}A\u001b[0J`)
    this.#drawnCount = 0
  }

  #draw(): void {
    if (!this.#moves || this.#view === undefined) return
    const lines = this.#view.lines(this.screen)
    if (lines.length === 0) return
    this.#stream.write(`${lines.join('\n')}\n`)
    this.#drawnCount = lines.length
  }
}

/** The narrator of a session: beside a JSON answer it speaks to a person at a terminal, or to nobody. */
export function narratorFor({
  json,
  output,
  outputScreen,
  errors,
  errorScreen,
}: Session): Narrator {
  if (!json) return new Narrator(output, outputScreen)
  if (errors.isTTY === true) return new Narrator(errors, errorScreen)
  const nobody = new Writable({ write: (_chunk, _encoding, done) => done() })
  return new Narrator(nobody, errorScreen)
}
