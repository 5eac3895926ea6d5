import { accepted, refused, type Parsed } from './finding.ts'

/**
 * Reads a log's size, or an index of it, in decimal: digits without sign or leading zero, at most
 * 2^53 − 1. The formats allow more, to 2^64 − 1; a size that large has a finding of its own.
 */
export function parseLogSize(text: string, where: string): Parsed<number> {
  if (!/^(?:0|[1-9][0-9]*)$/.test(text)) {
    return refused('size-malformed', where, 'It is not a decimal number without leading zeros.')
  }
  const size = Number(text)
  return Number.isSafeInteger(size)
    ? accepted(size)
    : refused(
        'size-out-of-range',
        where,
        'It is above 2^53 - 1, the largest log that is read here; check it with another verifier.',
      )
}
