import type { Digest } from '../../schema/digest.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import { nothingNew } from '../log/command.ts'
import { findUses, type SeenUses } from './find-uses.ts'

/** Who looks into the other namespaces, where whoever asked may have no grant: nothing of what it sees is told. */
const ACTOR = 'cairn:sweep'

/**
 * Which objects another namespace has come to need, looked at under its own head lock. The intent was recorded before:
 * a registration there either is seen here, or sees the intent.
 */
export async function confirmUnused(
  { log, nowMs }: Pick<Context, 'log' | 'nowMs'>,
  namespace: NamespaceName,
  at: { readonly wanted: ReadonlySet<Digest>; readonly seen: SeenUses },
): Promise<ReadonlySet<Digest>> {
  return log.append({
    namespace,
    actor: ACTOR,
    reads: [],
    decide: async (facts) => {
      const { used } = await findUses(await facts.query(), namespace, { ...at, nowMs: nowMs() })
      return nothingNew(used)
    },
  })
}
