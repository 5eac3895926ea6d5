import type { lineageOperations } from '../../schema/operations/lineage.ts'
import { json, type Route } from '../http/route.ts'
import { compareCheckpoints } from './compare-checkpoints.ts'
import { getLineage } from './get-lineage.ts'

/** HTTP to the operations of lineage and comparison. */
export const lineageRoutes = {
  getLineage: json(getLineage),
  compareCheckpoints: json(compareCheckpoints),
} satisfies { readonly [Id in keyof typeof lineageOperations]: Route<Id> }
