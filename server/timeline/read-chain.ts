import type { Digest } from '../../schema/digest.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { readsDirectly, statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

const columns = [
  'c.namespace',
  'c.log_index',
  'c.digest',
  'c.at',
  'c.step',
  'c.base',
  'c.environment',
  'c.tombstoned_index',
  'c.evidence_index',
  'c.chain_length',
] as const

/** The columns that a verdict rests on. */
export type Standing = Pick<
  Row<'checkpoint'>,
  (typeof columns)[number] extends `c.${infer Name}` ? Name & keyof Row<'checkpoint'> : never
>

type Place = { readonly namespace: NamespaceName; readonly checkpoint: Digest }

const linkAt = statement<Place, Standing>((db, param) =>
  db
    .selectFrom('checkpoint as c')
    .select(columns)
    .where('c.namespace', '=', param('namespace'))
    .where('c.digest', '=', param('checkpoint')),
)

// A base is looked up by a subquery: PostgreSQL would join, and read all checkpoints for each link of the chain.
// The cross join is for SQLite, which keeps its order and would else read all checkpoints too.
const chainOf = statement<Place, Standing>((db, param) =>
  db
    .withRecursive('chain', (query) =>
      query
        .selectFrom('checkpoint as c')
        .select(['c.digest', 'c.base'])
        .where('c.namespace', '=', param('namespace'))
        .where('c.digest', '=', param('checkpoint'))
        .unionAll(
          query
            .selectFrom('chain')
            .select((eb) => [
              eb.ref('chain.base').$notNull().as('digest'),
              eb
                .selectFrom('checkpoint as c')
                .select('c.base')
                .where('c.namespace', '=', param('namespace'))
                .whereRef('c.digest', '=', 'chain.base')
                .as('base'),
            ])
            .where('chain.base', 'is not', null),
        ),
    )
    .selectFrom('chain')
    .crossJoin('checkpoint as c')
    .select(columns)
    .whereRef('c.digest', '=', 'chain.digest')
    .where('c.namespace', '=', param('namespace'))
    .orderBy('c.chain_length', 'desc'),
)

/** Chains of up to so many are read link by link where that costs no round trip: a recursive query costs more. */
const POINT_READS_MAX_COUNT = 16

/** A checkpoint and everything it needs, itself first; bounded when the delta was registered. */
export async function readChain(db: Reader, standing: Standing): Promise<readonly Standing[]> {
  const { namespace } = standing
  if (standing.base === null) return [standing]
  if (!readsDirectly(db) || standing.chain_length > POINT_READS_MAX_COUNT) {
    return chainOf(db, { namespace, checkpoint: standing.digest })
  }
  const chain: Standing[] = [standing]
  let base: Digest | null = standing.base
  while (base !== null && chain.length < standing.chain_length) {
    const [link]: readonly Standing[] = await linkAt(db, { namespace, checkpoint: base })
    if (link === undefined) break
    chain.push(link)
    base = link.base
  }
  return chain
}
