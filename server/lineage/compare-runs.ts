import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { Principal } from '../../schema/grant.ts'
import type { RunId } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { COMPARED_DEFAULT_COUNT } from '../../schema/operations/lineage.ts'
import type { StepComparison } from '../../schema/replay.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { readEnvironment, readManifest } from '../timeline/read-document.ts'
import { readLinePart, type LinePlace } from '../timeline/read-line-part.ts'
import { readRun } from '../timeline/read-run.ts'
import {
  compareStates,
  keyOfPlace,
  pairSteps,
  placeKinds,
  placeOfKey,
  type Side,
  type StepPair,
} from './rules.ts'

/** Where each side of a page ended. */
interface Places {
  readonly left: LinePlace | undefined
  readonly right: LinePlace | undefined
}

/** A side of which nothing has been compared yet. */
const beginning = ['', -1, ''] as const

/**
 * Compares the lines that lead to two runs step by step, oldest first. The principal may read both.
 *
 * @throws {NAMESPACE_NOT_FOUND | RUN_NOT_FOUND | FORBIDDEN | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 */
export async function compareRuns(
  { db }: Context,
  principal: Principal,
  input: InputOf<'compareRuns'>,
): Promise<{ readonly items: readonly StepComparison[]; readonly next: string | null }> {
  const { namespace, run, against, limit = COMPARED_DEFAULT_COUNT, cursor } = input
  const asOf = await resolveAsOf(db, namespace, input.asOf)
  for (const one of [run, against]) {
    await readRun(db, { principal, verb: 'read' }, { namespace, run: one, asOf })
  }
  const { limit: _limit, cursor: _cursor, ...filters } = input
  const scope = { list: 'compared', ...filters }
  const after = placesOf(
    cursor === undefined ? undefined : parseCursor(scope, cursor, [...placeKinds, ...placeKinds]),
  )
  const { minStep, maxStep } = input
  const part = (of: RunId, from: LinePlace | undefined) =>
    readLinePart(db, { namespace, run: of, asOf, minStep, maxStep, after: from, limit: limit + 1 })
  const left = await part(run, after.left)
  const right = await part(against, after.right)
  const pairs = pairSteps(left, right).slice(0, limit)
  const items: StepComparison[] = []
  for (const pair of pairs) items.push(await compareStep(db, pair))
  const lefts = pairs.flatMap((pair) => pair.left ?? [])
  const rights = pairs.flatMap((pair) => pair.right ?? [])
  const ends = { left: lefts.at(-1) ?? after.left, right: rights.at(-1) ?? after.right }
  const more = left.length > lefts.length || right.length > rights.length
  return { items, next: more ? encodeCursor(scope, keyOf(ends)) : null }
}

async function compareStep(
  db: Reader,
  { left, right }: StepPair<Row<'checkpoint'>>,
): Promise<StepComparison> {
  const at = left ?? right
  if (at === undefined) throw new Error('a pair has a side')
  const { step, tier } = at
  if (left === undefined || right === undefined) {
    const side = left === undefined ? { right: at.digest } : { left: at.digest }
    return { step, tier, ...side, verdict: 'unknown', sections: [] }
  }
  const both = { step, tier, left: left.digest, right: right.digest }
  // What both lines have in common is one and the same checkpoint.
  if (left.digest === right.digest) return { ...both, verdict: 'equal', sections: [] }
  return { ...both, ...compareStates(await readSide(db, left), await readSide(db, right)) }
}

async function readSide(db: Reader, row: Row<'checkpoint'>): Promise<Side> {
  return {
    manifest: await readManifest(db, row),
    environment: await readEnvironment(db, row.namespace, row.environment),
  }
}

const keyOf = ({ left, right }: Places) => [
  ...(left === undefined ? beginning : keyOfPlace(left)),
  ...(right === undefined ? beginning : keyOfPlace(right)),
]

function placesOf(key: ReturnType<typeof parseCursor> | undefined): Places {
  return {
    left: key === undefined ? undefined : placeOfKey(key.slice(0, placeKinds.length)),
    right: key === undefined ? undefined : placeOfKey(key.slice(placeKinds.length)),
  }
}
