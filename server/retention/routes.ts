import type { holdOperations } from '../../schema/operations/holds.ts'
import type { retentionOperations } from '../../schema/operations/retention.ts'
import { answer, json, type Route } from '../http/route.ts'
import { liftHold } from './lift-hold.ts'
import { listHolds } from './list-holds.ts'
import { placeHold } from './place-hold.ts'
import { tombstoneCheckpoint } from './tombstone-checkpoint.ts'

/** HTTP to the operations of withdrawing and holding. */
export const retentionRoutes = {
  tombstoneCheckpoint: async (context, principal, input) => {
    const { receipt, created } = await tombstoneCheckpoint(context, principal, input)
    return answer(receipt, { status: created ? 201 : 200 })
  },
  placeHold: json(placeHold),
  liftHold: json(liftHold),
  listHolds: json(listHolds),
} satisfies {
  readonly [Id in keyof typeof retentionOperations | keyof typeof holdOperations]: Route<Id>
}
