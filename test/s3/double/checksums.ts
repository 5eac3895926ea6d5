import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { combineCrcs, startCrc, type CrcName } from './crc.ts'
import { S3Failure } from './failure.ts'

/** The checksums of the S3 API that the double knows, with the length of each in bytes. */
const checksumBytes = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 } as const

/** A checksum of the S3 API. */
export type ChecksumAlgorithm = keyof typeof checksumBytes

/** Whether a checksum is one of the whole object, or one over the checksums of its parts. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE'

/** What the store attests of an object or a part. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  readonly type: ChecksumType
  /** Base64; a composite one ends with `-` and the number of parts. */
  readonly value: string
}

const crcs: ReadonlySet<string> = new Set(['CRC32', 'CRC32C', 'CRC64NVME'])

const isCrc = (algorithm: ChecksumAlgorithm): algorithm is CrcName => crcs.has(algorithm)

/** Every algorithm. */
export const checksumAlgorithms: readonly ChecksumAlgorithm[] = [
  'CRC32',
  'CRC32C',
  'CRC64NVME',
  'SHA1',
  'SHA256',
]

/** Reads an algorithm's name. */
export function parseAlgorithm(name: string): ChecksumAlgorithm {
  const found = checksumAlgorithms.find((one) => one === name.toUpperCase())
  if (found === undefined) {
    throw new S3Failure('InvalidRequest', `Checksum algorithm ${name} is not supported.`)
  }
  return found
}

/** The header of an algorithm's checksum. */
export const checksumHeader = (algorithm: ChecksumAlgorithm): string =>
  `x-amz-checksum-${algorithm.toLowerCase()}`

/** The name of an algorithm's checksum in XML. */
export const checksumElement = (algorithm: ChecksumAlgorithm): string => `Checksum${algorithm}`

/** Headers or elements that carry nothing for no checksum. */
export function checksumHeaders(checksum: Checksum | undefined): Readonly<Record<string, string>> {
  if (checksum === undefined) return {}
  return {
    [checksumHeader(checksum.algorithm)]: checksum.value,
    'x-amz-checksum-type': checksum.type,
  }
}

/** Refuses what is not base64 of the right length. */
export function checkForm(algorithm: ChecksumAlgorithm, value: string): void {
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length !== checksumBytes[algorithm] || bytes.toString('base64') !== value) {
    const header = checksumHeader(algorithm)
    throw new S3Failure('InvalidRequest', `Value for ${header} header is invalid.`)
  }
}

/** Several checksums of one body, made while it passes. */
export interface Digester {
  update(bytes: Uint8Array): void
  md5(): Buffer
  /** Of an algorithm that was asked for at the start. */
  digest(algorithm: ChecksumAlgorithm): Buffer
}

/** A digester for some algorithms, and MD5. */
export function startDigester(algorithms: readonly ChecksumAlgorithm[]): Digester {
  const md5 = createHash('md5')
  const all = new Map(
    [...new Set(algorithms)].map((one) => [
      one,
      isCrc(one) ? startCrc(one) : createHash(one.toLowerCase()),
    ]),
  )
  const digests = new Map<string, Buffer>()
  const digestOnce = (name: string, digest: () => Buffer): Buffer => {
    const value = digests.get(name) ?? digest()
    digests.set(name, value)
    return value
  }
  return {
    update: (bytes) => {
      md5.update(bytes)
      for (const one of all.values()) one.update(bytes)
    },
    md5: () => digestOnce('MD5', () => md5.digest()),
    digest: (algorithm) => {
      const one = all.get(algorithm)
      assert(one, `${algorithm} was not asked for`)
      return digestOnce(algorithm, () => one.digest())
    },
  }
}

/** A part's checksum and size. */
export interface PartChecksum {
  readonly value: string
  readonly sizeBytes: number
}

/** The checksum of an object of several parts, from those of its parts. */
export function combineChecksums(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly PartChecksum[],
): Checksum {
  if (type === 'FULL_OBJECT') {
    if (!isCrc(algorithm)) throw new S3Failure('InvalidRequest')
    const [first, ...rest] = parts
    let whole: Buffer = Buffer.from(first?.value ?? '', 'base64')
    for (const part of rest) {
      whole = combineCrcs(algorithm, whole, Buffer.from(part.value, 'base64'), part.sizeBytes)
    }
    return { algorithm, type, value: whole.toString('base64') }
  }
  const digester = startDigester([algorithm])
  for (const part of parts) digester.update(Buffer.from(part.value, 'base64'))
  return {
    algorithm,
    type,
    value: `${digester.digest(algorithm).toString('base64')}-${parts.length}`,
  }
}
