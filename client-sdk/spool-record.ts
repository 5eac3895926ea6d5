import { canonicalize } from '../schema/canonical-json.ts'
import type { Gap, Manifest } from './api.ts'
import { digestOf } from './document-digest.ts'
import type { SpoolLine, SpoolRecord } from './spool.ts'

/** The line that a manifest belongs to. */
export function lineOf({ namespace, job, partition = '' }: Manifest): SpoolLine {
  return { namespace, job, partition }
}

/**
 * A manifest as it is sent, with what its line had to drop before.
 *
 * @throws {NOT_CANONICAL} a value, such as NaN, that no document can hold
 */
export function recordOf(manifest: Manifest, gap?: Gap): SpoolRecord {
  const text = canonicalize(gap === undefined ? manifest : { ...manifest, gap })
  const { run, attempt, step } = manifest
  const checkpoint = digestOf(text)
  return { ...lineOf(manifest), run, attempt, step, checkpoint, manifest: text }
}
