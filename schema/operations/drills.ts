import { Type } from 'typebox'
import { Drill, DrillReceipt, DueDrillPage, Faults, Rehearsal } from '../drill.ts'
import { JobName, Partition } from '../names.ts'
import { asOfQuery, pageQuery } from '../page.ts'
import {
  closed,
  inNamespace,
  operation,
  prefix,
  SMALL_BODY_MAX_BYTES,
  writeQuery,
} from './operation.ts'

const place = { job: JobName, partition: Type.Optional(Partition) }

/** Rehearsals of faults, which change nothing but, when asked, that they are recorded. */
export const drillOperations = {
  planDrill: operation({
    method: 'POST',
    path: `${prefix}/drills`,
    summary: 'Plan recoveries under faults that did not happen',
    description:
      'What would lose its last good state, or fall back to an older one, and what work that would cost, for one job or for all that the caller may read. Changes nothing; with `record`, which needs `verify` on the job or the whole namespace, the drill itself becomes an entry. `limit` counts jobs and partitions.',
    tag: 'recovery',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: writeQuery,
    body: closed(
      {
        job: Type.Optional(JobName),
        partition: Type.Optional(
          Type.Unsafe<Partition>({ ...Partition, description: 'Only with `job`. Default: all.' }),
        ),
        faults: Faults,
        record: Type.Optional(Type.Boolean()),
        ...pageQuery,
        ...asOfQuery,
      },
      'PlanDrill',
    ),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: Drill,
    answer: 'json',
    repeat: 'by-key',
    errors: [
      'NAMESPACE_NOT_FOUND',
      'JOB_NOT_FOUND',
      'CHECKPOINT_NOT_FOUND',
      'POLICY_NOT_FOUND',
      'DRILL_TARGET_NOT_FOUND',
      'INVALID_CURSOR',
      'LOG_INDEX_OUT_OF_RANGE',
    ],
  }),
  recordRehearsal: operation({
    method: 'POST',
    path: `${prefix}/drills/outcomes`,
    summary: 'Record what came of a restore into a scratch folder',
    description:
      'Raises no grade and counts as no evidence: a rehearsal changes what is due, and nothing else.',
    tag: 'recovery',
    verb: 'verify',
    reach: 'none',
    params: closed(inNamespace),
    query: writeQuery,
    body: closed(
      { ...place, faults: Type.Optional(Faults), ...Rehearsal.properties },
      'RecordRehearsal',
    ),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: DrillReceipt,
    answer: 'json',
    repeat: 'by-key',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND', 'RESUME_MISMATCH'],
  }),
  listDueDrills: operation({
    method: 'GET',
    path: `${prefix}/drills/due`,
    summary: 'List jobs that have not been rehearsed as often as their policy says',
    description:
      'By `rehearseEverySeconds` of the policy that each job names. A page may be short; `next` says whether there is more.',
    tag: 'recovery',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: closed(pageQuery),
    response: DueDrillPage,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'INVALID_CURSOR'],
  }),
}
