import { CatalogError } from '../../schema/errors.ts'

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

const durationUnits = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** Shows a number of bytes with three digits, such as `1.21 GiB`. */
export function formatBytes(bytes: number): string {
  let amount = bytes
  let place = 0
  while (amount >= 1024 && place < byteUnits.length - 1) {
    amount /= 1024
    place += 1
  }
  const digits = place === 0 || amount >= 100 ? 0 : amount >= 10 ? 1 : 2
  return `${amount.toFixed(digits)} ${byteUnits[place] ?? 'B'}`
}

/** Shows a time in its two largest units, such as `3 h 12 min`. */
export function formatDurationMs(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/**
 * Reads a time such as `90s`, `15m`, `12h` or `30d`, in seconds.
 *
 * @throws {INVALID_REQUEST} it is no such text
 */
export function parseDurationSeconds(text: string): number {
  const found = /^(\d{1,6})([smhd])$/.exec(text)
  const unit = found?.[2]
  if (unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd') {
    throw new CatalogError('INVALID_REQUEST', 'a time is a number and s, m, h or d, such as "30d"')
  }
  return Number(found?.[1]) * durationUnits[unit]
}

/** A count with its noun, such as `1 row` or `3 rows`. */
export function formatCount(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : nouns}`
}
