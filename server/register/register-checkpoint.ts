import type { Receipt } from '../../schema/checkpoint.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import { DOCUMENT_MAX_BYTES } from '../../schema/entry.ts'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import { checkManifest } from '../../schema/manifest-rules.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import { allowedBy } from '../log/command.ts'
import type { Row } from '../store/tables.ts'
import { decideRegistration, type Registration } from './decide-registration.ts'
import { describeReceipt } from './describe-receipt.ts'
import { findReturned } from './find-returned.ts'
import { checkNamespace } from './rules.ts'

/** A manifest with its canonical text, and the digest that the caller computed. */
export interface RegistrationInput {
  readonly namespace: NamespaceName
  readonly manifest: Manifest
  readonly text: string
  readonly digest?: Digest | undefined
}

/** A receipt, and whether this request made it. */
export interface Registered {
  readonly receipt: Receipt
  readonly created: boolean
}

/**
 * Records a checkpoint; the same manifest again gives the same receipt.
 *
 * @throws {DIGEST_MISMATCH | DOCUMENT_TOO_LARGE | BASE_REQUIRED | SHARDS_INCOMPLETE | FORBIDDEN}
 * @throws {POLICY_VIOLATED} the policy of its job does not allow where its blobs are
 * @throws whatever `checkRegistration` refuses
 */
export async function registerCheckpoint(
  context: Context,
  principal: Principal,
  input: RegistrationInput,
): Promise<Registered> {
  const { namespace, manifest, text } = input
  const bytes = Buffer.from(text)
  const checkpoint = checkDocument(input, bytes)
  const grant = requireOnJob(principal, 'append', { namespace, job: manifest.job })
  const candidate = { manifest, document: { digest: checkpoint, bytes, value: manifest } }
  const record = (again: readonly Row<'sweep'>[]): Promise<Registration> =>
    context.log.append({
      namespace,
      actor: principal.id,
      ...allowedBy(context.request, grant),
      ...decideRegistration(context, { ...candidate, again }),
    })
  const registration = await record([]).catch(async (error: unknown) => {
    if (!isCatalogError(error) || error.code !== 'BLOBS_SWEPT') throw error
    // Once more: what was swept may have been put anew since.
    const again = await findReturned(context, manifest)
    if (again === undefined) throw error
    return record(again)
  })
  const receipt = await describeReceipt(context, { namespace, checkpoint }, registration)
  return { created: registration.created, receipt }
}

function checkDocument(input: RegistrationInput, bytes: Buffer): Digest {
  const { manifest, namespace } = input
  if (bytes.length > DOCUMENT_MAX_BYTES) {
    throw new CatalogError(
      'DOCUMENT_TOO_LARGE',
      `The manifest has ${bytes.length} bytes, and ${DOCUMENT_MAX_BYTES} is the most: keep large metadata in a blob.`,
    )
  }
  checkNamespace(manifest, namespace)
  checkManifest(manifest)
  const digest = digestOf(bytes)
  if (input.digest !== undefined && input.digest !== digest) {
    throw new CatalogError(
      'DIGEST_MISMATCH',
      `The manifest's digest is ${digest}, not ${input.digest}: send the manifest that was hashed, in RFC 8785 form.`,
      { detail: { expected: input.digest, actual: digest } },
    )
  }
  return digest
}
