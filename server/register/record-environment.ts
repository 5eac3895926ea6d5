import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import { DOCUMENT_MAX_BYTES } from '../../schema/entry.ts'
import type { EnvironmentReceipt } from '../../schema/environment.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Principal } from '../../schema/grant.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { nothingNew } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { environmentByDigest, read } from '../timeline/lookups.ts'

interface Outcome {
  readonly created: boolean
  readonly index: LogIndex
  readonly at: string
}

/** An environment's receipt, and whether this request made it. */
export interface RecordedEnvironment {
  readonly receipt: EnvironmentReceipt
  readonly created: boolean
}

/**
 * Records an environment document under its digest; again gives the same receipt.
 *
 * @throws {DIGEST_MISMATCH | DOCUMENT_TOO_LARGE | NAMESPACE_NOT_FOUND}
 */
export async function recordEnvironment(
  context: Context,
  principal: Principal,
  { namespace, digest, body }: InputOf<'recordEnvironment'>,
): Promise<RecordedEnvironment> {
  const bytes = Buffer.from(canonicalize(body))
  const actual = digestOf(bytes)
  if (actual !== digest) {
    throw new CatalogError(
      'DIGEST_MISMATCH',
      `The document's digest is ${actual}, and the path says ${digest}: hash the RFC 8785 form of exactly this document.`,
      { detail: { expected: digest, actual } },
    )
  }
  if (bytes.length > DOCUMENT_MAX_BYTES) {
    throw new CatalogError(
      'DOCUMENT_TOO_LARGE',
      `The environment has ${bytes.length} bytes, and ${DOCUMENT_MAX_BYTES} is the most: record digests of long lists instead.`,
    )
  }
  const { created, index, at } = await context.log.append<Outcome>({
    namespace,
    actor: principal.id,
    ...context.request,
    reads: [read(environmentByDigest, namespace, digest)],
    decide: (facts) => {
      const known = facts.find(environmentByDigest, [namespace, digest])
      if (known !== undefined) {
        return nothingNew({ created: false, index: known.log_index, at: known.at })
      }
      return {
        drafts: [
          {
            entry: { kind: 'environment.recorded', subject: digest },
            document: { bytes, value: body },
          },
        ],
        result: (recorded) => ({ created: true, index: recorded.index, at: recorded.at }),
      }
    },
  })
  const proof = await proveEntry(context, namespace, index)
  return { receipt: { environment: digest, index, at, proof }, created }
}
