import { canonicalize, type Json, type JsonObject } from './canonical-json.ts'
import { hasType } from './format-schema.ts'
import type { Compatibility } from './format.ts'

/** Differences that a refusal lists: enough to see what to do. */
const LISTED_MAX_COUNT = 20

/** Bounds that admit less the greater they are, and those that admit more. */
const lowerBounds = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']
const upperBounds = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']

/** An older and a newer schema, both plain. */
export interface SchemaPair {
  readonly older: JsonObject
  readonly newer: JsonObject
}

/**
 * Why a newer schema does not fit an older one in a mode; empty when it does. `backward`: what fits the older
 * fits the newer. `forward`: the other way round. `full`: both. `expand-only`: the newer one adds optional
 * members to objects and changes nothing else. At most 20 reasons.
 *
 * Conservative: what it cannot show to fit does not fit. So a new optional member of an object that admits others
 * (`additionalProperties`) is not `backward`: older metadata may have it with any value.
 */
export function incompatibilities(
  mode: Compatibility,
  { older, newer }: SchemaPair,
): readonly string[] {
  const found = new Set<string>()
  if (mode === 'backward' || mode === 'full') collect(found, notAccepted(newer, older, ''))
  if (mode === 'forward' || mode === 'full') collect(found, notAccepted(older, newer, ''))
  if (mode === 'expand-only') collect(found, notExpanded(older, newer, ''))
  return [...found]
}

function collect(found: Set<string>, reasons: Iterable<string>): void {
  for (const reason of reasons) {
    if (found.size === LISTED_MAX_COUNT) return
    found.add(reason)
  }
}

/** Why not all values of `narrow` fit `wide`. Each pair of parts is looked at once, and parts are bounded. */
function* notAccepted(wide: Json, narrow: Json, at: string): Generator<string, void, void> {
  if (wide === true || narrow === false || isSame(wide, narrow)) return
  if (isMap(narrow) && isList(narrow['anyOf'])) {
    for (const option of narrow['anyOf']) yield* notAccepted(wide, option, at)
    return
  }
  if (!isMap(wide)) return yield said(at, 'admits nothing on one side')
  if (isList(wide['anyOf'])) {
    const fits = wide['anyOf'].some((option) => isEmpty(notAccepted(option, narrow, at)))
    if (!fits) yield said(at, 'fits no alternative of the other')
    return
  }
  if (!isMap(narrow)) return yield said(at, 'admits any value on one side only')
  if (isList(narrow['enum'])) return yield* notAcceptedValues(wide, narrow['enum'], at)
  if (isList(wide['enum'])) return yield said(at, 'is a list of values on one side only')
  yield* notAcceptedTyped(wide, narrow, at)
}

function* notAcceptedValues(
  wide: JsonObject,
  values: readonly Json[],
  at: string,
): Generator<string, void, void> {
  if (isList(wide['enum'])) {
    const known = new Set(wide['enum'].map((value) => canonicalize(value)))
    const missing = values.filter((value) => !known.has(canonicalize(value)))
    if (missing.length > 0) yield said(at, `lacks the value ${shown(missing[0])} on one side`)
    return
  }
  const { type, ...bounds } = wide
  const types = namesOf(type)
  if (!values.every((value) => hasType(types, value))) yield said(at, 'has values of other types')
  else if (Object.keys(bounds).length > 0) yield said(at, 'is bounded on one side')
}

function* notAcceptedTyped(
  wide: JsonObject,
  narrow: JsonObject,
  at: string,
): Generator<string, void, void> {
  const types = namesOf(wide['type'])
  for (const type of namesOf(narrow['type'])) {
    if (types.includes(type) || (type === 'integer' && types.includes('number'))) continue
    yield said(at, `may be of type ${type} on one side only`)
  }
  for (const word of [...lowerBounds, ...upperBounds]) {
    if (!isBoundKept(word, wide[word], narrow[word])) yield said(at, `has a tighter ${word}`)
  }
  if (wide['pattern'] !== undefined && wide['pattern'] !== narrow['pattern']) {
    yield said(at, 'has another pattern')
  }
  yield* notAccepted(wide['items'] ?? true, narrow['items'] ?? true, `${at}/items`)
  yield* notAcceptedMembers(wide, narrow, at)
}

function isBoundKept(word: string, wide: Json | undefined, narrow: Json | undefined): boolean {
  if (wide === undefined) return true
  if (typeof wide !== 'number' || typeof narrow !== 'number') return false
  return lowerBounds.includes(word) ? narrow >= wide : narrow <= wide
}

function* notAcceptedMembers(
  wide: JsonObject,
  narrow: JsonObject,
  at: string,
): Generator<string, void, void> {
  const required = namesOf(narrow['required'])
  for (const name of namesOf(wide['required'])) {
    if (!required.includes(name)) yield said(`${at}/${name}`, 'is required on one side only')
  }
  const [wideMembers, narrowMembers] = [membersOf(wide), membersOf(narrow)]
  const [wideRest, narrowRest] = [restOf(wide), restOf(narrow)]
  for (const name of new Set([...wideMembers.keys(), ...narrowMembers.keys()])) {
    const [one, other] = [wideMembers.get(name) ?? wideRest, narrowMembers.get(name) ?? narrowRest]
    yield* notAccepted(one, other, `${at}/${name}`)
  }
  yield* notAccepted(wideRest, narrowRest, `${at}/*`)
}

/** Why the newer schema is more than the older one with optional members added. */
function* notExpanded(older: Json, newer: Json, at: string): Generator<string, void, void> {
  if (isSame(older, newer)) return
  if (!isMap(older) || !isMap(newer) || !isObject(older) || !isObject(newer)) {
    return yield said(at, 'was changed')
  }
  const { properties: _older, ...own } = older
  const { properties: _newer, ...now } = newer
  if (!isSame(own, now)) yield said(at, 'was changed beside its members')
  const members = membersOf(newer)
  for (const [name, member] of membersOf(older)) {
    const found = members.get(name)
    if (found === undefined) yield said(`${at}/${name}`, 'was removed')
    else yield* notExpanded(member, found, `${at}/${name}`)
  }
}

const isObject = ({ type }: JsonObject): boolean => namesOf(type).includes('object')

const membersOf = ({ properties }: JsonObject): ReadonlyMap<string, Json> =>
  new Map(properties !== undefined && isMap(properties) ? Object.entries(properties) : [])

/** The schema of members that are not named. */
const restOf = ({ additionalProperties }: JsonObject): Json => additionalProperties ?? true

const namesOf = (value: Json | undefined): readonly string[] =>
  isList(value) ? value.map(String) : []

const isEmpty = (reasons: Generator<string, void, void>): boolean => reasons.next().done === true

const isSame = (left: Json, right: Json): boolean => canonicalize(left) === canonicalize(right)

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

const isMap = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Most characters of a foreign name or value in a reason. */
const SHOWN_MAX_LENGTH = 100

const shown = (value: Json | undefined): string =>
  canonicalize(value ?? null).slice(0, SHOWN_MAX_LENGTH)

const said = (at: string, what: string): string =>
  `${at === '' ? 'The metadata' : at.slice(0, SHOWN_MAX_LENGTH)} ${what}`
