import { digestOf as hashOf } from '../schema/digest.ts'
import type { Digest } from './api.ts'

const PREFIX_LENGTH = 'sha256:'.length

/** The digest of exact bytes; a text counts as its UTF-8. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${hashOf(bytes).slice(PREFIX_LENGTH)}`
}
