import { createHash, type Hash } from 'node:crypto'
import type { BlobContent } from '../../blob-store.ts'
import { beginCrc64, type Crc64 } from './crc64.ts'
import { checkPartNumber, partSizeAt, type PartPlan } from './part-size.ts'

/** Some bytes of a content, in their place. */
export interface Part {
  /** From 1. */
  readonly number: number
  readonly bytes: Buffer
  /** SHA-256, 64 hexadecimal digits. */
  readonly hex: string
  /** CRC-64/NVME. */
  readonly crc: bigint
  /** Whether the content ends with it. */
  readonly isLast: boolean
  /** Gives the bytes back, to be written over by a later part. */
  readonly release: () => void
}

/** How a content is cut, and what hears of all its bytes in passing. */
export interface Cut extends PartPlan {
  readonly hash: Hash
}

/**
 * Cuts a content into parts; every byte is copied once, and each part is hashed while it comes in.
 *
 * Bytes that are whole in memory are not copied. An empty content is one empty part.
 */
export async function* cutParts(content: BlobContent, cut: Cut): AsyncGenerator<Part> {
  if (content instanceof Uint8Array) yield* cutWhole(content, cut)
  else yield* cutStream(content, cut)
}

async function* cutWhole(content: Uint8Array, cut: Cut): AsyncGenerator<Part> {
  const whole = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  let offset = 0
  for (let number = 1; ; number += 1) {
    checkPartNumber(number)
    const bytes = whole.subarray(offset, offset + partSizeAt(cut, offset))
    const part = beginPart()
    part.hash.update(bytes)
    part.crc.update(bytes)
    cut.hash.update(bytes)
    offset += bytes.length
    const isLast = offset === whole.length
    yield { number, bytes, isLast, release: () => undefined, ...(await endPart(part)) }
    if (isLast) return
  }
}

async function* cutStream(content: AsyncIterable<Uint8Array>, cut: Cut): AsyncGenerator<Part> {
  const buffers = new BufferPool()
  const filling = { part: beginPart(), buffer: buffers.take(partSizeAt(cut, 0)), filled: 0 }
  let number = 1
  let offset = 0
  const finish = async (isLast: boolean): Promise<Part> => {
    checkPartNumber(number)
    const { buffer, filled } = filling
    const bytes = buffer.subarray(0, filled)
    return {
      number,
      bytes,
      isLast,
      release: () => buffers.give(buffer),
      ...(await endPart(filling.part)),
    }
  }
  for await (const piece of content) {
    let rest = piece
    while (rest.length > 0) {
      // A full part is given out only when a byte follows it, so that the last one can be told.
      if (filling.filled === filling.buffer.length) {
        yield await finish(false)
        offset += filling.filled
        number += 1
        const buffer = buffers.take(partSizeAt(cut, offset))
        Object.assign(filling, { part: beginPart(), buffer, filled: 0 })
      }
      const taken = rest.subarray(0, filling.buffer.length - filling.filled)
      filling.buffer.set(taken, filling.filled)
      filling.filled += taken.length
      for (const sink of [filling.part.hash, filling.part.crc, cut.hash]) sink.update(taken)
      rest = rest.subarray(taken.length)
    }
  }
  yield await finish(true)
}

interface Checks {
  readonly hash: Hash
  readonly crc: Crc64
}

function beginPart(): Checks {
  return { hash: createHash('sha256'), crc: beginCrc64() }
}

async function endPart({ hash, crc }: Checks): Promise<Pick<Part, 'hex' | 'crc'>> {
  return { hex: hash.digest('hex'), crc: await crc.value() }
}

/** Buffers that were given back; memory does not wait for the collector to find out. */
class BufferPool {
  #free: Buffer[] = []

  take(sizeBytes: number): Buffer {
    // Parts only grow, so a smaller buffer is of no more use.
    this.#free = this.#free.filter((buffer) => buffer.length >= sizeBytes)
    const found = this.#free.pop()
    return found?.subarray(0, sizeBytes) ?? Buffer.allocUnsafeSlow(sizeBytes)
  }

  give(buffer: Buffer): void {
    this.#free.push(buffer)
  }
}
