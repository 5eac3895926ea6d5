import { parseJsonStrictly } from '../../schema/canonical-json.ts'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The body's text, read with a bound: a declared length that is too large is refused before reading, a
 * chunked body while it comes in.
 *
 * @throws {BODY_TOO_LARGE | UNSUPPORTED_MEDIA_TYPE | MALFORMED_JSON | INVALID_REQUEST}
 */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new CatalogError(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send the body as JSON, with Content-Type: application/json.',
    )
  }
  const declared = request.headers.get('content-length')
  if (declared !== null && Number(declared) > maxBytes) throw tooLarge(maxBytes)
  return decode(await readWhole(request, declared === null ? maxBytes : undefined))
}

/** A client that went away is no failure of the server, and nobody is left to tell. */
async function readWhole(
  request: Request,
  maxBytes: number | undefined,
): Promise<ArrayBuffer | Uint8Array> {
  try {
    if (maxBytes === undefined) return await request.arrayBuffer()
    return await readChunked(request, maxBytes)
  } catch (cause) {
    if (isCatalogError(cause)) throw cause
    throw new CatalogError('INVALID_REQUEST', 'The body ended early: send all of it again.', {
      cause,
    })
  }
}

async function readChunked(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  if (request.body === null) return new Uint8Array(0)
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function decode(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new CatalogError('MALFORMED_JSON', 'The body is not UTF-8: encode it so.', { cause })
  }
}

/**
 * Reads a text as JSON; the slow and strict reader words the refusal.
 *
 * @throws {MALFORMED_JSON}
 */
export function parseQuickly(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return parseJsonStrictly(text)
  }
}

const tooLarge = (maxBytes: number): CatalogError =>
  new CatalogError(
    'BODY_TOO_LARGE',
    `The body is larger than ${maxBytes} bytes, the most that this operation takes: split the batch, or keep large metadata in a blob.`,
    { detail: { maxBytes } },
  )
