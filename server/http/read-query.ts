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
  if (start < 0) return none
  // Without a prototype, "__proto__" is a member like any other, and refused like any other.
  const input = Object.create(null) as Record<string, unknown>
  const properties = operation.query.properties as Readonly<Record<string, TSchema>>
  for (const [name, text] of new URLSearchParams(url.slice(start + 1))) {
    if (Object.hasOwn(input, name)) {
      throw new CatalogError('INVALID_REQUEST', `The query names "${name}" twice: give it once.`)
    }
    input[name] = coerce(text, properties[name])
  }
  validate(operation.query, input, 'query')
  checkTexts(input)
  return input
}

/** PostgreSQL takes no text with a NUL, not even to compare it. */
function checkTexts(input: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(input)) {
    if (typeof value !== 'string' || !value.includes('\u0000')) continue
    throw new CatalogError('INVALID_REQUEST', `"${name}" in the query has a NUL: leave it out.`, {
      detail: { pointer: `/${name}` },
    })
  }
}

/** A text as the number or truth value that the schema asks for; anything else is left for it to refuse. */
function coerce(text: string, schema: TSchema | undefined): unknown {
  const { type }: { readonly type?: unknown } = schema ?? {}
  if (type === 'integer' && /^-?\d{1,16}$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
