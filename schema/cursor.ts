import { canonicalize, type Json } from './canonical-json.ts'
import { digestOf } from './digest.ts'
import { CatalogError } from './errors.ts'

/** Hex digits of the list's digest that a cursor carries: enough to tell lists apart. */
const SCOPE_DIGITS = 16

/** Where a page ended: the sort key of its last item. */
export type PageKey = readonly (string | number)[]

/** A cursor for the item after `key` of the list that `scope` describes (operation and filters). */
export function encodeCursor(scope: Json, key: PageKey): string {
  const bytes = new TextEncoder().encode(canonicalize([scopeOf(scope), ...key]))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/**
 * Reads a cursor back.
 *
 * @throws {INVALID_CURSOR} it is no cursor of ours, or of a list with other filters
 */
export function parseCursor(
  scope: Json,
  cursor: string,
  kinds: readonly ('string' | 'number')[],
): PageKey {
  const parsed = parseText(cursor)
  const parts: readonly unknown[] = Array.isArray(parsed) ? parsed : []
  const [from, ...key] = parts
  const fits = key.length === kinds.length && key.every((part, place) => isPart(part, kinds[place]))
  if (from !== scopeOf(scope) || !fits) {
    throw new CatalogError(
      'INVALID_CURSOR',
      'This cursor belongs to another list or other filters: take `next` of the page before, with the same filters, or start without a cursor.',
    )
  }
  return key as PageKey
}

/** Whether a page of ours can end with it: an index or a name, and nothing that a database refuses. */
function isPart(part: unknown, kind: 'string' | 'number' | undefined): boolean {
  if (kind === 'number') return Number.isSafeInteger(part)
  return typeof part === 'string' && !part.includes('\u0000')
}

function scopeOf(scope: Json): string {
  return digestOf(canonicalize(scope)).slice(-SCOPE_DIGITS)
}

function parseText(cursor: string): unknown {
  try {
    const binary = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
