import type { CheckpointSummary, Grade, Skipped } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Principal, Verb } from '../../schema/grant.ts'
import type { JobName, LogIndex, NamespaceName, Partition } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { findLatest } from '../timeline/find-latest.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { judge, type Filter } from '../timeline/standing.ts'
import { explainNoGood } from './explain-no-good.ts'
import { checkSameLine, notGood } from './rules.ts'

/** From which state to go on. */
export interface Choice {
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly asOf: LogIndex
  readonly minGrade: Grade
  readonly environment?: Digest | undefined
  /** What the caller cannot use. */
  readonly filter?: Filter | undefined
  readonly includeAbandoned: boolean
  /** A digest, which is taken or refused; or the latest good one. */
  readonly from: 'latest' | Digest
}

/** What was chosen; undefined when the line has no candidate at all. */
export interface Chosen {
  readonly checkpoint: Row<'checkpoint'> | undefined
  /** What callers see of it, where the choice found it out. */
  readonly summary?: CheckpointSummary | undefined
  readonly skipped: readonly Skipped[]
}

/**
 * The state to go on from: the named one or an error, or the latest good one.
 *
 * @throws {CHECKPOINT_NOT_FOUND | RESUME_MISMATCH | CHECKPOINT_NOT_GOOD} the named one cannot be taken
 * @throws {NO_GOOD_CHECKPOINT} there are candidates, and none is good
 */
export async function chooseCheckpoint(
  db: Reader,
  asker: { readonly principal: Principal; readonly verb: Verb },
  choice: Choice,
): Promise<Chosen> {
  const { namespace, from, asOf } = choice
  if (from !== 'latest') {
    const row = await readCheckpoint(db, asker, { namespace, digest: from, asOf })
    checkSameLine(row, choice)
    const { fault } = await judge(db, namespace, { standing: row, wanted: choice })
    if (fault !== undefined) throw notGood(row, fault)
    return { checkpoint: row, skipped: [] }
  }
  const found = await findLatest(db, choice)
  const onLine = found.skipped.some((skipped) => skipped.reason !== 'ABANDONED')
  if (found.checkpoint === undefined && onLine) throw explainNoGood(choice, found)
  return { checkpoint: found.checkpoint, summary: found.summary, skipped: found.skipped }
}
