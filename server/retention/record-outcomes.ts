import type { Digest } from '../../schema/digest.ts'
import type { SweepOutcome } from '../../schema/retention-entry.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import type { Decision, Draft } from '../log/command.ts'
import type { Reader } from '../store/database.ts'
import type { DueObject } from './choose-due.ts'
import type { Asker } from './tombstone-dropped.ts'

/** How each removal ended. */
export interface Outcomes {
  readonly namespace: NamespaceName
  readonly ended: readonly { readonly object: DueObject; readonly outcome: SweepOutcome }[]
  /** Objects that each checkpoint has in all. */
  readonly totals: ReadonlyMap<Digest, number>
}

/**
 * Records how removals ended, each once; gives the checkpoints of which nothing is left. What another server has
 * recorded meanwhile is left as it is.
 */
export async function recordOutcomes(
  context: Pick<Context, 'log'>,
  asker: Asker,
  outcomes: Outcomes,
): Promise<readonly Digest[]> {
  if (outcomes.ended.length === 0) return []
  return context.log.append({
    ...asker,
    namespace: outcomes.namespace,
    reads: [],
    decide: async (facts) => decide(await facts.query(), outcomes),
  })
}

async function decide(
  db: Reader,
  { namespace, ended, totals }: Outcomes,
): Promise<Decision<readonly Digest[]>> {
  const checkpoints = [...new Set(ended.map(({ object }) => object.checkpoint))]
  const rows = await db
    .selectFrom('sweep')
    .select(['checkpoint', 'object', 'outcome'])
    .where('namespace', '=', namespace)
    .where('checkpoint', 'in', checkpoints)
    .execute()
  const open = new Set<string>()
  const gone = new Map<Digest, number>()
  for (const { checkpoint, object, outcome } of rows) {
    if (outcome === null) open.add(`${checkpoint} ${object}`)
    if (isGone(outcome)) gone.set(checkpoint, (gone.get(checkpoint) ?? 0) + 1)
  }
  const swept: Digest[] = []
  const drafts: { readonly entry: Draft }[] = []
  for (const { object: due, outcome } of ended) {
    const { checkpoint, object, uri, versionId } = due
    if (!open.has(`${checkpoint} ${object}`)) continue
    const goneCount = (gone.get(checkpoint) ?? 0) + (isGone(outcome) ? 1 : 0)
    gone.set(checkpoint, goneCount)
    const ends = isGone(outcome) && goneCount === totals.get(checkpoint)
    if (ends) swept.push(checkpoint)
    drafts.push({
      entry: {
        kind: 'sweep.recorded',
        subject: checkpoint,
        uri,
        versionId,
        outcome,
        ...(ends ? { ends } : {}),
      },
    })
  }
  return { drafts, result: () => swept }
}

const isGone = (outcome: SweepOutcome | null): boolean =>
  outcome === 'removed' || outcome === 'absent'
