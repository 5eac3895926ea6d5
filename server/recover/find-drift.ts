import type { Drift } from '../../schema/drift.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { assessDrift } from './assess-drift.ts'

/** How what a run says of itself differs from what made a state; undefined where it says nothing. */
export function findDrift(
  db: Reader,
  at: {
    readonly body: InputOf<'openRun'>['body']
    readonly checkpoint: Row<'checkpoint'>
    readonly asOf: LogIndex
  },
): Promise<Drift | undefined> {
  const { body, checkpoint, asOf } = at
  const { caller, environment } = body
  const own = environment === undefined ? {} : { environment }
  const onlyByPolicy = caller === undefined
  return onlyByPolicy && environment === undefined
    ? Promise.resolve(undefined)
    : assessDrift(db, { checkpoint, caller: { ...own, ...caller }, asOf, onlyByPolicy })
}
