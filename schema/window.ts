import { Type, type Static } from 'typebox'
import { CatalogError } from './errors.ts'
import type { Immutable } from './immutable.ts'
import { Timestamp } from './names.ts'

/** The span of time that a partition's work is about. */
export const Window = Type.Object(
  {
    from: Type.Unsafe<string>({ ...Timestamp, description: 'The first moment of it.' }),
    to: Type.Unsafe<string>({ ...Timestamp, description: 'The first moment after it.' }),
  },
  {
    title: 'Window',
    description: 'A half-open span of time: `from` is in it, `to` is not.',
    additionalProperties: false,
  },
)
export type Window = Immutable<Static<typeof Window>>

/** A window in epoch milliseconds. */
export interface WindowMs {
  readonly fromMs: number
  readonly toMs: number
}

/**
 * Reads a window's moments.
 *
 * @throws {INVALID_REQUEST} one is no moment, or `from` is not before `to`
 */
export function parseWindow({ from, to }: Window): WindowMs {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)]
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) {
    throw new CatalogError(
      'INVALID_REQUEST',
      `The window from ${from} to ${to} names a day or time that does not exist: give both in RFC 3339, UTC.`,
    )
  }
  if (fromMs >= toMs) {
    throw new CatalogError(
      'INVALID_REQUEST',
      `The window from ${from} to ${to} is empty: "from" is the first moment in it, "to" the first moment after it.`,
    )
  }
  return { fromMs, toMs }
}

/** A window as entries and answers write it. */
export function formatWindow({ fromMs, toMs }: WindowMs): Window {
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }
}
