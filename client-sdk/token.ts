import { CatalogError } from '../schema/errors.ts'

/** What a header may carry; a runtime would quote anything else in its own error. */
const TOKEN_GRAMMAR = /^[\x21-\x7e]+$/

/** Texts shorter than this are no secrets, and taking them out would cut up words. */
const REDACT_MIN_LENGTH = 8

/** A token, or where to get one: called when the first is needed and when the catalog refuses the last. */
export type Token = string | (() => Promise<string>)

/** Holds the token so that nothing can print it. */
export class TokenSource {
  readonly #source: Token
  #current: string | undefined
  #pending: Promise<string> | undefined

  constructor(source: Token) {
    this.#source = source
    if (typeof source === 'string') this.#current = parseToken(source)
  }

  /**
   * The token to send.
   *
   * @throws {TOKEN_MISSING} the token function failed, or gave something that no header can carry
   */
  async get(): Promise<string> {
    return this.#current ?? this.#fetch()
  }

  /** Drops a token that was refused; false when there is no way to get another. */
  drop(refused: string): boolean {
    if (typeof this.#source === 'string') return false
    // Another call may have got a new one in the meantime.
    if (this.#current === refused) this.#current = undefined
    return true
  }

  /** The text without the token, should someone have echoed it. */
  redact(text: string): string {
    const token = this.#current ?? ''
    return token.length < REDACT_MIN_LENGTH ? text : text.replaceAll(token, '[token]')
  }

  async #fetch(): Promise<string> {
    const source = this.#source
    if (typeof source === 'string') return source
    this.#pending ??= this.#ask(source).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #ask(source: () => Promise<string>): Promise<string> {
    let token: string
    try {
      token = await source()
    } catch (cause) {
      throw new CatalogError('TOKEN_MISSING', 'The token function failed: see the cause.', {
        cause,
      })
    }
    this.#current = parseToken(token)
    return this.#current
  }
}

function parseToken(token: unknown): string {
  if (typeof token === 'string' && TOKEN_GRAMMAR.test(token)) return token
  throw new CatalogError(
    'TOKEN_MISSING',
    'The token is empty or has a character that no header can carry: give the token alone, without "Bearer" and line ends.',
  )
}
