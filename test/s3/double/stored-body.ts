/** Piece in which bodies are kept: small enough that repeated content shows, large enough to be few. */
const CHUNK_BYTES = 1024 * 1024

/** Newest different chunks that a new one is compared with. */
const RECENT_CHUNKS = 8

/** The bytes of an object or a part; undefined pieces where the store keeps checksums only. */
export interface StoredBody {
  readonly sizeBytes: number
  readonly chunks: readonly Uint8Array[] | undefined
}

/** Takes the bytes of one body. */
export interface BodyWriter {
  push(bytes: Uint8Array): void
  end(): StoredBody
}

/** Where bodies are kept: chunks with the content of a recent one are kept once, so repeated content costs nothing. */
export interface BodyStore {
  startBody(): BodyWriter
}

/** A body store in memory. */
export function openBodyStore(options: { readonly keepsBytes: boolean }): BodyStore {
  const recent: Uint8Array[] = []
  const intern = (chunk: Uint8Array): Uint8Array => {
    const same = recent.find((one) => Buffer.compare(one, chunk) === 0)
    if (same !== undefined) return same
    recent.push(chunk)
    if (recent.length > RECENT_CHUNKS) recent.shift()
    return chunk
  }
  const startBody = (): BodyWriter => {
    const chunks: Uint8Array[] = []
    let pending: Uint8Array[] = []
    let pendingBytes = 0
    let sizeBytes = 0
    const flush = (): void => {
      if (pendingBytes > 0) chunks.push(intern(Buffer.concat(pending)))
      pending = []
      pendingBytes = 0
    }
    const push = (bytes: Uint8Array): void => {
      sizeBytes += bytes.length
      if (!options.keepsBytes) return
      let rest = bytes
      while (rest.length > 0) {
        const piece = rest.subarray(0, CHUNK_BYTES - pendingBytes)
        pending.push(piece)
        pendingBytes += piece.length
        rest = rest.subarray(piece.length)
        if (pendingBytes === CHUNK_BYTES) flush()
      }
    }
    const end = (): StoredBody => {
      flush()
      return { sizeBytes, chunks: options.keepsBytes ? chunks : undefined }
    }
    return { push, end }
  }
  return { startBody }
}

/** Several bodies as one. */
export function joinBodies(bodies: readonly StoredBody[]): StoredBody {
  const kept = bodies.every((body) => body.chunks !== undefined)
  return {
    sizeBytes: bodies.reduce((sum, body) => sum + body.sizeBytes, 0),
    chunks: kept ? bodies.flatMap((body) => body.chunks ?? []) : undefined,
  }
}

/** The bytes from `start` up to but not including `end`. */
export function* readBody(body: StoredBody, start = 0, end = body.sizeBytes): Iterable<Uint8Array> {
  let offset = 0
  for (const chunk of body.chunks ?? []) {
    const from = Math.max(0, start - offset)
    const to = Math.min(chunk.length, end - offset)
    offset += chunk.length
    if (from < to) yield chunk.subarray(from, to)
    if (offset >= end) return
  }
}

/** The same body with one bit of the byte at `offset` turned over. */
export function flipBit(body: StoredBody, offset: number): StoredBody {
  let before = 0
  const chunks = (body.chunks ?? []).map((chunk) => {
    const at = offset - before
    before += chunk.length
    if (at < 0 || at >= chunk.length) return chunk
    const changed = Buffer.from(chunk)
    changed[at] = (changed[at] ?? 0) ^ 1
    return changed
  })
  return { sizeBytes: body.sizeBytes, chunks }
}
