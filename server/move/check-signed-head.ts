import { CatalogError } from '../../schema/errors.ts'
import { checkSignedNote } from '../../schema/transparency/check-note.ts'
import { parseSignedNote } from '../../schema/transparency/signed-note.ts'
import { parseTreeHead, type TreeHead } from '../../schema/transparency/tree-head.ts'
import type { VerifierKey } from '../../schema/transparency/verifier-key.ts'

/**
 * The tree head of a copy of a log, if one of the keys has signed it as the log that it is named for.
 *
 * @throws {COPY_CORRUPT} it cannot be read, or none of them has
 */
export async function checkSignedHead(
  note: Uint8Array,
  keys: readonly VerifierKey[],
): Promise<TreeHead> {
  const parsed = parseSignedNote(note)
  if (!parsed.ok) throw refused(parsed.findings)
  const head = parseTreeHead(parsed.value.text)
  if (!head.ok) throw refused(head.findings)
  const ownKeys = keys.filter((key) => key.name === head.value.origin)
  const checked = await checkSignedNote(parsed.value, ownKeys)
  if (!checked.ok) throw refused(checked.findings)
  return head.value
}

function refused(
  findings: readonly { readonly where: string; readonly message: string }[],
): CatalogError {
  const [first] = findings
  return new CatalogError(
    'COPY_CORRUPT',
    `The signed head of the copy cannot be trusted (${first?.where}): ${first?.message}`,
    { detail: { findings } },
  )
}
