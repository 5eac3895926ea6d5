import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type {
  Digest,
  DrillFinding,
  DrillReceipt,
  Fault,
  RecoveryPlan,
  RehearsalOutcome,
  Unavailable,
} from '../api.ts'
import type { CatalogClient } from '../client.ts'
import type { s3Flags } from './blob-stores.ts'
import type { ValuesOf } from './command.ts'
import { defined } from './defined.ts'
import { restorePlan } from './restore-plan.ts'
import type { Session } from './session.ts'

/** What to rehearse, and how. */
export type RehearsalWish = ValuesOf<typeof s3Flags> & {
  readonly job: string
  readonly partition: string | undefined
  readonly faults: readonly Fault[]
  /** A folder to keep; a scratch folder that is removed when left out. */
  readonly into: string | undefined
  readonly record: boolean
}

/** What came of a rehearsal. */
export interface Rehearsed {
  readonly checkpoint: Digest
  readonly step: number
  readonly blobCount: number
  readonly bytes: number
  readonly durationMs: number
  /** Instead of which state, where the faults would pass it over. */
  readonly finding?: DrillFinding
  readonly rtoSeconds?: number
  readonly withinRto?: boolean
  readonly recorded?: DrillReceipt
}

interface Stage {
  readonly session: Session
  readonly client: CatalogClient
}

/**
 * Restores what a job would go on from into a folder of its own. Of the catalog it reads, and records only when
 * asked; what failed is recorded too, and thrown.
 *
 * @throws {NO_GOOD_CHECKPOINT} the faults would leave nothing to restore
 * @throws {CONFIG_INVALID} the folder is there already
 * @throws whatever the restore fails with
 */
export async function rehearse(stage: Stage, wish: RehearsalWish): Promise<Rehearsed> {
  const { client } = stage
  const { job, faults } = wish
  const finding = await findUnder(client, wish)
  const plan = await planUnder(client, wish, finding)
  const rtoSeconds = await readRto(client, job)
  const { result, durationMs } = await restoreAside(stage, wish, plan)
  const outcome: RehearsalOutcome = isCatalogError(result) ? 'failed' : 'restored'
  const bytes = isCatalogError(result) ? 0 : result
  const { checkpoint, partition } = plan
  const recorded = wish.record
    ? await client.drills.recordRehearsal({
        job,
        partition,
        checkpoint,
        outcome,
        durationMs,
        bytes,
        ...(faults.length === 0 ? {} : { faults }),
        ...(isCatalogError(result) ? { note: result.code } : {}),
      })
    : undefined
  if (isCatalogError(result)) throw result
  return {
    checkpoint,
    step: plan.step,
    blobCount: plan.blobCount,
    bytes,
    durationMs,
    ...defined({ finding, recorded }),
    ...(rtoSeconds === undefined ? {} : { rtoSeconds, withinRto: durationMs <= rtoSeconds * 1000 }),
  }
}

/** What the faults would change for the job, if anything. */
async function findUnder(
  client: CatalogClient,
  { job, partition = '', faults }: RehearsalWish,
): Promise<DrillFinding | undefined> {
  if (faults.length === 0) return undefined
  const { items } = await client.drills.plan({ job, partition, faults })
  return items[0]
}

async function planUnder(
  client: CatalogClient,
  { job, partition, faults }: RehearsalWish,
  finding: DrillFinding | undefined,
): Promise<RecoveryPlan> {
  if (finding?.verdict === 'lost') {
    throw new CatalogError(
      'NO_GOOD_CHECKPOINT',
      `${job} would have no good state left: step ${finding.from.step} is ${finding.reason} under these faults. Keep a copy in another region, or a state that does not need it.`,
      { detail: { finding } },
    )
  }
  const unavailable = unavailableUnder(faults)
  const to = finding?.to?.checkpoint
  const question = { job, ...defined({ partition, checkpoint: to, unavailable }) }
  return client.recovery.plan(question)
}

/** Places that a restore must keep away from. */
function unavailableUnder(faults: readonly Fault[]): Unavailable | undefined {
  const regions = faults.flatMap((one) => (one.fault === 'region-lost' ? [one.region] : []))
  const buckets = faults.flatMap((one) => (one.fault === 'bucket-unreadable' ? [one.bucket] : []))
  return regions.length + buckets.length === 0 ? undefined : { regions, buckets }
}

async function readRto(client: CatalogClient, job: string): Promise<number | undefined> {
  const { spec } = await client.jobs.get(job)
  if (spec.policy === undefined) return undefined
  return (await client.policies.get(spec.policy)).spec.rtoSeconds
}

/** Restores into a folder of its own; what went wrong is a result too, because it is recorded. */
async function restoreAside(
  { session }: Stage,
  wish: RehearsalWish,
  plan: RecoveryPlan,
): Promise<{ readonly result: number | CatalogError; readonly durationMs: number }> {
  const scratch = wish.into ?? (await mkdtemp(join(tmpdir(), 'cairn-drill-')))
  if (wish.into !== undefined) await requireNew(wish.into)
  const startedMs = performance.now()
  const tookMs = (): number => Math.round(performance.now() - startedMs)
  try {
    const { bytesFetched } = await restorePlan(session, plan, {
      ...wish,
      into: scratch,
      ownership: undefined,
      unreported: true,
    })
    return { result: bytesFetched, durationMs: tookMs() }
  } catch (error) {
    if (!isCatalogError(error)) throw error
    return { result: error, durationMs: tookMs() }
  } finally {
    if (wish.into === undefined) await rm(scratch, { recursive: true, force: true })
  }
}

/** Bytes that lie there already would be kept, and make a rehearsal look faster than a recovery. */
async function requireNew(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined) return
  throw new CatalogError(
    'CONFIG_INVALID',
    `${folder} is there already, and a rehearsal begins with nothing: name a folder that is not.`,
  )
}
