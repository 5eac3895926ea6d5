import { canonicalize } from '../../schema/canonical-json.ts'
import type { Digest, Environment } from '../api.ts'
import { digestOf } from '../document-digest.ts'

/**
 * The digest of each section of an environment by its name: which sections differ says where two
 * environments differ. Works in browsers too.
 *
 * @throws {NOT_CANONICAL} a section holds what JSON cannot
 */
export function sectionDigests(document: Environment): Readonly<Record<string, Digest>> {
  return Object.fromEntries(
    Object.entries(document.sections).map(([name, facts]) => [name, digestOf(canonicalize(facts))]),
  )
}
