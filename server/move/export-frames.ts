import { createHash } from 'node:crypto'
import { DOCUMENT_MAX_BYTES } from '../../schema/entry.ts'
import { CatalogError } from '../../schema/errors.ts'
import { ENTRY_MAX_BYTES } from '../../schema/transparency/entry-bundle.ts'
import { MAX_NOTE_BYTES } from '../../schema/transparency/signed-note.ts'

/** The first line of an export, which says the version of all that follows. */
const FIRST_LINE = 'cairn-export 1\n'

/** Most bytes of each frame's payload. */
const payloadMaxBytes = {
  header: 1024 * 1024,
  entry: ENTRY_MAX_BYTES,
  document: DOCUMENT_MAX_BYTES,
  head: 128,
  'signed-head': MAX_NOTE_BYTES,
  digest: 71,
} as const

/** What a frame holds. */
export type FrameKind = keyof typeof payloadMaxBytes

/** One piece of an export; `offset` is where its line begins, in bytes. */
export interface Frame {
  readonly kind: FrameKind
  readonly payload: Uint8Array
  readonly offset: number
}

/** The longest line of a frame, such as `document 8388608`. */
const LINE_MAX_BYTES = 32
const LINE = /^([a-z-]+) (0|[1-9]\d{0,8})$/
const NEWLINE = 0x0a

/** Writes frames and the digest at their end. */
export interface FrameWriter {
  /** The bytes of frames, after the first line if they are the first. */
  write(frames: readonly Omit<Frame, 'offset'>[]): Uint8Array
  /** The bytes of the last frame, which holds the digest of all that was written. */
  end(): Uint8Array
}

/** Begins to write an export. */
export function openFrameWriter(): FrameWriter {
  const hash = createHash('sha256')
  let isFirst = true
  return {
    write: (frames) => {
      const start = isFirst ? [Buffer.from(FIRST_LINE)] : []
      isFirst = false
      const bytes = Buffer.concat([...start, ...frames.flatMap(partsOf)])
      hash.update(bytes)
      return bytes
    },
    end: () => {
      const payload = Buffer.from(`sha256:${hash.digest('hex')}`)
      return Buffer.concat(partsOf({ kind: 'digest', payload }))
    },
  }
}

function partsOf({ kind, payload }: Omit<Frame, 'offset'>): readonly Uint8Array[] {
  return [Buffer.from(`${kind} ${payload.length}\n`), payload, Uint8Array.of(NEWLINE)]
}

/** Reads frames from bytes as they come, and checks the digest at their end. */
export interface FrameReader {
  /**
   * The frames that these bytes complete, without the digest's.
   *
   * @throws {COPY_CORRUPT} what was read is not what an export wrote; the message names the byte
   */
  push(bytes: Uint8Array): readonly Frame[]
  /** @throws {COPY_CORRUPT} the export was cut off */
  end(): void
}

/** Begins to read an export; holds one frame and what was pushed last, whatever the export's size. */
export function openFrameReader(): FrameReader {
  const hash = createHash('sha256')
  let pending: Buffer = Buffer.alloc(0)
  /** Where `pending` begins in the export. */
  let offset = 0
  let state: 'start' | 'frames' | 'ended' = 'start'

  /** Reads frames from a place in `pending` on; gives the place behind the last whole one. */
  const readFrames = (start: number, frames: Frame[]): number => {
    let at = start
    for (;;) {
      const lineEnd = pending.indexOf(NEWLINE, at)
      if (lineEnd < 0 || lineEnd - at >= LINE_MAX_BYTES) {
        if (pending.length - at < LINE_MAX_BYTES) return at
        throw corrupt(offset + at, 'there is no line that begins a frame')
      }
      const { kind, lengthBytes } = parseLine(pending.toString('latin1', at, lineEnd), offset + at)
      const end = lineEnd + 1 + lengthBytes
      if (pending.length <= end) return at
      if (pending[end] !== NEWLINE) throw corrupt(offset + end, `the ${kind} does not end here`)
      const payload = pending.subarray(lineEnd + 1, end)
      if (kind === 'digest') {
        hash.update(pending.subarray(0, at))
        checkDigest(payload, offset + at)
        if (pending.length > end + 1) throw corrupt(offset + end + 1, 'bytes follow its end')
        state = 'ended'
        return end + 1
      }
      frames.push({ kind, payload, offset: offset + at })
      at = end + 1
    }
  }
  const checkDigest = (payload: Buffer, at: number): void => {
    if (payload.toString('latin1') === `sha256:${hash.digest('hex')}`) return
    throw corrupt(at, 'the digest is not that of the bytes before it')
  }
  const readStart = (): number => {
    const start = pending.toString('latin1', 0, FIRST_LINE.length)
    if (!FIRST_LINE.startsWith(start)) {
      throw corrupt(0, `it does not begin with "${FIRST_LINE.trimEnd()}", so this is no export`)
    }
    if (start.length < FIRST_LINE.length) return 0
    state = 'frames'
    return FIRST_LINE.length
  }

  return {
    push: (bytes) => {
      if (state === 'ended' && bytes.length > 0) throw corrupt(offset, 'bytes follow its end')
      pending = pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([pending, bytes])
      const frames: Frame[] = []
      const begun = state === 'start' ? readStart() : 0
      const end = state === 'frames' ? readFrames(begun, frames) : begun
      // With the digest, all before it has been hashed.
      if (state === 'frames') hash.update(pending.subarray(0, end))
      pending = pending.subarray(end)
      offset += end
      return frames
    },
    end: () => {
      if (state === 'ended') return
      throw corrupt(offset + pending.length, 'it was cut off before its digest')
    },
  }
}

function parseLine(
  line: string,
  offset: number,
): { readonly kind: FrameKind; readonly lengthBytes: number } {
  const [, kind = '', length = ''] = LINE.exec(line) ?? []
  if (!isFrameKind(kind)) throw corrupt(offset, 'there is no line that begins a frame')
  const lengthBytes = Number(length)
  if (lengthBytes > payloadMaxBytes[kind]) {
    throw corrupt(offset, `its ${kind} would have ${lengthBytes} bytes, more than there can be`)
  }
  return { kind, lengthBytes }
}

function isFrameKind(text: string): text is FrameKind {
  return Object.hasOwn(payloadMaxBytes, text)
}

/** What is wrong with an export, and at which byte of it. */
export function corrupt(offset: number, what: string): CatalogError {
  return new CatalogError(
    'COPY_CORRUPT',
    `The export cannot be trusted at byte ${offset}: ${what}. Export it again, or fetch the file anew.`,
    { detail: { offset } },
  )
}
