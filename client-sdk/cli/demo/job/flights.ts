import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { CatalogError } from '../../../../schema/errors.ts'
import type { Digest } from '../../../api.ts'

/** US flights of one month, one row each, in the order of the file. */
export interface Flights {
  readonly rowCount: number
  readonly delayMinutes: Int16Array
  readonly distanceMiles: Uint16Array
  /** Scheduled departure, hours of the day from 0 up to 24. */
  readonly hour: Float64Array
  /** Of the file's exact bytes. */
  readonly digest: Digest
}

/** Ten times the rows of the file that comes with the package: nothing larger is read by mistake. */
const ROWS_MAX_COUNT = 2_000_000

/** Where `vega-datasets` keeps the flights, which are public data of the US Bureau of Transportation Statistics. */
export function findFlights(): { readonly file: string; readonly manifest: string } {
  const file = new URL('../data/flights-200k.json', resolvePackage())
  const manifest = new URL('../package.json', resolvePackage())
  return { file: fileURLToPath(file), manifest: fileURLToPath(manifest) }
}

/** The version of the package that the flights came with. */
export async function readDataVersion(manifestPath: string): Promise<string> {
  const parsed: unknown = JSON.parse(await readFile(manifestPath, 'utf8'))
  const version = typeof parsed === 'object' && parsed !== null && 'version' in parsed
  return version && typeof parsed.version === 'string' ? parsed.version : 'unknown'
}

/**
 * Loads flights from a JSON array of `{ delay, distance, time }`.
 *
 * @throws {INVALID_REQUEST} the file is something else, or holds over 2,000,000 rows
 */
export async function loadFlights(path: string): Promise<Flights> {
  const bytes = await readFile(path)
  return parseFlights(JSON.parse(bytes.toString('utf8')), digestBytes(bytes))
}

/**
 * Reads flights from parsed JSON.
 *
 * @throws {INVALID_REQUEST} it is no array of at most 2,000,000 flights
 */
export function parseFlights(value: unknown, digest: Digest): Flights {
  if (!Array.isArray(value) || value.length > ROWS_MAX_COUNT) {
    throw notFlights(`it is no array of at most ${ROWS_MAX_COUNT} rows`)
  }
  const rowCount = value.length
  const delayMinutes = new Int16Array(rowCount)
  const distanceMiles = new Uint16Array(rowCount)
  const hour = new Float64Array(rowCount)
  for (const [row, flight] of (value as readonly unknown[]).entries()) {
    const { delay, distance, time } = (flight ?? {}) as Readonly<Record<string, unknown>>
    if (typeof delay !== 'number' || typeof distance !== 'number' || typeof time !== 'number') {
      throw notFlights(`row ${row} lacks a number "delay", "distance" or "time"`)
    }
    if (!(time >= 0 && time < 24)) throw notFlights(`row ${row} has the hour ${time}`)
    delayMinutes[row] = delay
    distanceMiles[row] = distance
    hour[row] = time
  }
  return { rowCount, delayMinutes, distanceMiles, hour, digest }
}

function digestBytes(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function resolvePackage(): string {
  try {
    const entry = import.meta.resolve('vega-datasets')
    if (existsSync(fileURLToPath(entry))) return entry
  } catch {
    // Falls through to the sentence that says what to do.
  }
  throw new CatalogError(
    'CONFIG_INVALID',
    'The flights are in the package vega-datasets, which is not installed: run `npm install` first.',
  )
}

function notFlights(why: string): CatalogError {
  return new CatalogError('INVALID_REQUEST', `The file holds no flights: ${why}.`)
}
