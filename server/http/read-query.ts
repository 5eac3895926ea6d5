import type { TSchema } from 'typebox'
import { CatalogError } from '../../schema/errors.ts'
import type { Operation } from '../../schema/operations/operation.ts'
import { validate } from './validate.ts'

const none: Readonly<Record<string, unknown>> = {}

/**
 * Query members as their schema types them, checked.
 *
 * @throws {INVALID_TYPE | UNKNOWN_PROPERTY | INVALID_REQUEST} or the code that a member's schema names
 */
export function readQuery(operation: Operation, url: string): Readonly<Record<string, unknown>> {
  const start = url.indexOf('?')
  if (start < 0) {
    validate(operation.query, none, 'query')
    return none
  }
  const properties = operation.query.properties as Readonly<Record<string, TSchema>>
  const input: Record<string, unknown> = {}
  for (const [name, text] of membersOf(url.slice(start + 1))) {
    // Not set as a member, because "__proto__" would not become one.
    if (!Object.hasOwn(properties, name)) throw unknownMember(name)
    if (Object.hasOwn(input, name)) {
      throw new CatalogError('INVALID_REQUEST', `The query names "${name}" twice: give it once.`)
    }
    input[name] = coerce(text, properties[name])
  }
  validate(operation.query, input, 'query')
  if (url.includes('%00')) refuseNul(input)
  return input
}

/** A text as the number or truth value that the schema asks for; anything else is left for it to refuse. */
function coerce(text: string, schema: TSchema | undefined): unknown {
  const { type }: { readonly type?: unknown } = schema ?? {}
  if (type === 'integer' && /^-?\d{1,16}$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

const unknownMember = (name: string): CatalogError =>
  new CatalogError(
    'UNKNOWN_PROPERTY',
    `/${name} in the query is not a known property: drop it, or check its spelling.`,
    { detail: { pointer: `/${name}` } },
  )

/** Names and texts of a query; most have nothing to decode, and are faster split than parsed. */
function membersOf(query: string): Iterable<readonly [string, string]> {
  if (/[%+]/.test(query)) return new URLSearchParams(query)
  return query
    .split('&')
    .filter((member) => member !== '')
    .map((member) => {
      const at = member.indexOf('=')
      return at < 0 ? [member, ''] : [member.slice(0, at), member.slice(at + 1)]
    })
}

/** PostgreSQL takes no text with a NUL, not even to compare it. */
function refuseNul(input: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(input)) {
    if (typeof value !== 'string' || !value.includes('\u0000')) continue
    throw new CatalogError('INVALID_REQUEST', `"${name}" in the query has a NUL: leave it out.`, {
      detail: { pointer: `/${name}` },
    })
  }
}
