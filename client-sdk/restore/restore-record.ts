import type { CatalogError } from '../../schema/errors.ts'
import type { FaultCode, PlanBlob, RestoreFailure, RestoreSource } from '../api.ts'
import type { Target } from './blob-path.ts'

/** Failures that are reported: as many as the catalog takes. */
const FAILURES_MAX_COUNT = 16
/** Places that are reported: as many as the catalog takes. */
const ORIGINS_MAX_COUNT = 16
/** What a fault's sentence is cut to. */
const MESSAGE_MAX_LENGTH = 512

/** One place of a blob. */
export type Source = Pick<PlanBlob, 'uri' | 'versionId'> & { readonly region?: string }

/** What one restore met: places that failed, and how much came from where. */
export class RestoreRecord {
  readonly #failures: RestoreFailure[] = []
  readonly #origins = new Map<string, RestoreSource>()

  /** The first failures, of which a person or the catalog needs no more. */
  get failures(): readonly RestoreFailure[] {
    return this.#failures
  }

  get sources(): readonly RestoreSource[] {
    return [...this.#origins.values()].filter(({ bytes }) => bytes > 0)
  }

  addFailure({ stage, blob }: Target, source: Source, error: CatalogError): void {
    if (this.#failures.length >= FAILURES_MAX_COUNT) return
    const { rank, name } = blob
    const { uri, versionId } = source
    const message = error.message.slice(0, MESSAGE_MAX_LENGTH)
    const code = faultOf(error)
    this.#failures.push({ checkpoint: stage.checkpoint, code, rank, name, uri, versionId, message })
  }

  addBytes({ uri, region }: Source, count: number): void {
    const origin = originOf(uri)
    const known = this.#origins.get(origin)
    if (known === undefined && this.#origins.size >= ORIGINS_MAX_COUNT) return
    const bytes = Math.max(0, (known?.bytes ?? 0) + count)
    this.#origins.set(origin, { origin, ...(region === undefined ? {} : { region }), bytes })
  }
}

/** What the URIs of a place begin with, such as `s3://states`. */
export function originOf(uri: string): string {
  return /^[a-z0-9+.-]+:(?:\/\/[^/]*)?/.exec(uri)?.[0] ?? uri
}

/** Whether a fault says something of the bytes, and not of those who were asked. */
export function isOfBytes(code: FaultCode): boolean {
  return code === 'BLOB_NOT_FOUND' || code === 'SIZE_DIFFERS' || code === 'DIGEST_DIFFERS'
}

function faultOf({ code, detail }: CatalogError): FaultCode {
  switch (code) {
    case 'BLOB_CORRUPT':
      return typeof detail['expected'] === 'number' ? 'SIZE_DIFFERS' : 'DIGEST_DIFFERS'
    case 'BLOB_NOT_FOUND':
    case 'BLOB_ARCHIVED':
    case 'BUCKET_ACCESS_DENIED':
    case 'BUCKET_NOT_ALLOWED':
    case 'STORE_UNSUITABLE':
      return code
    default:
      return 'STORE_UNAVAILABLE'
  }
}
