import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  GetObjectAttributesCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type ChecksumAlgorithm,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3'
import { outcomeOf } from '../client.ts'
import { startCrc } from '../double/crc.ts'
import { behavioursIn, type Behaviour, type Place } from './behaviour.ts'

const content = Buffer.from('the state of a job')

/** Pieces of a stream: S3 takes no chunk of less than 8 KiB but the last. */
const pieces = [Buffer.alloc(16_384, 'piece '), Buffer.from('and the rest')]
const streamBytes = pieces.reduce((sum, piece) => sum + piece.length, 0)

const crcOf = (name: 'CRC32' | 'CRC32C' | 'CRC64NVME'): string => {
  const crc = startCrc(name)
  crc.update(content)
  return crc.digest().toString('base64')
}

const expected = {
  CRC32: crcOf('CRC32'),
  CRC32C: crcOf('CRC32C'),
  CRC64NVME: crcOf('CRC64NVME'),
  SHA1: createHash('sha1').update(content).digest('base64'),
  SHA256: createHash('sha256').update(content).digest('base64'),
} as const satisfies Partial<Record<ChecksumAlgorithm, string>>

type Known = keyof typeof expected

/** What a store attests of an object. */
export async function attested(place: Place, name: string): Promise<HeadObjectCommandOutput> {
  const { client, Bucket } = place
  const head = { Bucket, Key: place.key(name), ChecksumMode: 'ENABLED' as const }
  return client.send(new HeadObjectCommand(head))
}

const algorithms: readonly Known[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']

const perAlgorithm = Object.fromEntries(
  algorithms.flatMap((algorithm) => [
    [
      `a ${algorithm} of the content is kept and told by a head`,
      async (place: Place) => {
        const put = { Bucket: place.Bucket, Key: place.key('a'), Body: content }
        await place.client.send(new PutObjectCommand({ ...put, ChecksumAlgorithm: algorithm }))
        const head = await attested(place, 'a')
        assert.equal(head[`Checksum${algorithm}`], expected[algorithm])
        assert.equal(head.ChecksumType, 'FULL_OBJECT')
      },
    ],
    [
      `a ${algorithm} of other content is refused`,
      async (place: Place) => {
        const put = { Bucket: place.Bucket, Key: place.key('a'), Body: 'other content' }
        const given = { ...put, [`Checksum${algorithm}`]: expected[algorithm] }
        const outcome = await outcomeOf(place.client.send(new PutObjectCommand(given)))
        assert.equal(outcome, '400 BadDigest')
      },
    ],
  ]),
)

const single = behavioursIn('versioned', {
  ...perAlgorithm,
  'a Content-MD5 of other content is refused': async (place) => {
    const plain = place.clientWith({ requestChecksumCalculation: 'WHEN_REQUIRED' })
    const ContentMD5 = createHash('md5').update(content).digest('base64')
    const put = { Bucket: place.Bucket, Key: place.key('a'), Body: 'other content', ContentMD5 }
    assert.equal(await outcomeOf(plain.send(new PutObjectCommand(put))), '400 BadDigest')
  },
  'an object that came without a checksum gets a CRC64NVME from the store': async (place) => {
    const plain = place.clientWith({ requestChecksumCalculation: 'WHEN_REQUIRED' })
    const put = { Bucket: place.Bucket, Key: place.key('a'), Body: content }
    await plain.send(new PutObjectCommand(put))
    assert.equal((await attested(place, 'a')).ChecksumCRC64NVME, expected.CRC64NVME)
  },
  'a stream is taken with its checksum behind it': async (place) => {
    const put = {
      Bucket: place.Bucket,
      Key: place.key('a'),
      Body: Readable.from(pieces),
      ContentLength: streamBytes,
    }
    await place.client.send(new PutObjectCommand({ ...put, ChecksumAlgorithm: 'CRC32' }))
    assert.equal((await attested(place, 'a')).ContentLength, streamBytes)
  },
  'a stream of a known length is taken without a checksum': async (place) => {
    const plain = place.clientWith({ requestChecksumCalculation: 'WHEN_REQUIRED' })
    const put = {
      Bucket: place.Bucket,
      Key: place.key('a'),
      Body: Readable.from(pieces),
      ContentLength: streamBytes,
    }
    await plain.send(new PutObjectCommand(put))
    assert.equal((await attested(place, 'a')).ContentLength, streamBytes)
  },
  'attributes of an object tell its size': async (place) => {
    const object = { Bucket: place.Bucket, Key: place.key('a') }
    await place.client.send(new PutObjectCommand({ ...object, Body: content }))
    const ask = new GetObjectAttributesCommand({ ...object, ObjectAttributes: ['ObjectSize'] })
    assert.equal((await place.client.send(ask)).ObjectSize, content.length)
  },
  'attributes of an object tell its size and checksum at once': async (place) => {
    const put = { Bucket: place.Bucket, Key: place.key('a'), Body: content }
    const { VersionId } = await place.client.send(
      new PutObjectCommand({ ...put, ChecksumAlgorithm: 'SHA256' }),
    )
    const attributes = await place.client.send(
      new GetObjectAttributesCommand({
        Bucket: place.Bucket,
        Key: place.key('a'),
        VersionId,
        ObjectAttributes: ['ObjectSize', 'Checksum'],
      }),
    )
    assert.equal(attributes.ObjectSize, content.length)
    assert.equal(attributes.Checksum?.ChecksumSHA256, expected.SHA256)
  },
})

/** Checksums of objects of one part. */
export const checksumBehaviours: readonly Behaviour[] = single
