import { CatalogError } from '../schema/errors.ts'
import type { Digest, Gap, Receipt } from './api.ts'
import type { CheckpointResult, FlushOptions, FlushReport } from './checkpoint-result.ts'
import type { CallOptions } from './options.ts'
import type { SpoolLine, SpoolRecord } from './spool.ts'
import type { Transport } from './transport.ts'

/** How registrations get to the catalog. */
export interface Delivery {
  /** What the spool had to drop on a line and no manifest has said yet. */
  gapOf(line: SpoolLine): Gap | undefined
  /** Registers a checkpoint; with a spool, it is durable there first. */
  register(record: SpoolRecord, options: CallOptions): Promise<CheckpointResult>
  /** A refusal of the run that no call has thrown yet; given once. */
  takeRefusal(run: string): CatalogError | undefined
  /**
   * Sends what waits.
   *
   * @throws {DEADLINE_EXCEEDED} records still wait
   */
  flush(options?: FlushOptions): Promise<FlushReport>
  /** Ends what goes on in the background. What waits in a spool stays there. */
  close(): Promise<void>
}

/** Sends one registration, with the manifest exactly as it was digested. */
export async function sendRecord(
  transport: Transport,
  record: SpoolRecord,
  options: CallOptions,
): Promise<Receipt> {
  const { namespace, checkpoint, manifest } = record
  const text = `{"manifest":${manifest}}`
  const receipt = await transport.callWithText('registerCheckpoint', { namespace, text }, options)
  await acceptReceipt(transport, { namespace, checkpoint, receipt }, options)
  return receipt
}

/** A receipt, and what it must be a receipt for. */
export interface OfferedReceipt {
  readonly namespace: string
  readonly checkpoint: Digest
  readonly receipt: Receipt
}

/**
 * Takes a receipt only if it is for this checkpoint and, where the client has a `trust`, proven.
 *
 * @throws {DIGEST_MISMATCH | PROOF_INVALID | LOG_CONTRADICTED}
 */
export async function acceptReceipt(
  transport: Transport,
  { namespace, checkpoint, receipt }: OfferedReceipt,
  options?: CallOptions,
): Promise<void> {
  if (receipt.checkpoint !== checkpoint) {
    throw new CatalogError(
      'DIGEST_MISMATCH',
      `The answer is a receipt for another checkpoint than ${checkpoint}: check that "url" leads to the catalog.`,
      { detail: { fromCatalog: false } },
    )
  }
  await transport.judgeReceipt(namespace, receipt, options)
}

/** Delivery without a spool: a checkpoint is registered, or the call throws. */
export function deliverDirectly(transport: Transport): Delivery {
  return {
    gapOf: () => undefined,
    register: async (record, options) => {
      const receipt = await sendRecord(transport, record, options)
      return { status: 'registered', checkpoint: record.checkpoint, receipt }
    },
    takeRefusal: () => undefined,
    flush: () => Promise.resolve({ sentCount: 0, refusedCount: 0 }),
    close: () => Promise.resolve(),
  }
}
