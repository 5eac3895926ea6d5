import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  type ChecksumAlgorithm,
  type CompletedPart,
  type CompleteMultipartUploadCommandInput,
  type CreateMultipartUploadCommandInput,
} from '@aws-sdk/client-s3'
import { outcomeOf } from '../client.ts'
import { startCrc } from '../double/crc.ts'
import { behavioursIn, type Behaviour, type Place } from './behaviour.ts'
import { attested } from './checksums.ts'
import { putText, readText } from './versions.ts'

/** Smallest part that S3 takes but for the last. */
const PART_MIN_BYTES = 5 * 1024 * 1024

const first = Buffer.alloc(PART_MIN_BYTES, 'first part ')
const last = Buffer.from('and the last')
const whole = Buffer.concat([first, last])

interface Started {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string | undefined
}

async function start(
  place: Place,
  more: Partial<CreateMultipartUploadCommandInput> = {},
): Promise<Started> {
  const object = { Bucket: place.Bucket, Key: place.key('a') }
  const create = new CreateMultipartUploadCommand({ ...object, ...more })
  const { UploadId } = await place.client.send(create)
  return { ...object, UploadId }
}

async function part(
  place: Place,
  upload: Started,
  given: {
    readonly PartNumber: number
    readonly Body: Uint8Array
    readonly ChecksumAlgorithm?: ChecksumAlgorithm
  },
): Promise<CompletedPart> {
  const sent = await place.client.send(new UploadPartCommand({ ...upload, ...given }))
  const { ETag, ChecksumSHA256, ChecksumCRC64NVME } = sent
  const checksum = { SHA256: { ChecksumSHA256 }, CRC64NVME: { ChecksumCRC64NVME } }[
    String(given.ChecksumAlgorithm)
  ]
  return { PartNumber: given.PartNumber, ETag, ...checksum }
}

async function twoParts(
  place: Place,
  upload: Started,
  algorithm?: ChecksumAlgorithm,
): Promise<CompletedPart[]> {
  const checksum = algorithm === undefined ? {} : { ChecksumAlgorithm: algorithm }
  return [
    await part(place, upload, { PartNumber: 1, Body: first, ...checksum }),
    await part(place, upload, { PartNumber: 2, Body: last, ...checksum }),
  ]
}

const complete = (
  upload: Started,
  Parts: CompletedPart[],
  more: Partial<CompleteMultipartUploadCommandInput> = {},
): CompleteMultipartUploadCommand =>
  new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...more })

const crc64 = (bytes: Uint8Array): string => {
  const crc = startCrc('CRC64NVME')
  crc.update(bytes)
  return crc.digest().toString('base64')
}

