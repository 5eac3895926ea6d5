import { canonicalize, type Json, type JsonObject } from './canonical-json.ts'
import { CatalogError } from './errors.ts'

/** Largest value that one operation may copy: so that a few copies of copies cannot grow without end. */
const COPIED_MAX_LENGTH = 64 * 1024

/** One operation of a JSON Patch. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly path: string; readonly from: string }

/**
 * Applies a JSON Patch to a value, which stays as it is: all operations in order, or none.
 *
 * @throws {UPCAST_INVALID} a pointer is none, names nothing, or a test fails; the message says which operation
 * @see https://www.rfc-editor.org/rfc/rfc6902
 */
export function applyPatch(document: Json, patch: readonly PatchOperation[]): Json {
  let value = document
  for (const [place, operation] of patch.entries()) {
    try {
      value = applyOne(value, operation)
    } catch (cause) {
      if (!(cause instanceof CatalogError)) throw cause
      const at = `Operation ${place} (${operation.op} ${JSON.stringify(operation.path)})`
      throw new CatalogError(cause.code, `${at} of the patch ${cause.message}`, { cause })
    }
  }
  return value
}

function applyOne(document: Json, operation: PatchOperation): Json {
  const path = parsePointer(operation.path)
  switch (operation.op) {
    case 'add':
      return changed(document, path, { add: operation.value })
    case 'remove':
      return changed(document, path, 'remove')
    case 'replace':
      return changed(document, path, { replace: operation.value })
    case 'test':
      if (canonicalize(valueAt(document, path)) === canonicalize(operation.value)) return document
      throw refusal('found another value')
    case 'copy': {
      const copied = valueAt(document, parsePointer(operation.from))
      if (canonicalize(copied).length > COPIED_MAX_LENGTH) {
        throw refusal(`copies a value of more than ${COPIED_MAX_LENGTH} characters`)
      }
      return changed(document, path, { add: copied })
    }
    case 'move': {
      if (operation.path.startsWith(`${operation.from}/`)) {
        throw refusal('moves a value into itself')
      }
      const from = parsePointer(operation.from)
      const moved = valueAt(document, from)
      if (operation.from === operation.path) return document
      return changed(changed(document, from, 'remove'), path, { add: moved })
    }
  }
}

type Deed = { readonly add: Json } | { readonly replace: Json } | 'remove'

/** The document with one value changed; what is beside the way to it is shared. */
function changed(document: Json, path: readonly string[], deed: Deed): Json {
  const [name, ...rest] = path
  if (name === undefined) {
    if (deed === 'remove') throw refusal('removes the whole document')
    return 'add' in deed ? deed.add : deed.replace
  }
  if (isList(document)) return changedList(document, { name, rest }, deed)
  if (!isMap(document)) throw refusal('goes through a value that has no members')
  const members = new Map(Object.entries(document))
  if (rest.length > 0) members.set(name, changed(memberOf(document, name), rest, deed))
  else if (deed === 'remove') {
    memberOf(document, name)
    members.delete(name)
  } else if ('add' in deed) members.set(name, deed.add)
  else {
    memberOf(document, name)
    members.set(name, deed.replace)
  }
  return Object.fromEntries(members)
}

function changedList(
  list: readonly Json[],
  { name, rest }: { readonly name: string; readonly rest: readonly string[] },
  deed: Deed,
): Json {
  const isInsert = rest.length === 0 && deed !== 'remove' && 'add' in deed
  if (isInsert) {
    const place = name === '-' ? list.length : placeIn(list.length + 1, name)
    return list.toSpliced(place, 0, deed.add)
  }
  const place = placeIn(list.length, name)
  if (rest.length > 0) return list.with(place, changed(list[place] ?? null, rest, deed))
  if (deed === 'remove') return list.toSpliced(place, 1)
  return list.with(place, 'add' in deed ? deed.add : deed.replace)
}

function valueAt(document: Json, path: readonly string[]): Json {
  let value = document
  for (const name of path) {
    if (isList(value)) value = value[placeIn(value.length, name)] ?? null
    else if (isMap(value)) value = memberOf(value, name)
    else throw refusal('goes through a value that has no members')
  }
  return value
}

/** A member of its own: `constructor` is a name like any other. */
function memberOf(map: JsonObject, name: string): Json {
  const value = Object.hasOwn(map, name) ? map[name] : undefined
  if (value === undefined)
    throw refusal(`names the member ${JSON.stringify(name)}, which is not there`)
  return value
}

function placeIn(count: number, name: string): number {
  const place = /^(?:0|[1-9]\d{0,8})$/.test(name) ? Number(name) : count
  if (place < count) return place
  throw refusal(`names the item ${JSON.stringify(name)} of a list of ${count}`)
}

/**
 * The names that lead to a value.
 *
 * @throws {UPCAST_INVALID} it does not begin with a slash, or has a tilde that escapes nothing
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) {
    throw refusal(`has ${JSON.stringify(pointer)}, which is no JSON pointer: write /name/0`)
  }
  return pointer
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

const isMap = (value: Json): value is JsonObject => typeof value === 'object' && value !== null

const refusal = (what: string): CatalogError => new CatalogError('UPCAST_INVALID', `${what}.`)
