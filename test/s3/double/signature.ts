import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { S3Failure } from './failure.ts'
import type { S3Request } from './s3-request.ts'

/** A pair of keys, and the region its owner signs for. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** What signatures are checked against. */
export interface SignatureRules {
  readonly credentials: S3Credentials
  readonly region: string
  readonly nowMs: number
}

/** Difference of clocks that S3 bears. */
const SKEW_MAX_MS = 15 * 60 * 1000

/** Longest life of a presigned URL: seven days. */
const PRESIGNED_MAX_SECONDS = 7 * 24 * 3600

const ALGORITHM = 'AWS4-HMAC-SHA256'

interface Claim {
  readonly credential: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly amzDate: string
  readonly payloadHash: string
}

/** Checks the Signature Version 4 of a request, in its header or its query; what is not signed is refused. */
export function checkSignature(request: S3Request, rules: SignatureRules): void {
  const presigned = request.query.has('X-Amz-Signature')
  const claim = presigned ? claimOfQuery(request, rules.nowMs) : claimOfHeader(request, rules.nowMs)
  const unsigned = [...request.sentHeaders.keys()].filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !claim.signedHeaders.includes(name),
  )
  if (unsigned.length > 0) {
    throw new S3Failure('AccessDenied', 'There were headers present which were not signed', {
      details: { HeadersNotSigned: unsigned.join(', ') },
    })
  }
  checkScope(claim, rules, presigned)
  const scope = claim.credential.split('/').slice(1).join('/')
  const canonical = canonicalRequest(request, claim)
  const toSign = [ALGORITHM, claim.amzDate, scope, sha256Hex(canonical)].join('\n')
  const expected = Buffer.from(sign(rules.credentials.secretAccessKey, scope, toSign))
  const given = Buffer.from(claim.signature)
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
    throw new S3Failure('SignatureDoesNotMatch', undefined, {
      details: { StringToSign: toSign, CanonicalRequest: canonical },
    })
  }
}

function claimOfHeader(request: S3Request, nowMs: number): Claim {
  const header = request.headers.get('authorization')
  if (header === undefined) throw new S3Failure('AccessDenied', 'The request is not signed.')
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/
  const [, credential, signedHeaders, signature] = parts.exec(header) ?? []
  const amzDate = request.headers.get('x-amz-date')
  const payloadHash = request.headers.get('x-amz-content-sha256')
  if (!credential || !signedHeaders || !signature || !amzDate) {
    throw new S3Failure('AuthorizationHeaderMalformed')
  }
  if (payloadHash === undefined) {
    throw new S3Failure('InvalidRequest', 'Missing required header: x-amz-content-sha256')
  }
  if (Math.abs(parseAmzDate(amzDate) - nowMs) > SKEW_MAX_MS) {
    throw new S3Failure('RequestTimeTooSkewed', undefined, {
      details: {
        RequestTime: amzDate,
        ServerTime: new Date(nowMs).toISOString(),
        MaxAllowedSkewMilliseconds: String(SKEW_MAX_MS),
      },
    })
  }
  return { credential, signedHeaders: signedHeaders.split(';'), signature, amzDate, payloadHash }
}

function claimOfQuery(request: S3Request, nowMs: number): Claim {
  const { query } = request
  const amzDate = query.get('X-Amz-Date') ?? ''
  const expires = query.get('X-Amz-Expires') ?? ''
  const expiresSeconds = /^\d{1,6}$/.test(expires) ? Number(expires) : Number.NaN
  const wellFormed = query.get('X-Amz-Algorithm') === ALGORITHM && expiresSeconds > 0
  if (!wellFormed || expiresSeconds > PRESIGNED_MAX_SECONDS) {
    throw new S3Failure('AuthorizationQueryParametersError')
  }
  const signedMs = parseAmzDate(amzDate)
  if (signedMs - nowMs > SKEW_MAX_MS) {
    throw new S3Failure('AccessDenied', 'Request is not yet valid')
  }
  if (nowMs >= signedMs + expiresSeconds * 1000) {
    throw new S3Failure('AccessDenied', 'Request has expired', {
      details: { ServerTime: new Date(nowMs).toISOString() },
    })
  }
  return {
    credential: query.get('X-Amz-Credential') ?? '',
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'),
    signature: query.get('X-Amz-Signature') ?? '',
    amzDate,
    payloadHash: query.get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD',
  }
}

function checkScope(claim: Claim, rules: SignatureRules, presigned: boolean): void {
  const code = presigned ? 'AuthorizationQueryParametersError' : 'AuthorizationHeaderMalformed'
  const [accessKeyId, date, region, service, end, ...rest] = claim.credential.split('/')
  const valid = date === claim.amzDate.slice(0, 8) && service === 's3' && end === 'aws4_request'
  if (!valid || rest.length > 0) throw new S3Failure(code)
  if (accessKeyId !== rules.credentials.accessKeyId) throw new S3Failure('InvalidAccessKeyId')
  if (region !== rules.region) {
    throw new S3Failure(code, `the region '${region}' is wrong; expecting '${rules.region}'`, {
      details: { Region: rules.region },
    })
  }
}

function canonicalRequest(request: S3Request, claim: Claim): string {
  const path = request.rawPath
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/')
  const query = [...request.query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&')
  const headers = claim.signedHeaders.map((name) => {
    const value = request.sentHeaders.get(name)?.trim().replaceAll(/ +/g, ' ')
    return `${name}:${value ?? ''}\n`
  })
  return [
    request.method,
    path,
    query,
    headers.join(''),
    claim.signedHeaders.join(';'),
    claim.payloadHash,
  ].join('\n')
}

/** Percent-encoding of RFC 3986: all but the unreserved characters. */
export function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function parseAmzDate(text: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(ms)) throw new S3Failure('AccessDenied', 'X-Amz-Date is not a valid date.')
  return ms
}

function sign(secret: string, scope: string, toSign: string): string {
  const key = scope
    .split('/')
    .reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${secret}`)
  return hmac(key, toSign).toString('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
