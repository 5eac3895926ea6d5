import { canonicalize } from '../../schema/canonical-json.ts'
import type { Digest, Environment, EnvironmentReceipt } from '../api.ts'
import { digestOf } from '../document-digest.ts'
import type { CallOptions } from '../options.ts'
import type { Scope } from './scope.ts'
import { readDocument } from './stored-document.ts'

/** Environments: what computations ran in, by the digest of the document. */
export class Environments {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * Records an environment document; the same document again changes nothing.
   *
   * @throws {NOT_CANONICAL} a value, such as NaN, that no document can hold
   */
  async record(document: Environment, options?: CallOptions): Promise<EnvironmentReceipt> {
    const { namespace, transport } = this.#scope
    const text = canonicalize(document)
    const input = { namespace, digest: digestOf(text), text }
    return await transport.callWithText('recordEnvironment', input, options)
  }

  /**
   * Gets an environment document and checks that it has the digest.
   *
   * @throws {ENVIRONMENT_NOT_FOUND} it was never recorded
   * @throws {DIGEST_MISMATCH} the bytes that came have another digest
   */
  async get(digest: Digest, options?: CallOptions): Promise<Environment> {
    const { namespace, transport } = this.#scope
    const bytes = await transport.callForBytes('getEnvironment', { namespace, digest }, options)
    return readDocument<'getEnvironment'>(bytes, digest)
  }
}
