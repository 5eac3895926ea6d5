import type { policyOperations } from '../../schema/operations/policy.ts'
import { json, type Route } from '../http/route.ts'
import { getPolicy } from './get-policy.ts'
import { listPolicies } from './list-policies.ts'
import { setPolicy } from './set-policy.ts'

/** HTTP to the operations of policies. */
export const policyRoutes = {
  setPolicy: json(setPolicy),
  getPolicy: json(getPolicy),
  listPolicies: json(listPolicies),
} satisfies { readonly [Id in keyof typeof policyOperations]: Route<Id> }
