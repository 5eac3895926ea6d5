import type { retentionOperations } from '../../schema/operations/retention.ts'
import { answer, type Route } from '../http/route.ts'
import { tombstoneCheckpoint } from './tombstone-checkpoint.ts'

/** HTTP to the operations of withdrawing. */
export const retentionRoutes = {
  tombstoneCheckpoint: async (context, principal, input) => {
    const { tombstone, created } = await tombstoneCheckpoint(context, principal, input)
    return answer(tombstone, { status: created ? 201 : 200 })
  },
} satisfies { readonly [Id in keyof typeof retentionOperations]: Route<Id> }
