import type { formatOperations } from '../../schema/operations/formats.ts'
import type { policyOperations } from '../../schema/operations/policy.ts'
import { json, type Route } from '../http/route.ts'
import { getFormatVersion } from './get-format-version.ts'
import { getFormat } from './get-format.ts'
import { getPolicy } from './get-policy.ts'
import { listFormats } from './list-formats.ts'
import { listPolicies } from './list-policies.ts'
import { publishFormat } from './publish-format.ts'
import { setPolicy } from './set-policy.ts'

/** HTTP to the operations of policies and formats. */
export const policyRoutes = {
  setPolicy: json(setPolicy),
  getPolicy: json(getPolicy),
  listPolicies: json(listPolicies),
  publishFormat: json(publishFormat),
  getFormatVersion: json(getFormatVersion),
  getFormat: json(getFormat),
  listFormats: json(listFormats),
} satisfies {
  readonly [Id in keyof typeof policyOperations | keyof typeof formatOperations]: Route<Id>
}
