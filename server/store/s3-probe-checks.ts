import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { GetObjectAttributesCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { BucketFeature } from '../../schema/bucket.ts'
import { isCatalogError } from '../../schema/errors.ts'
import { callS3 } from './s3-client.ts'
import { md5Of, type Scratch } from './s3-scratch.ts'

/** Writers that race for one name. */
const RACERS_COUNT = 8
/** Long enough that no retry outlasts it, short enough that the next probe can clean up. */
const LOCK_SECONDS = 60
const PRESIGNED_SECONDS = 60
/** Pieces of a stream, but its last, may not be smaller than 8 KiB. */
const STREAM_PIECE_BYTES = 16 * 1024

/** The text whose CRC every catalogue of CRCs gives, and that of CRC-64/NVME in base64. */
const CRC_TEXT = '123456789'
const CRC64NVME = 'rosUhgp5mIg='

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('base64')

/** Tries one feature out; gives what is wrong with it, or undefined when it is proven. */
type Check = (scratch: Scratch) => Promise<string | undefined>

/** Each feature by itself, in the order in which they are tried. */
export const bucketChecks: Readonly<Record<Exclude<BucketFeature, 'object-lock'>, Check>> = {
  versions: async (scratch) => {
    const [one, two] = await twoVersions(scratch, 'versions')
    if (one === 'null') return 'what is written has no version id of its own'
    if (one === two) return 'two writes have one version id'
    const texts = [await scratch.read('versions', one), await scratch.read('versions', two)]
    return texts.join() === 'one,two' ? undefined : 'a version does not have the bytes written'
  },
  'marked-versions': async (scratch) => {
    const [one] = await twoVersions(scratch, 'marked')
    await scratch.remove('marked')
    const text = await scratch.read('marked', one)
    return text === 'one' ? undefined : 'a version under a delete marker has other bytes'
  },
  'unknown-version': async (scratch) => {
    const [one] = await twoVersions(scratch, 'unknown')
    const other = one.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    return wantRefusal(scratch.read('unknown', other), 'a version that never was can be read')
  },
  'md5-check': (scratch) =>
    wantRefusal(
      scratch.write('md5', 'one', { ContentMD5: md5Of('two') }),
      'bytes that differ from their Content-MD5 are taken',
    ),
  'sha256-check': (scratch) =>
    wantRefusal(
      scratch.write('sha256', 'one', { ChecksumSHA256: sha256Of('two') }),
      'bytes that differ from their SHA-256 are taken',
    ),
  'sha256-attestation': async (scratch) => {
    const sum = sha256Of('one')
    const { versionId } = await scratch.write('attested', 'one', { ChecksumSHA256: sum })
    const { ChecksumSHA256: told } = await scratch.head('attested', versionId ?? '')
    return told === sum ? undefined : 'the SHA-256 is not told again'
  },
  'crc64nvme-attestation': async (scratch) => {
    const wrong = await wantRefusal(
      scratch.write('crc', 'one', { ChecksumCRC64NVME: CRC64NVME }),
      'bytes that differ from their CRC64NVME are taken',
    )
    if (wrong !== undefined) return wrong
    const members = { ChecksumCRC64NVME: CRC64NVME }
    const { versionId } = await scratch.write('crc', CRC_TEXT, members)
    const { ChecksumCRC64NVME: told } = await scratch.head('crc', versionId ?? '')
    return told === CRC64NVME ? undefined : 'the CRC64NVME is not told again'
  },
  'conditional-create': async (scratch) => {
    await scratch.write('create', 'one')
    return wantRefusal(
      scratch.write('create', 'two', { IfNoneMatch: '*' }),
      'If-None-Match is ignored',
    )
  },
  'conditional-create-race': async (scratch) => {
    const racers = Array.from({ length: RACERS_COUNT }, async (_, place) => {
      const writing = scratch.write('race', `racer ${place}`, { IfNoneMatch: '*' })
      return (await isRefused(writing)) ? 0 : 1
    })
    const winners = (await Promise.all(racers)).reduce<number>((sum, one) => sum + one, 0)
    return winners === 1 ? undefined : `${winners} of ${RACERS_COUNT} writers created one name`
  },
  'conditional-replace': async (scratch) => {
    const { etag: stale } = await scratch.write('replace', 'one')
    const { etag } = await scratch.write('replace', 'two')
    const why = await wantRefusal(
      scratch.write('replace', 'three', { IfMatch: stale }),
      'a stale If-Match is ignored',
    )
    if (why !== undefined) return why
    await scratch.write('replace', 'four', { IfMatch: etag })
    return undefined
  },
  'streamed-upload': (scratch) => streamed(scratch, 'streamed', {}),
  'trailing-checksum-upload': (scratch) =>
    streamed(scratch, 'trailing', { ChecksumAlgorithm: 'CRC32' }),
  'object-attributes': async (scratch) => {
    const [, versionId] = await twoVersions(scratch, 'attributes')
    const { target, signal } = scratch
    const command = new GetObjectAttributesCommand({
      Bucket: target.bucket,
      Key: scratch.keyOf('attributes'),
      VersionId: versionId,
      ObjectAttributes: ['ObjectSize'],
    })
    const answer = await callS3(target, { signal }, (options) =>
      target.client.send(command, options),
    )
    return answer.ObjectSize === 3 ? undefined : 'the size is not told'
  },
  'presigned-download': async (scratch) => {
    const [one] = await twoVersions(scratch, 'download')
    const { target, signal } = scratch
    const Key = scratch.keyOf('download')
    const command = new GetObjectCommand({ Bucket: target.bucket, Key, VersionId: one })
    const url = await getSignedUrl(target.client, command, { expiresIn: PRESIGNED_SECONDS })
    const answer = await callS3(target, { signal }, async ({ abortSignal }) => {
      const response = await fetch(url, { signal: abortSignal })
      return { isOk: response.ok, text: await response.text() }
    })
    return answer.isOk && answer.text === 'one' ? undefined : 'the URL does not give the version'
  },
  'presigned-upload-check': async (scratch) => {
    const { target, signal } = scratch
    const ChecksumSHA256 = sha256Of('one')
    const Key = scratch.keyOf('upload')
    const command = new PutObjectCommand({ Bucket: target.bucket, Key, ChecksumSHA256 })
    const signed = new Set(['x-amz-checksum-sha256'])
    const url = await getSignedUrl(target.client, command, {
      expiresIn: PRESIGNED_SECONDS,
      unhoistableHeaders: signed,
    })
    const status = await callS3(target, { signal }, async ({ abortSignal }) => {
      const headers = { 'x-amz-checksum-sha256': ChecksumSHA256 }
      const request = { method: 'PUT', headers, body: 'two', signal: abortSignal }
      const response = await fetch(url, request)
      await response.arrayBuffer()
      return response.status
    })
    if (status >= 400 && status < 500) return undefined
    return `another body than the signed one is answered with ${status}`
  },
}

/** Whether a version that is locked for a minute stays when it is to be removed. */
export async function checkLock(scratch: Scratch): Promise<string | undefined> {
  const [, versionId] = await twoVersions(scratch, 'clock')
  const { LastModified: storeNow } = await scratch.head('clock', versionId)
  if (storeNow === undefined) return 'the store does not tell the time'
  const until = new Date(storeNow.getTime() + LOCK_SECONDS * 1000)
  const locked = await scratch.write('locked', 'one', {
    ContentMD5: md5Of('one'),
    ObjectLockMode: 'GOVERNANCE',
    ObjectLockRetainUntilDate: until,
  })
  const lockedId = locked.versionId ?? ''
  const why = await wantRefusal(
    scratch.remove('locked', lockedId),
    'a version that is locked can be removed',
  )
  if (why !== undefined) return why
  return (await scratch.read('locked', lockedId)) === 'one' ? undefined : 'a locked version is gone'
}

async function twoVersions(scratch: Scratch, name: string): Promise<readonly [string, string]> {
  const one = await scratch.write(name, 'one')
  const two = await scratch.write(name, 'two')
  return [idOf(one.versionId), idOf(two.versionId)]
}

/** A version id, or a text that no store has as one. */
function idOf(versionId: string | undefined): string {
  return versionId ?? 'null'
}

async function streamed(
  scratch: Scratch,
  name: string,
  members: { readonly ChecksumAlgorithm?: 'CRC32' },
): Promise<string | undefined> {
  const pieces = ['a'.repeat(STREAM_PIECE_BYTES), 'b'.repeat(STREAM_PIECE_BYTES), 'end']
  const whole = pieces.join('')
  const body = Readable.from(pieces.map((piece) => Buffer.from(piece)))
  const { versionId } = await scratch.write(name, body, { ContentLength: whole.length, ...members })
  const text = await scratch.read(name, idOf(versionId))
  return text === whole ? undefined : 'a streamed upload arrives changed'
}

async function wantRefusal(asked: Promise<unknown>, flaw: string): Promise<string | undefined> {
  return (await isRefused(asked)) ? undefined : flaw
}

/**
 * Whether the store said no because of what was asked.
 *
 * @throws {STORE_UNAVAILABLE | STORE_UNSUITABLE} it said something else
 */
async function isRefused(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked
    return false
  } catch (error) {
    const status = isCatalogError(error) ? Number(error.detail['status']) : Number.NaN
    if (status >= 400 && status < 500) return true
    throw error
  }
}
