import { open } from 'node:fs/promises'
import process from 'node:process'
import { parseJsonStrictly, type Json } from '../../schema/canonical-json.ts'
import { CatalogError } from '../../schema/errors.ts'

/** The largest document that a catalog takes, and as much again for its spacing. */
const DOCUMENT_MAX_BYTES = 16 * 1024 * 1024

/**
 * Reads the text of a file, or of stdin when the path is `-`.
 *
 * @throws {CONFIG_INVALID} it cannot be read
 * @throws {BODY_TOO_LARGE} it has more than `maxBytes`
 */
export async function readInput(path: string, maxBytes: number): Promise<string> {
  if (path === '-') return await collect(process.stdin, path, maxBytes)
  try {
    const file = await open(path)
    return await collect(file.createReadStream(), path, maxBytes)
  } catch (cause) {
    if (!(cause instanceof Error) || !('errno' in cause)) throw cause
    const why = 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new CatalogError('CONFIG_INVALID', `The file ${path} cannot be read${why}.`, { cause })
  }
}

/**
 * Reads a JSON document, at most 16 MiB, from a file, or from stdin when the path is `-`.
 *
 * @throws {MALFORMED_JSON} the text is no JSON, or says something twice
 */
export async function readJsonInput(path: string): Promise<Json> {
  return parseJsonStrictly(await readInput(path, DOCUMENT_MAX_BYTES))
}

async function collect(
  stream: AsyncIterable<Uint8Array | string>,
  path: string,
  maxBytes: number,
): Promise<string> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of stream) {
    const bytes = Buffer.from(piece)
    sizeBytes += bytes.length
    if (sizeBytes > maxBytes) {
      throw new CatalogError('BODY_TOO_LARGE', `${path} has more than ${maxBytes} bytes.`)
    }
    pieces.push(bytes)
  }
  return Buffer.concat(pieces).toString('utf8')
}
