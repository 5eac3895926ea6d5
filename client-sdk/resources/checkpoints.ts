import { canonicalize } from '../../schema/canonical-json.ts'
import type {
  BatchResult,
  Checkpoint,
  CheckpointSummary,
  Depth,
  Digest,
  EntryRecord,
  EvidenceReceipt,
  LogIndex,
  Manifest,
  Operations,
  Receipt,
  RecordEvidence,
  TombstoneReceipt,
  TombstoneCheckpoint,
  Verification,
  VerifyCheckpoint,
} from '../api.ts'
import { acceptReceipt } from '../delivery.ts'
import { digestOf } from '../document-digest.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { listPages, type ListQuery, type Scope } from './scope.ts'
import { readDocument } from './stored-document.ts'

/** Checkpoints: saved states, each registered once and never changed. */
export class Checkpoints {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * Registers a manifest that the caller made; a job uses the run's `checkpoint` instead. Past any spool.
   *
   * @throws {ATTEMPT_FENCED} a newer attempt of the job and partition has been opened
   * @throws {REGISTRATION_CONFLICT} another manifest is registered for the run, step and tier
   * @throws {DIGEST_MISMATCH} the receipt is for another checkpoint
   * @throws {PROOF_INVALID} the client has a `trust`, and the receipt proves nothing
   * @throws {LOG_CONTRADICTED} the client has a `trust`, and the log contradicts what it signed before
   */
  async register(manifest: Manifest, options?: CallOptions): Promise<Receipt> {
    const { namespace, transport } = this.#scope
    const canonical = canonicalize(manifest)
    const input = { namespace, text: `{"manifest":${canonical}}` }
    const receipt = await transport.callWithText('registerCheckpoint', input, options)
    const checkpoint = digestOf(canonical)
    await acceptReceipt(transport, { namespace, checkpoint, receipt }, options)
    return receipt
  }

  /**
   * Registers up to 256 manifests in their order; each has a result of its own.
   *
   * @throws {BATCH_TOO_LARGE} there are none or more than 256
   * @throws {DIGEST_MISMATCH | PROOF_INVALID | LOG_CONTRADICTED} a receipt is not to be believed, as for one
   */
  async registerAll(
    manifests: readonly Manifest[],
    options?: CallOptions,
  ): Promise<readonly BatchResult[]> {
    const { namespace, transport } = this.#scope
    const text = canonicalize({ items: manifests.map((manifest) => ({ manifest })) })
    const input = { namespace, text }
    const { results } = await transport.callWithText('registerCheckpoints', input, options)
    for (const [place, result] of results.entries()) {
      if (result.status === 'refused') continue
      const checkpoint = digestOf(canonicalize(manifests[place]))
      await acceptReceipt(transport, { namespace, checkpoint, receipt: result.receipt }, options)
    }
    return results
  }

  /**
   * Gets a checkpoint and its standing, as it is or as it was.
   *
   * @throws {CHECKPOINT_NOT_FOUND} it is not registered
   */
  get(
    digest: Digest,
    query: { readonly asOf?: LogIndex } = {},
    options?: CallOptions,
  ): Promise<Checkpoint> {
    const { namespace, transport } = this.#scope
    return transport.call('getCheckpoint', { namespace, digest, ...query }, options)
  }

  /** Lists checkpoints, newest first. */
  list(
    query: ListQuery<Operations['listCheckpoints']['input']> = {},
    options: CallOptions = {},
  ): PageIterator<CheckpointSummary> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('listCheckpoints', { ...query, namespace, ...page }, call),
    )
  }

  /**
   * Gets a manifest and its exact bytes, and checks that they have the digest.
   *
   * @throws {CHECKPOINT_NOT_FOUND} it is not registered
   * @throws {DIGEST_MISMATCH} the bytes that came have another digest
   */
  async manifest(
    digest: Digest,
    options?: CallOptions,
  ): Promise<{ readonly manifest: Manifest; readonly bytes: Uint8Array }> {
    const { namespace, transport } = this.#scope
    const bytes = await transport.callForBytes('getManifest', { namespace, digest }, options)
    return { manifest: readDocument<'getManifest'>(bytes, digest), bytes }
  }

  /** Lists everything recorded about a checkpoint, oldest first. */
  history(
    digest: Digest,
    query: ListQuery<Omit<Operations['getHistory']['input'], 'digest'>> = {},
    options: CallOptions = {},
  ): PageIterator<EntryRecord> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('getHistory', { ...query, namespace, digest, ...page }, call),
    )
  }

  /** Records a finding about a checkpoint's bytes. */
  recordEvidence(
    digest: Digest,
    evidence: RecordEvidence,
    options?: CallOptions,
  ): Promise<EvidenceReceipt> {
    const { namespace, transport } = this.#scope
    return transport.call('recordEvidence', { namespace, digest, body: evidence }, options)
  }

  /**
   * Has the catalog look at the blobs in their stores and record what it found, and waits for the end.
   *
   * `unknown` says that something could not be looked at: nothing is recorded, and nothing changes.
   *
   * @param options.onProgress Hears how far it is, every few seconds.
   * @throws {CHECKPOINT_NOT_FOUND} it is not registered
   */
  async verify(
    digest: Digest,
    depth: Depth,
    { onProgress, ...options }: CallOptions & { onProgress?: (state: Verification) => void } = {},
  ): Promise<Verification> {
    const { namespace, transport } = this.#scope
    let body: VerifyCheckpoint = { depth }
    for (;;) {
      const state = await transport.call('verifyCheckpoint', { namespace, digest, body }, options)
      onProgress?.(state)
      if (state.state !== 'running') return state
      body = { depth, verification: state.verification }
    }
  }

  /**
   * Withdraws a checkpoint for good.
   *
   * @throws {CHAIN_IN_USE} a live delta needs it
   * @throws {ALREADY_TOMBSTONED} it was withdrawn in another way
   */
  tombstone(
    digest: Digest,
    tombstone: TombstoneCheckpoint,
    options?: CallOptions,
  ): Promise<TombstoneReceipt> {
    const { namespace, transport } = this.#scope
    return transport.call('tombstoneCheckpoint', { namespace, digest, body: tombstone }, options)
  }
}
