import type { recoverOperations } from '../../schema/operations/recover.ts'
import { answer, json, type Route } from '../http/route.ts'
import { getLatest } from './get-latest.ts'
import { openRun } from './open-run.ts'
import { planRecovery } from './plan-recovery.ts'

/** HTTP to the operations of resuming and planning. */
export const recoverRoutes = {
  openRun: async (context, principal, input) => {
    const opened = await openRun(context, principal, input)
    return answer(opened, {
      status: 201,
      location: `/v1/namespaces/${input.namespace}/runs/${opened.run.run}`,
    })
  },
  getLatest: json(getLatest),
  planRecovery: json(planRecovery),
} satisfies { readonly [Id in keyof typeof recoverOperations]: Route<Id> }
