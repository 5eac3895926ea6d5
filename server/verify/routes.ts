import type { verifyOperations } from '../../schema/operations/verify.ts'
import { answer, type Route } from '../http/route.ts'
import { recordEvidence } from './record-evidence.ts'

/** HTTP to the operations of evidence. */
export const verifyRoutes = {
  recordEvidence: async (context, principal, input) =>
    answer(await recordEvidence(context, principal, input), { status: 201 }),
} satisfies { readonly [Id in keyof typeof verifyOperations]: Route<Id> }
