import { CatalogError } from '../../schema/errors.ts'
import type { Digest } from '../api.ts'

/** Size and digest of a content. */
export interface KnownContent {
  readonly sizeBytes: number
  readonly digest: Digest
}

/**
 * Holds what was put against what was known of it beforehand, if anything was.
 *
 * @throws {BLOB_CORRUPT} they differ
 */
export function checkKnown(
  name: string,
  known: KnownContent | undefined,
  found: KnownContent,
): void {
  if (known === undefined) return
  if (known.digest === found.digest && known.sizeBytes === found.sizeBytes) return
  throw new CatalogError(
    'BLOB_CORRUPT',
    `The content of the blob "${name}" has ${found.sizeBytes} bytes and the digest ${found.digest}, and was said to ` +
      `be ${known.sizeBytes} bytes of ${known.digest}: it changed while it was put; put it again.`,
    { detail: { blob: name, expected: known.digest, actual: found.digest } },
  )
}
