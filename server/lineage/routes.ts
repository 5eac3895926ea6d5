import type { lineageOperations } from '../../schema/operations/lineage.ts'
import { json, type Route } from '../http/route.ts'
import { compareCheckpoints } from './compare-checkpoints.ts'
import { compareRuns } from './compare-runs.ts'
import { getLineage } from './get-lineage.ts'
import { getReplayability } from './get-replayability.ts'
import { listLine } from './list-line.ts'

/** HTTP to the operations of lineage and comparison. */
export const lineageRoutes = {
  getLineage: json(getLineage),
  compareCheckpoints: json(compareCheckpoints),
  getReplayability: json(getReplayability),
  listLine: json(listLine),
  compareRuns: json(compareRuns),
} satisfies { readonly [Id in keyof typeof lineageOperations]: Route<Id> }
