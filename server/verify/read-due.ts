import type { Digest } from '../../schema/digest.ts'
import type { JobName, LogIndex, NamespaceName } from '../../schema/names.ts'
import type { PolicySpec } from '../../schema/policy.ts'
import type { Context } from '../context.ts'
import type { Row } from '../store/tables.ts'
import { readJobPolicy } from '../timeline/read-policy.ts'

/** Rows looked through at a time. */
const PAGE_COUNT = 500

const NOW = Number.MAX_SAFE_INTEGER as LogIndex

type Wanted = NonNullable<PolicySpec['verification']>

/** A checkpoint to look at, and how its policy wants that. */
export interface Due {
  readonly checkpoint: Row<'checkpoint'>
  readonly wanted: Wanted
}

/**
 * One pass over every live checkpoint whose policy asks for verification: first those that nobody has ever
 * looked at, then those whose last look is too long ago. Between pages it gives undefined, so that whoever
 * walks can rest there.
 *
 * What is due is read from the log each time: a pass that ended early is simply begun again.
 */
export async function* readDue(context: Context): AsyncGenerator<Due | undefined> {
  for (const isNew of [true, false]) {
    for (const namespace of await namespacesWithPolicies(context)) {
      yield* dueIn(context, namespace, isNew)
    }
  }
}

async function namespacesWithPolicies({ db }: Context): Promise<readonly NamespaceName[]> {
  const rows = await db
    .selectFrom('policy')
    .select('namespace')
    .distinct()
    .orderBy('namespace')
    .execute()
  return rows.map((row) => row.namespace)
}

async function* dueIn(
  context: Context,
  namespace: NamespaceName,
  isNew: boolean,
): AsyncGenerator<Due | undefined> {
  const wantedBy = new Map<JobName, Wanted | undefined>()
  let after = -1
  for (;;) {
    const rows = await pageOf(context, { namespace, after, isNew })
    for (const { job } of rows) {
      if (wantedBy.has(job)) continue
      const policy = await readJobPolicy(context.db, { namespace, job, asOf: NOW })
      wantedBy.set(job, policy?.spec.verification)
    }
    const asked = rows.flatMap((checkpoint) => {
      const wanted = wantedBy.get(checkpoint.job)
      return wanted === undefined ? [] : [{ checkpoint, wanted }]
    })
    const lastAt = isNew ? new Map<string, string>() : await lastLooks(context, namespace, asked)
    for (const one of asked) {
      const { digest } = one.checkpoint
      const at = lastAt.get(`${one.wanted.grade}\n${digest}`)
      const dueMs = at === undefined ? 0 : Date.parse(at) + one.wanted.everySeconds * 1000
      if (dueMs <= context.nowMs()) yield one
    }
    yield undefined
    if (rows.length < PAGE_COUNT) return
    after = rows.at(-1)?.log_index ?? after
  }
}

async function pageOf(
  { db }: Context,
  at: { readonly namespace: NamespaceName; readonly after: number; readonly isNew: boolean },
): Promise<readonly Row<'checkpoint'>[]> {
  return db
    .selectFrom('checkpoint')
    .selectAll()
    .where('namespace', '=', at.namespace)
    .where('log_index', '>', at.after as LogIndex)
    .where('tombstoned_index', 'is', null)
    .where('evidence_index', at.isNew ? 'is' : 'is not', null)
    .orderBy('log_index')
    .limit(PAGE_COUNT)
    .execute()
}

/** When somebody last looked at each, closely enough for its policy. A restore looked at the bytes. */
async function lastLooks(
  { db }: Context,
  namespace: NamespaceName,
  asked: readonly Due[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const grade of ['present', 'verified'] as const) {
    const digests: readonly Digest[] = asked
      .filter(({ wanted }) => wanted.grade === grade)
      .map(({ checkpoint }) => checkpoint.digest)
    if (digests.length === 0) continue
    const rows = await db
      .selectFrom('evidence')
      .select(['checkpoint', ({ fn }) => fn.max('at').as('at')])
      .where('namespace', '=', namespace)
      .where('checkpoint', 'in', digests)
      .where((eb) =>
        eb.or([
          eb('finding', 'in', ['verified', 'restored']),
          // What is gone cannot be read either.
          eb('outcome', '=', 'failed'),
          ...(grade === 'present' ? [eb('finding', '=', 'present')] : []),
        ]),
      )
      .groupBy('checkpoint')
      .execute()
    for (const { checkpoint, at } of rows) found.set(`${grade}\n${checkpoint}`, at)
  }
  return found
}
