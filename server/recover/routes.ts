import type { recoverOperations } from '../../schema/operations/recover.ts'
import type { drillOperations } from '../../schema/operations/drills.ts'
import type { restoreOperations } from '../../schema/operations/restores.ts'
import type { segmentOperations } from '../../schema/operations/segments.ts'
import { answer, json, type Route } from '../http/route.ts'
import { acknowledgeDrift } from './acknowledge-drift.ts'
import { closeRestore } from './close-restore.ts'
import { exchangeResumeToken } from './exchange-resume-token.ts'
import { getCoverage } from './get-coverage.ts'
import { getLatest } from './get-latest.ts'
import { issueResumeToken } from './issue-resume-token.ts'
import { listDueDrills } from './list-due-drills.ts'
import { listRestores } from './list-restores.ts'
import { openRestore } from './open-restore.ts'
import { openRun } from './open-run.ts'
import { planRecovery } from './plan-recovery.ts'
import { previewRewind } from './preview-rewind.ts'
import { recordRehearsal } from './record-rehearsal.ts'
import { runDrill } from './run-drill.ts'

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
  getCoverage: json(getCoverage),
  previewRewind: json(previewRewind),
  issueResumeToken: json(issueResumeToken),
  exchangeResumeToken: json(exchangeResumeToken),
  openRestore: async (context, principal, input) =>
    answer(await openRestore(context, principal, input), { status: 201 }),
  closeRestore: json(closeRestore),
  listRestores: json(listRestores),
  acknowledgeDrift: async (context, principal, input) =>
    answer(await acknowledgeDrift(context, principal, input), { status: 201 }),
  planDrill: json(runDrill),
  recordRehearsal: async (context, principal, input) =>
    answer(await recordRehearsal(context, principal, input), { status: 201 }),
  listDueDrills: json(listDueDrills),
} satisfies {
  readonly [
    Id in
      | keyof typeof recoverOperations
      | keyof typeof segmentOperations
      | keyof typeof restoreOperations
      | keyof typeof drillOperations
  ]: Route<Id>
}
