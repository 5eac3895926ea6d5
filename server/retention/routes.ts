import type { retentionOperations } from '../../schema/operations/retention.ts'
import { answer, type Route } from '../http/route.ts'
import { tombstoneCheckpoint } from './tombstone-checkpoint.ts'

/** HTTP to the operations of withdrawing. */
export const retentionRoutes = {
  tombstoneCheckpoint: async (context, principal, input) => {
    const { receipt, created } = await tombstoneCheckpoint(context, principal, input)
    return answer(receipt, { status: created ? 201 : 200 })
  },
} satisfies { readonly [Id in keyof typeof retentionOperations]: Route<Id> }
