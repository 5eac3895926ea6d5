import { auditOperations } from './operations/audit.ts'
import { drillOperations } from './operations/drills.ts'
import { formatOperations } from './operations/formats.ts'
import { holdOperations } from './operations/holds.ts'
import { lineageOperations } from './operations/lineage.ts'
import { logOperations } from './operations/log.ts'
import { namesOperations } from './operations/names.ts'
import type { Operation, OperationInput } from './operations/operation.ts'
import { policyOperations } from './operations/policy.ts'
import { recoverOperations } from './operations/recover.ts'
import { registerOperations } from './operations/register.ts'
import { reservationOperations } from './operations/reservations.ts'
import { restoreOperations } from './operations/restores.ts'
import { retentionOperations } from './operations/retention.ts'
import { segmentOperations } from './operations/segments.ts'
import { verifyOperations } from './operations/verify.ts'

/**
 * Every operation of the HTTP API, as data: the server mounts this table, `openapi.yaml` is written
 * from it, and the SDK is typed from it. A path that is not here does not exist.
 */
export const operations = {
  ...namesOperations,
  ...policyOperations,
  ...formatOperations,
  ...registerOperations,
  ...reservationOperations,
  ...recoverOperations,
  ...segmentOperations,
  ...restoreOperations,
  ...drillOperations,
  ...lineageOperations,
  ...verifyOperations,
  ...retentionOperations,
  ...holdOperations,
  ...auditOperations,
  ...logOperations,
} as const satisfies Readonly<Record<string, Operation>>

export type OperationId = keyof typeof operations
export type InputOf<Id extends OperationId> = OperationInput<(typeof operations)[Id]>
