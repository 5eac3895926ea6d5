import type { verifyOperations } from '../../schema/operations/verify.ts'
import { answer, json, type Route } from '../http/route.ts'
import { listBuckets } from './list-buckets.ts'
import { probeBucket } from './probe-bucket.ts'
import { recordEvidence } from './record-evidence.ts'
import { verifyCheckpoint } from './verify-checkpoint.ts'

/** HTTP to the operations of evidence. */
export const verifyRoutes = {
  recordEvidence: async (context, principal, input) =>
    answer(await recordEvidence(context, principal, input), { status: 201 }),
  verifyCheckpoint: async (context, principal, input) => {
    const verification = await verifyCheckpoint(context, principal, input)
    return answer(verification, { status: verification.state === 'ended' ? 200 : 202 })
  },
  listBuckets: json(listBuckets),
  probeBucket: async (context, principal, input) =>
    answer(await probeBucket(context, principal, input), { status: 201 }),
} satisfies { readonly [Id in keyof typeof verifyOperations]: Route<Id> }
