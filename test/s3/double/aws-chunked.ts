import { S3Failure } from './failure.ts'

/** Longest line between chunks: a size, or a trailer with its checksum. */
const LINE_MAX_BYTES = 16 * 1024

/** Smallest chunk but the last one. */
const CHUNK_MIN_BYTES = 8 * 1024

/** A body in `aws-chunked` encoding, being read. */
export interface ChunkedBody {
  readonly bytes: AsyncIterable<Uint8Array>
  /** Names in lower case; complete once the bytes have been read. */
  readonly trailers: ReadonlyMap<string, string>
}

/** Reads unsigned `aws-chunked` encoding with its trailers. */
export function decodeAwsChunked(encoded: AsyncIterable<Uint8Array>): ChunkedBody {
  const trailers = new Map<string, string>()
  return { bytes: decode(encoded, trailers), trailers }
}

async function* decode(
  encoded: AsyncIterable<Uint8Array>,
  trailers: Map<string, string>,
): AsyncGenerator<Uint8Array> {
  let state: 'size' | 'data' | 'after-data' | 'trailers' | 'end' = 'size'
  let pending = Buffer.alloc(0)
  let left = 0
  let lastBytes = CHUNK_MIN_BYTES
  for await (const piece of encoded) {
    pending = pending.length === 0 ? Buffer.from(piece) : Buffer.concat([pending, piece])
    while (pending.length > 0 && state !== 'end') {
      if (state === 'data') {
        const bytes = pending.subarray(0, left)
        pending = pending.subarray(bytes.length)
        left -= bytes.length
        if (left === 0) state = 'after-data'
        yield bytes
        continue
      }
      const line = takeLine(pending)
      if (line === undefined) break
      pending = pending.subarray(line.length + 2)
      if (state === 'size') {
        left = sizeOf(line)
        if (left > 0 && lastBytes < CHUNK_MIN_BYTES) throw new S3Failure('InvalidChunkSizeError')
        lastBytes = left
        state = left === 0 ? 'trailers' : 'data'
      } else if (state === 'after-data') {
        if (line !== '') throw new S3Failure('IncompleteBody', 'A chunk is longer than its size.')
        state = 'size'
      } else if (line === '') {
        state = 'end'
      } else {
        const colon = line.indexOf(':')
        trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
      }
    }
  }
  if (state !== 'end' || pending.length > 0) throw new S3Failure('IncompleteBody')
}

function takeLine(bytes: Buffer): string | undefined {
  const end = bytes.indexOf('\r\n')
  if (end < 0 ? bytes.length > LINE_MAX_BYTES : end > LINE_MAX_BYTES) {
    throw new S3Failure('IncompleteBody', 'The chunked encoding has a line that does not end.')
  }
  return end < 0 ? undefined : bytes.subarray(0, end).toString('latin1')
}

function sizeOf(line: string): number {
  if (!/^[0-9a-fA-F]{1,12}$/.test(line)) {
    throw new S3Failure('IncompleteBody', 'A chunk does not begin with its size.')
  }
  return Number.parseInt(line, 16)
}
