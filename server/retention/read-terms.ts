import type { Digest } from '../../schema/digest.ts'
import type { JobName, LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { isHolding } from '../timeline/read-holds.ts'
import { readJobPolicy } from '../timeline/read-policy.ts'
import { readClaimed } from '../timeline/read-restores.ts'
import { readChain } from '../timeline/read-chain.ts'

/** Everything recorded so far. */
const NOW = Number.MAX_SAFE_INTEGER as LogIndex
/** From a tombstone to the removal of bytes, where a policy has retention and says no other time. */
const GRACE_DEFAULT_SECONDS = 7 * 24 * 60 * 60

/** When the bytes of withdrawn checkpoints of a namespace may go. */
export interface SweepTerms {
  /** Held checkpoints and those that restores need, and what their chains need. */
  readonly held: ReadonlySet<Digest>
  /** Whether a withdrawn checkpoint's grace is over and nothing holds it. */
  isDue(row: {
    readonly digest: Digest
    readonly job: JobName
    readonly tombstonedAt: string
  }): Promise<boolean>
}

/** Reads what bars sweeping in a namespace, as it is now. */
export async function readTerms(
  db: Reader,
  namespace: NamespaceName,
  nowMs: number,
): Promise<SweepTerms> {
  const held = await heldChains(db, namespace, nowMs)
  const graces = new Map<JobName, number | undefined>()
  const graceOf = async (job: JobName): Promise<number | undefined> => {
    if (graces.has(job)) return graces.get(job)
    const policy = await readJobPolicy(db, { namespace, job, asOf: NOW })
    const spec = policy?.spec
    const grace =
      spec?.graceSeconds ?? (spec?.retention === undefined ? undefined : GRACE_DEFAULT_SECONDS)
    graces.set(job, grace)
    return grace
  }
  return {
    held,
    isDue: async ({ digest, job, tombstonedAt }) => {
      if (held.has(digest)) return false
      const graceSeconds = await graceOf(job)
      return graceSeconds !== undefined && Date.parse(tombstonedAt) + graceSeconds * 1000 <= nowMs
    },
  }
}

/** Whatever is held or claimed, withdrawn or not, with all that a restore of it needs. */
async function heldChains(
  db: Reader,
  namespace: NamespaceName,
  nowMs: number,
): Promise<ReadonlySet<Digest>> {
  const rows = await db
    .selectFrom('hold')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('ended_index', 'is', null)
    .execute()
  const holding = new Set([
    ...rows.filter((row) => isHolding(row, { asOf: NOW, nowMs })).map((row) => row.checkpoint),
    ...(await readClaimed(db, { namespace, asOf: NOW, nowMs })),
  ])
  const held = new Set<Digest>()
  for (const digest of holding) {
    if (held.has(digest)) continue
    const row = await db
      .selectFrom('checkpoint')
      .selectAll()
      .where('namespace', '=', namespace)
      .where('digest', '=', digest)
      .executeTakeFirst()
    if (row === undefined) continue
    for (const link of await readChain(db, row)) held.add(link.digest)
  }
  return held
}
