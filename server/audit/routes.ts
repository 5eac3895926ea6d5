import { digestOf } from '../../schema/digest.ts'
import type { auditOperations } from '../../schema/operations/audit.ts'
import type { logOperations } from '../../schema/operations/log.ts'
import { answer, json, type Answer, type Route } from '../http/route.ts'
import { getConsistencyProof } from './get-consistency-proof.ts'
import { getHistory } from './get-history.ts'
import { getInclusionProof } from './get-inclusion-proof.ts'
import { getLogKeys } from './get-log-keys.ts'
import { getReceipt } from './get-receipt.ts'
import { getTile } from './get-tile.ts'
import { getTreeHead } from './get-tree-head.ts'
import { listAccessLog } from './list-access-log.ts'
import { listEntries } from './list-entries.ts'

/** Exact bytes under their digest as the tag. */
function tagged(bytes: Uint8Array): Answer {
  return answer(bytes, { etag: `"${digestOf(bytes)}"` })
}

/** HTTP to the operations of reading the log. */
export const auditRoutes = {
  getHistory: json(getHistory),
  listEntries: json(listEntries),
  listAccessLog: json(listAccessLog),
  getTreeHead: async (context, principal, input) =>
    tagged(Buffer.from(await getTreeHead(context, principal, input))),
  getTile: async (context, principal, input) => tagged(await getTile(context, principal, input)),
  getInclusionProof: json(getInclusionProof),
  getConsistencyProof: json(getConsistencyProof),
  getLogKeys: json(getLogKeys),
  getReceipt: json(getReceipt),
} satisfies {
  readonly [Id in keyof typeof auditOperations | keyof typeof logOperations]: Route<Id>
}
