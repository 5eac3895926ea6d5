import { CatalogError } from '../../schema/errors.ts'
import type { Digest } from '../api.ts'

/** The longest text of any flag: an Argument of a process on Linux has at most this many bytes. */
const TEXT_MAX_LENGTH = 128 * 1024

/** The catalog's grammar of names, so that a mistake is found before a request, or a log, is begun. */
const NAME = /^[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,127}$/

const DIGEST = /^sha256:([0-9a-f]{64})$/

/** Any text that is not empty. */
export function readText(text: string): string {
  if (text === '') throw invalid('it is empty')
  if (text.length > TEXT_MAX_LENGTH) throw invalid('it is too long')
  return text
}

/** Any text; an empty one means none, as a partition's does. */
export function readAnyText(text: string): string {
  return text
}

/** The name of a namespace, job or run. */
export function readName(text: string): string {
  if (NAME.test(text)) return text
  throw new CatalogError(
    'INVALID_NAME',
    'a name has 1 to 128 lower-case letters, digits, ".", "_" and "-", and begins with a letter or digit',
  )
}

/** A digest. */
export function readDigest(text: string): Digest {
  const hex = DIGEST.exec(text)?.[1]
  if (hex !== undefined) return `sha256:${hex}`
  throw new CatalogError(
    'INVALID_DIGEST',
    'a digest is "sha256:" and 64 lower-case hexadecimal digits; "cairn checkpoints list" shows them',
  )
}

/** A whole number within bounds, both included. */
export function readCount(min: number, max: number): (text: string) => number {
  return (text) => {
    const count = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(count) && count >= min && count <= max) return count
    throw invalid(
      max === Number.MAX_SAFE_INTEGER
        ? `it must be a whole number from ${min}`
        : `it must be a whole number from ${min} to ${max}`,
    )
  }
}

/** One of a few words. */
export function readChoice<const Word extends string>(
  ...words: readonly Word[]
): (text: string) => Word {
  return (text) => {
    const found = words.find((word) => word === text)
    if (found !== undefined) return found
    throw invalid(`it must be ${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`)
  }
}

/** `name=value`, of which the value may have further `=`. */
export function readPair(text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=')
  if (at < 1) throw invalid('write name=value')
  return [text.slice(0, at), text.slice(at + 1)]
}

/**
 * Pairs as an object.
 *
 * @throws {INVALID_REQUEST} a name is there twice
 */
export function collectPairs<Value>(
  flag: string,
  pairs: readonly (readonly [name: string, value: Value])[],
): Readonly<Record<string, Value>> | undefined {
  if (pairs.length === 0) return undefined
  const twice = pairs.find(([name], place) => pairs.findIndex(([other]) => other === name) < place)
  if (twice !== undefined) throw invalid(`${flag} gives "${twice[0]}" twice: give it once.`)
  return Object.fromEntries(pairs)
}

function invalid(sentence: string): CatalogError {
  return new CatalogError('INVALID_REQUEST', sentence)
}
