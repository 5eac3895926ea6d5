import type { CheckpointReceipt, ConsistencyProof, Digest, Receipt } from './api.ts'

/** Questions to a log whose answers are checked, so that it need not be trusted. */
export interface LogQuestions {
  receipt(checkpoint: Digest): Promise<CheckpointReceipt>
  consistency(between: { readonly from: number; readonly to: number }): Promise<ConsistencyProof>
}

/** What a client believes, and holds against all that a catalog's log says; `openTrust` makes one. */
export interface Trust {
  /** @throws {PROOF_INVALID | LOG_CONTRADICTED} */
  judgeReceipt(receipt: Receipt, log: LogQuestions): Promise<void>
  /** @throws {PROOF_INVALID | LOG_CONTRADICTED} */
  judgeHead(signedHead: string, log: LogQuestions): Promise<void>
}
