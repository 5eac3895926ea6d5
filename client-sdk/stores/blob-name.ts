import { CatalogError } from '../../schema/errors.ts'

/** The grammar of a blob's name: 1 to 512 characters, none of them a control character. */
const NAME = /^[^\u0000-\u001f\u007f]{1,512}$/

/**
 * Refuses a name that no manifest could carry.
 *
 * @throws {INVALID_NAME} it is empty, too long, or has control characters or half a character
 */
export function checkBlobName(name: string): void {
  if (NAME.test(name) && name.isWellFormed()) return
  throw new CatalogError(
    'INVALID_NAME',
    'A blob needs a name of 1 to 512 characters without control characters; give another.',
  )
}
