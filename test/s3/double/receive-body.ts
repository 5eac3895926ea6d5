import { decodeAwsChunked } from './aws-chunked.ts'
import {
  checkForm,
  checksumAlgorithms,
  checksumHeader,
  parseAlgorithm,
  startDigester,
  type ChecksumAlgorithm,
} from './checksums.ts'
import { S3Failure } from './failure.ts'
import type { S3Request } from './s3-request.ts'
import type { BodyWriter, StoredBody } from './stored-body.ts'

/** Longest XML body: a thousand keys of a kilobyte, or ten thousand parts, fit. */
const XML_MAX_BYTES = 4 * 1024 * 1024

/** Largest body of one request. */
const BODY_MAX_BYTES = 5 * 1024 ** 3

const chunkedPayloads = new Set(['STREAMING-UNSIGNED-PAYLOAD-TRAILER'])

/** What was received, and found to be what the request says of it. */
export interface ReceivedBody {
  readonly body: StoredBody
  readonly md5: Buffer
  /** The algorithm of the checksum that came with it; undefined if none came. */
  readonly declared: ChecksumAlgorithm | undefined
  /** Base64, of an algorithm asked for or declared. */
  value(algorithm: ChecksumAlgorithm): string
}

interface Reception {
  readonly writer: BodyWriter
  /** Algorithms beside the declared one. */
  readonly algorithms: readonly ChecksumAlgorithm[]
  /** False for a store that takes any checksum as true. */
  readonly verifies: boolean
}

/** Reads a body to its end and compares it with its length, digests and checksum. */
export async function receiveBody(request: S3Request, reception: Reception): Promise<ReceivedBody> {
  const { headers } = request
  const payload = headers.get('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD'
  const chunked = chunkedPayloads.has(payload)
  const lengthBytes = lengthOf(headers, chunked)
  const declared = declaredAlgorithm(headers, chunked)
  const signsBody = /^[0-9a-f]{64}$/.test(payload)
  if (!signsBody && !chunked && payload !== 'UNSIGNED-PAYLOAD') {
    throw new S3Failure('NotImplemented', `The double does not read ${payload}.`)
  }
  const digester = startDigester([
    ...reception.algorithms,
    ...(declared === undefined ? [] : [declared]),
    ...(signsBody ? (['SHA256'] as const) : []),
  ])
  const decoded = chunked ? decodeAwsChunked(request.body) : undefined
  let received = 0
  for await (const piece of decoded?.bytes ?? request.body) {
    received += piece.length
    digester.update(piece)
    reception.writer.push(piece)
  }
  if (received !== lengthBytes) throw new S3Failure('IncompleteBody')
  if (signsBody && digester.digest('SHA256').toString('hex') !== payload) {
    throw new S3Failure('XAmzContentSHA256Mismatch')
  }
  const value = (algorithm: ChecksumAlgorithm): string =>
    digester.digest(algorithm).toString('base64')
  if (reception.verifies) {
    checkMd5(headers.get('content-md5'), digester.md5())
    checkDeclared(declared, decoded?.trailers ?? headers, { headers, value })
  }
  return { body: reception.writer.end(), md5: digester.md5(), declared, value }
}

function lengthOf(headers: ReadonlyMap<string, string>, chunked: boolean): number {
  const text = headers.get(chunked ? 'x-amz-decoded-content-length' : 'content-length')
  if (text === undefined || !/^\d+$/.test(text)) throw new S3Failure('MissingContentLength')
  if (Number(text) > BODY_MAX_BYTES) throw new S3Failure('EntityTooLarge')
  return Number(text)
}

function declaredAlgorithm(
  headers: ReadonlyMap<string, string>,
  chunked: boolean,
): ChecksumAlgorithm | undefined {
  const trailer = headers.get('x-amz-trailer')
  if (trailer !== undefined && !chunked) throw new S3Failure('InvalidRequest')
  const found = checksumAlgorithms.filter((one) => {
    const header = checksumHeader(one)
    return headers.has(header) || trailer?.toLowerCase().split(',').includes(header)
  })
  if (found.length > 1) {
    throw new S3Failure('InvalidRequest', 'Expecting a single x-amz-checksum- header.')
  }
  const announced = headers.get('x-amz-sdk-checksum-algorithm')
  if (announced !== undefined && parseAlgorithm(announced) !== found[0]) {
    throw new S3Failure(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    )
  }
  return found[0]
}

function checkMd5(text: string | undefined, md5: Buffer): void {
  if (text === undefined) return
  const given = Buffer.from(text, 'base64')
  if (given.length !== md5.length) throw new S3Failure('InvalidDigest')
  if (!given.equals(md5)) {
    throw new S3Failure(
      'BadDigest',
      'The Content-MD5 you specified did not match what we received.',
    )
  }
}

function checkDeclared(
  declared: ChecksumAlgorithm | undefined,
  trailers: ReadonlyMap<string, string>,
  found: Pick<ReceivedBody, 'value'> & { readonly headers: ReadonlyMap<string, string> },
): void {
  if (declared === undefined) return
  const name = checksumHeader(declared)
  const given = trailers.get(name) ?? found.headers.get(name)
  if (given === undefined) throw new S3Failure('InvalidRequest', `The trailer ${name} is missing.`)
  checkForm(declared, given)
  if (given !== found.value(declared)) {
    throw new S3Failure(
      'BadDigest',
      `The ${declared} you specified did not match the calculated checksum.`,
    )
  }
}

/** Reads a body of XML as text; `verifies` is false where a checksum in the headers is of something else. */
export async function receiveXml(request: S3Request, verifies = true): Promise<string> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  const writer: BodyWriter = {
    push: (bytes) => {
      sizeBytes += bytes.length
      if (sizeBytes > XML_MAX_BYTES) throw new S3Failure('MalformedXML')
      pieces.push(bytes)
    },
    end: () => ({ sizeBytes, chunks: pieces }),
  }
  await receiveBody(request, { writer, algorithms: [], verifies })
  return Buffer.concat(pieces).toString('utf8')
}
