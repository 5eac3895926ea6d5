import { CatalogError } from '../../schema/errors.ts'
import type { Window } from '../api.ts'

/** The flag of the span of time that a partition is about. */
export const windowWords = {
  usage: '--window <from/to>',
  summary: 'half-open span of time that the partition is about, such as 2026-11-23/2026-11-24',
}

/** A day is its first moment in UTC. */
const DAY = /^\d{4}-\d\d-\d\d$/

/** Reads a day or a moment in RFC 3339. */
export function readMoment(text: string): string {
  const moment = new Date(DAY.test(text) ? `${text}T00:00:00Z` : text)
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(moment.getTime())) return moment.toISOString()
  throw new CatalogError(
    'INVALID_REQUEST',
    'write a day or a moment, such as 2026-11-23 or 2026-11-23T10:00:00Z',
  )
}

/** Reads `from/to`, as ISO 8601 writes an interval. */
export function readWindow(text: string): Window {
  const [from, to, ...rest] = text.split('/')
  if (from === undefined || to === undefined || rest.length > 0) {
    throw new CatalogError(
      'INVALID_REQUEST',
      'write from/to, such as 2026-11-23/2026-11-24; "to" is the first moment after it',
    )
  }
  return { from: readMoment(from), to: readMoment(to) }
}
