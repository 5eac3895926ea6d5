import type { holdOperations } from '../../schema/operations/holds.ts'
import type { retentionOperations } from '../../schema/operations/retention.ts'
import { answer, json, type Route } from '../http/route.ts'
import { getRetentionRun } from './get-retention-run.ts'
import { liftHold } from './lift-hold.ts'
import { listHolds } from './list-holds.ts'
import { listRetentionRuns } from './list-retention-runs.ts'
import { placeHold } from './place-hold.ts'
import { runRetention } from './run-retention.ts'
import { tombstoneCheckpoint } from './tombstone-checkpoint.ts'

/** HTTP to the operations of withdrawing, keeping and holding. */
export const retentionRoutes = {
  tombstoneCheckpoint: async (context, principal, input) => {
    const { receipt, created } = await tombstoneCheckpoint(context, principal, input)
    return answer(receipt, { status: created ? 201 : 200 })
  },
  runRetention: async (context, principal, input) => {
    const receipt = await runRetention(context, principal, input)
    return answer(receipt, {
      status: 201,
      location: `/v1/namespaces/${input.namespace}/retention-runs/${receipt.retentionRun}`,
    })
  },
  listRetentionRuns: json(listRetentionRuns),
  getRetentionRun: json(getRetentionRun),
  placeHold: json(placeHold),
  liftHold: json(liftHold),
  listHolds: json(listHolds),
} satisfies {
  readonly [Id in keyof typeof retentionOperations | keyof typeof holdOperations]: Route<Id>
}
