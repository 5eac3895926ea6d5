import { join, resolve } from 'node:path'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../document-digest.ts'
import { diskFailure, syncDirectory, writeWhole } from '../stores/disk-durable.ts'
import { temporaryName } from '../stores/disk-temporary.ts'
import type { HeadEvidence } from '../verify/head-evidence.ts'

/** Digits of the evidence's digest in its name: enough to tell a few files apart. */
const NAME_DIGITS = 16

/**
 * Keeps evidence against a log as a file of its own, durably; the same evidence has one file.
 *
 * @throws {STORE_FAILED} the folder cannot be written
 */
export async function keepEvidence(folder: string, evidence: HeadEvidence): Promise<string> {
  const directory = resolve(folder)
  const digest = digestOf(canonicalize(evidence)).slice('sha256:'.length)
  const path = join(directory, `contradiction-${digest.slice(0, NAME_DIGITS)}.json`)
  const bytes = new TextEncoder().encode(`${JSON.stringify(evidence, undefined, 2)}\n`)
  try {
    await writeWhole(path, join(directory, temporaryName()), bytes)
    await syncDirectory(directory)
    return path
  } catch (cause) {
    throw diskFailure(cause, `Keeping the evidence ${path}`)
  }
}
