import { CatalogError } from '../schema/errors.ts'

/**
 * Reads the whole body of an answer, up to a bound in bytes.
 *
 * @throws {BODY_TOO_LARGE} the body is larger; the rest is not read
 */
export async function readBoundedBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array()
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  // Bounded by `maxBytes`: a chunk has at least one byte, or is the last.
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concatenate(chunks, sizeBytes)
    sizeBytes += value.length
    if (sizeBytes > maxBytes) {
      await reader.cancel()
      throw new CatalogError(
        'BODY_TOO_LARGE',
        `The answer is larger than ${maxBytes} bytes, which the client does not read: ask for less at once.`,
      )
    }
    chunks.push(value)
  }
}

function concatenate(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const whole = new Uint8Array(sizeBytes)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