/** Uploads in parts, and their checksums. */
export const multipartBehaviours: readonly Behaviour[] = behavioursIn('versioned', {
  'parts become one version when the upload is completed, and not before': async (place) => {
    const upload = await start(place)
    const parts = await twoParts(place, upload)
    const get = new GetObjectCommand({ Bucket: upload.Bucket, Key: upload.Key })
    assert.equal(await outcomeOf(place.client.send(get)), '404 NoSuchKey')
    const { VersionId } = await place.client.send(complete(upload, parts))
    assert.ok(VersionId !== undefined && VersionId !== 'null')
    assert.equal(await readText(place, 'a', VersionId), whole.toString())
  },
  'the parts of an upload are listed with their sizes, and again when sent again': async (
    place,
  ) => {
    const upload = await start(place)
    await twoParts(place, upload)
    const again = await part(place, upload, { PartNumber: 2, Body: Buffer.from('sent again') })
    const page = await place.client.send(new ListPartsCommand({ ...upload, MaxParts: 1 }))
    assert.equal(page.IsTruncated, true)
    const { NextPartNumberMarker } = page
    const rest = await place.client.send(
      new ListPartsCommand({ ...upload, PartNumberMarker: NextPartNumberMarker }),
    )
    const listed = [...(page.Parts ?? []), ...(rest.Parts ?? [])]
    assert.deepEqual(
      listed.map((one) => [one.PartNumber, one.Size]),
      [
        [1, first.length],
        [2, 10],
      ],
    )
    assert.equal(listed[1]?.ETag, again.ETag)
    await place.client.send(new AbortMultipartUploadCommand(upload))
  },
  'unfinished uploads are listed until they are aborted': async (place) => {
    const upload = await start(place)
    await part(place, upload, { PartNumber: 1, Body: last })
    const list = new ListMultipartUploadsCommand({ Bucket: upload.Bucket, Prefix: upload.Key })
    const found = await place.client.send(list)
    assert.deepEqual(
      found.Uploads?.map((one) => one.UploadId),
      [upload.UploadId],
    )
    await place.client.send(new AbortMultipartUploadCommand(upload))
    const left = await place.client.send(list)
    assert.equal(left.Uploads?.length ?? 0, 0)
    const late = new UploadPartCommand({ ...upload, PartNumber: 2, Body: last })
    assert.equal(await outcomeOf(place.client.send(late)), '404 NoSuchUpload')
  },
  'a completion tells the ETag of the object, which ends with the number of parts': async (
    place,
  ) => {
    const upload = await start(place)
    const { ETag } = await place.client.send(complete(upload, await twoParts(place, upload)))
    assert.match(ETag ?? '', /-2"$/)
    assert.equal((await attested(place, 'a')).ETag, ETag)
  },
  'parts out of order are refused': async (place) => {
    const upload = await start(place)
    const parts = [
      await part(place, upload, { PartNumber: 1, Body: first }),
      await part(place, upload, { PartNumber: 2, Body: first }),
    ]
    const reversed = complete(upload, parts.toReversed())
    assert.equal(await outcomeOf(place.client.send(reversed)), '400 InvalidPartOrder')
  },
  'a part that was not uploaded is refused': async (place) => {
    const upload = await start(place)
    const parts = [
      await part(place, upload, { PartNumber: 1, Body: first }),
      { PartNumber: 2, ETag: '"00000000000000000000000000000000"' },
    ]
    const unknown = complete(upload, parts)
    assert.equal(await outcomeOf(place.client.send(unknown)), '400 InvalidPart')
  },
  'a small part before the last is refused': async (place) => {
    const upload = await start(place)
    const parts = [
      await part(place, upload, { PartNumber: 1, Body: last }),
      await part(place, upload, { PartNumber: 2, Body: last }),
    ]
    const small = complete(upload, parts)
    assert.equal(await outcomeOf(place.client.send(small)), '400 EntityTooSmall')
  },
  'an upload that is completed cannot be completed with other parts': async (place) => {
    const upload = await start(place)
    const parts = await twoParts(place, upload)
    await place.client.send(complete(upload, parts))
    const other = complete(upload, parts.slice(0, 1))
    assert.match(await outcomeOf(place.client.send(other)), /^4\d\d /)
  },
  'a CRC64NVME of parts is that of the whole': async (place) => {
    const algorithm = 'CRC64NVME'
    const upload = await start(place, { ChecksumAlgorithm: algorithm, ChecksumType: 'FULL_OBJECT' })
    const parts = await twoParts(place, upload, algorithm)
    await place.client.send(
      complete(upload, parts, { ChecksumCRC64NVME: crc64(whole), ChecksumType: 'FULL_OBJECT' }),
    )
    const head = await attested(place, 'a')
    assert.equal(head.ChecksumCRC64NVME, crc64(whole))
    assert.equal(head.ChecksumType, 'FULL_OBJECT')
  },
  'a completion with the CRC64NVME of something else is refused': async (place) => {
    const algorithm = 'CRC64NVME'
    const upload = await start(place, { ChecksumAlgorithm: algorithm, ChecksumType: 'FULL_OBJECT' })
    const parts = await twoParts(place, upload, algorithm)
    const wrong = { ChecksumCRC64NVME: crc64(last), ChecksumType: 'FULL_OBJECT' as const }
    assert.equal(
      await outcomeOf(place.client.send(complete(upload, parts, wrong))),
      '400 BadDigest',
    )
  },
  'a SHA256 of parts is one over theirs, and says so': async (place) => {
    const upload = await start(place, { ChecksumAlgorithm: 'SHA256' })
    const parts = await twoParts(place, upload, 'SHA256')
    await place.client.send(complete(upload, parts))
    const head = await attested(place, 'a')
    const digests = [first, last].map((bytes) => createHash('sha256').update(bytes).digest())
    const composite = createHash('sha256').update(Buffer.concat(digests)).digest('base64')
    assert.equal(head.ChecksumSHA256, `${composite}-2`)
    assert.equal(head.ChecksumType, 'COMPOSITE')
  },
  'attributes tell how many parts an object has': async (place) => {
    const upload = await start(place)
    await place.client.send(complete(upload, await twoParts(place, upload)))
    const { Bucket, Key } = upload
    const ObjectAttributes = ['ObjectParts' as const]
    const ask = new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes })
    const { ObjectParts } = await place.client.send(ask)
    assert.equal(ObjectParts?.TotalPartsCount, 2)
  },
  'a SHA256 of the whole cannot be had of parts': async (place) => {
    const object = { Bucket: place.Bucket, Key: place.key('a') }
    const create = new CreateMultipartUploadCommand({
      ...object,
      ChecksumAlgorithm: 'SHA256',
      ChecksumType: 'FULL_OBJECT',
    })
    assert.equal(await outcomeOf(place.client.send(create)), '400 InvalidRequest')
  },
  'a part with a checksum of other content is refused': async (place) => {
    const upload = await start(place, { ChecksumAlgorithm: 'SHA256' })
    const ChecksumSHA256 = createHash('sha256').update(first).digest('base64')
    const send = new UploadPartCommand({ ...upload, PartNumber: 1, Body: last, ChecksumSHA256 })
    assert.equal(await outcomeOf(place.client.send(send)), '400 BadDigest')
    await place.client.send(new AbortMultipartUploadCommand(upload))
  },
  'an upload of parts without checksums gets a CRC64NVME of the whole': async (place) => {
    const plain: Place = {
      ...place,
      client: place.clientWith({ requestChecksumCalculation: 'WHEN_REQUIRED' }),
    }
    const upload = await start(plain)
    const parts = await twoParts(plain, upload)
    const bare = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }))
    await plain.client.send(complete(upload, bare))
    assert.equal((await attested(place, 'a')).ChecksumCRC64NVME, crc64(whole))
  },
  'a completion with If-None-Match is refused where the key exists': async (place) => {
    const upload = await start(place)
    const parts = await twoParts(place, upload)
    await putText(place, 'a', 'was here first')
    const conditional = complete(upload, parts, { IfNoneMatch: '*' })
    assert.equal(await outcomeOf(place.client.send(conditional)), '412 PreconditionFailed')
  },
})
