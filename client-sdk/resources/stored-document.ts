import { CatalogError } from '../../schema/errors.ts'
import type { Digest, OperationId, Operations } from '../api.ts'
import { digestOf } from '../document-digest.ts'

/**
 * Reads the exact bytes of a document whose digest is its name.
 *
 * @throws {DIGEST_MISMATCH} the bytes have another digest
 */
export function readDocument<Id extends OperationId>(
  bytes: Uint8Array,
  digest: Digest,
): Operations[Id]['response'] {
  const found = digestOf(bytes)
  if (found !== digest) {
    throw new CatalogError(
      'DIGEST_MISMATCH',
      `The bytes that came for ${digest} have the digest ${found}: do not use them, and have the catalog verified.`,
      { detail: { expected: digest, found } },
    )
  }
  return parseDocument<Id>(bytes)
}

/** The catalog checked the document when it was recorded, and these are those bytes. */
function parseDocument<Id extends OperationId>(bytes: Uint8Array): Operations[Id]['response'] {
  return JSON.parse(new TextDecoder().decode(bytes)) as Operations[Id]['response']
}
