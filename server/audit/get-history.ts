import { parseCursor, encodeCursor } from '../../schema/cursor.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Principal } from '../../schema/grant.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { readEntriesAt } from '../log/read-entries.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { readHoldsOn } from '../timeline/read-holds.ts'
import { readAcknowledgementsOf, readRestoresOf } from '../timeline/read-restores.ts'
import { parseEntryRecord, type EntryRecord } from './rules.ts'

/** Entries about a checkpoint; `next` is null on the last page. */
export interface HistoryPage {
  readonly items: readonly EntryRecord[]
  readonly next: string | null
}

/** Everything recorded so far. */
const NOW = Number.MAX_SAFE_INTEGER as LogIndex

interface EvidencePage {
  readonly namespace: NamespaceName
  readonly checkpoint: Digest
  readonly after: LogIndex
  readonly limit: number
}

const evidenceAfter = statement<EvidencePage, Pick<Row<'evidence'>, 'log_index'>>((db, param) =>
  db
    .selectFrom('evidence')
    .select('log_index')
    .where('namespace', '=', param('namespace'))
    .where('checkpoint', '=', param('checkpoint'))
    .where('log_index', '>', param('after'))
    .orderBy('log_index')
    .limit(param('limit')),
)

const sweepsOf = statement<
  Pick<EvidencePage, 'namespace' | 'checkpoint'>,
  Pick<Row<'sweep'>, 'intent_index' | 'outcome_index'>
>((db, param) =>
  db
    .selectFrom('sweep')
    .select(['intent_index', 'outcome_index'])
    .where('namespace', '=', param('namespace'))
    .where('checkpoint', '=', param('checkpoint')),
)

/**
 * Everything recorded about a checkpoint, oldest first: its registration, evidence, restores, acknowledged drift,
 * holds, tombstone, and the removal of its bytes.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN | INVALID_CURSOR | LOG_CORRUPT}
 */
export async function getHistory(
  { db }: Context,
  principal: Principal,
  input: InputOf<'getHistory'>,
): Promise<HistoryPage> {
  const { namespace, digest, cursor, limit = PAGE_DEFAULT_COUNT } = input
  const row = await readCheckpoint(db, { principal, verb: 'read' }, { namespace, digest })
  const scope = { list: 'history', namespace, digest }
  const [key] = cursor === undefined ? [-1] : parseCursor(scope, cursor, ['number'])
  const after = key as LogIndex
  const evidence = await evidenceAfter(db, {
    namespace,
    checkpoint: digest,
    after,
    limit: limit + 1,
  })
  const holds = await readHoldsOn(db, { namespace, checkpoint: digest, asOf: NOW })
  const subject = { namespace, checkpoint: digest }
  const restores = await readRestoresOf(db, subject)
  const acknowledged = await readAcknowledgementsOf(db, subject)
  const sweeps = await sweepsOf(db, subject)
  const found = [
    row.log_index,
    row.tombstoned_index,
    ...evidence.map((one) => one.log_index),
    ...acknowledged,
    ...restores.flatMap((restore) => [restore.opened_index, restore.closed_index]),
    ...holds.flatMap((hold) => [hold.placed_index, hold.ended_index]),
    ...sweeps.flatMap((sweep) => [sweep.intent_index, sweep.outcome_index]),
  ]
  const indexes = [...new Set(found)]
    .filter((index) => index !== null)
    .filter((index) => index > after)
    .toSorted((left, right) => left - right)
  const page = indexes.slice(0, limit)
  const last = page.at(-1)
  const entries = await readEntriesAt(db, namespace, page)
  return {
    items: entries.map(parseEntryRecord),
    next: indexes.length > limit && last !== undefined ? encodeCursor(scope, [last]) : null,
  }
}
