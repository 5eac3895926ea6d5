import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { beginCrc64, formatCrc64, joinCrc64 } from '../../client-sdk/stores/s3/crc64.ts'
import { cutParts } from '../../client-sdk/stores/s3/cut-parts.ts'
import {
  PART_MAX_BYTES,
  PARTS_MAX_COUNT,
  partSizeAt,
  type PartPlan,
} from '../../client-sdk/stores/s3/part-size.ts'
import { formatS3Uri, parseS3Uri } from '../../client-sdk/stores/s3/s3-uri.ts'

const TIB = 2 ** 40

async function crcOf(bytes: Uint8Array): Promise<bigint> {
  const crc = beginCrc64()
  crc.update(bytes)
  return await crc.value()
}

/** How many parts a content takes, and the largest of them. */
function cut(plan: PartPlan, sizeBytes: number): { partCount: number; largestBytes: number } {
  let offset = 0
  let partCount = 0
  let largestBytes = 0
  for (; offset < sizeBytes && partCount <= PARTS_MAX_COUNT; partCount += 1) {
    const size = Math.min(partSizeAt(plan, offset), sizeBytes - offset)
    largestBytes = Math.max(largestBytes, size)
    offset += size
  }
  return { partCount, largestBytes }
}

test('the checksum has its published check value', async () => {
  assert.equal(await crcOf(Buffer.from('123456789')), 0xae8b14860a799888n)
  assert.equal(formatCrc64(0xae8b14860a799888n), 'rosUhgp5mIg=')
})

test('checksums of pieces join to that of the whole', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(pieces, async (parts) => {
      let joined = 0n
      for (const part of parts) joined = joinCrc64(joined, await crcOf(part), part.length)
      assert.equal(joined, await crcOf(Buffer.concat(parts)))
    }),
  )
})

test('a content is cut in the same places whatever its pieces are, and no byte is lost', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 })
  const property = fc.asyncProperty(
    pieces,
    fc.integer({ min: 1, max: 64 }),
    async (given, partBytes) => {
      const whole = Buffer.concat(given)
      const cutAs = async (content: Uint8Array | AsyncIterable<Uint8Array>) => {
        const hash = createHash('sha256')
        const parts = []
        for await (const part of cutParts(content, { partBytes, sizeBytes: undefined, hash })) {
          const { number, hex, crc, isLast } = part
          parts.push({ number, hex, crc, isLast, bytes: part.bytes.toString('hex') })
          part.release()
        }
        return { parts, digest: hash.digest('hex') }
      }
      async function* stream() {
        yield* given
      }
      const { parts, digest } = await cutAs(stream())
      assert.deepEqual({ parts, digest }, await cutAs(whole))
      assert.equal(parts.map(({ bytes }) => bytes).join(''), whole.toString('hex'))
      assert.equal(digest, createHash('sha256').update(whole).digest('hex'))
      assert.equal(parts.filter(({ isLast }) => isLast).length, 1)
    },
  )
  await fc.assert(property)
})

test('10,000 parts suffice: for what is known to be 48.8 TiB, and for a stream of 9 TiB', () => {
  const partBytes = 8 * 2 ** 20
  const known = cut({ partBytes, sizeBytes: 48.8 * TIB }, 48.8 * TIB)
  assert.ok(known.partCount <= PARTS_MAX_COUNT && known.largestBytes <= PART_MAX_BYTES)
  const stream = cut({ partBytes, sizeBytes: undefined }, 9 * TIB)
  assert.ok(stream.partCount <= PARTS_MAX_COUNT && stream.largestBytes <= PART_MAX_BYTES)
  assert.equal(cut({ partBytes, sizeBytes: undefined }, 9 * 2 ** 30).largestBytes, partBytes)
})

test('a URI is the bucket and the key as it is, as other tools write it', () => {
  const key = 'a%20b/c d+e?f#g/Ärger-雪-😀'
  assert.equal(formatS3Uri({ bucket: 'states', key }), `s3://states/${key}`)
  assert.deepEqual(parseS3Uri(`s3://states/${key}`), { bucket: 'states', key })
  for (const uri of ['s3://states', 's3://states/', 's3:///key', 'file:///states/key']) {
    assert.equal(parseS3Uri(uri), undefined, uri)
  }
})

test('a URI gives back the place that it was made of', () => {
  const keys = fc.string({ unit: 'grapheme', minLength: 1 })
  fc.assert(
    fc.property(keys, (key) => {
      assert.deepEqual(parseS3Uri(formatS3Uri({ bucket: 'states', key })), {
        bucket: 'states',
        key,
      })
    }),
  )
})
