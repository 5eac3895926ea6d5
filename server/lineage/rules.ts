import type { Json, JsonObject } from '../../schema/canonical-json.ts'
import type { Environment } from '../../schema/environment.ts'
import type { Change, Comparison, SectionComparison, Verdict } from '../../schema/lineage.ts'
import type { PageKey } from '../../schema/cursor.ts'
import type { Manifest, Tier } from '../../schema/manifest.ts'
import type { RunId } from '../../schema/names.ts'
import type { Row } from '../store/tables.ts'
import type { LinePlace } from '../timeline/read-line-part.ts'

/** Changes that a section lists: enough to see what happened, and an answer of bounded length. */
export const CHANGES_MAX_COUNT = 200

/** What one checkpoint recorded of how it came to be. */
export interface Side {
  readonly manifest: Manifest
  /** Undefined when none was recorded, or when its document is missing. */
  readonly environment: Environment | undefined
}

/** Compares what two checkpoints recorded, section by section. What one side lacks is never equal. */
export function compareSides(left: Side, right: Side): Pick<Comparison, 'verdict' | 'sections'> {
  const arePinned = [left, right].every(({ manifest }) => manifest.inputs?.every(isPinned) ?? true)
  const inputs = compareSection('inputs', inputsOf(left), inputsOf(right))
  const sections = [
    compareSection('parameters', left.manifest.parameters, right.manifest.parameters),
    compareSection('seeds', seedsOf(left), seedsOf(right)),
    inputs.verdict === 'equal' && !arePinned ? { ...inputs, verdict: 'unknown' as const } : inputs,
    compareSection('format', formatOf(left), formatOf(right)),
    ...compareEnvironments(left.environment, right.environment),
  ]
  return { verdict: verdictOf(sections), sections }
}

/** Changes of a section that the comparison of two lines lists at each step. */
const STEP_CHANGES_MAX_COUNT = 10

/** Compares what two checkpoints of one step are and how they came to be; lists what is not equal. */
export function compareStates(left: Side, right: Side): Pick<Comparison, 'verdict' | 'sections'> {
  const given = compareSides(left, right)
  const sections = [compareSection('state', stateOf(left), stateOf(right)), ...given.sections]
  return {
    verdict: verdictOf(sections),
    sections: sections
      .filter(({ verdict }) => verdict !== 'equal')
      .map(({ changes, truncated, ...section }) => ({
        ...section,
        changes: changes.slice(0, STEP_CHANGES_MAX_COUNT),
        truncated: truncated || changes.length > STEP_CHANGES_MAX_COUNT,
      })),
  }
}

/** The kind, and the bytes of each rank by name; where they are kept does not matter. */
function stateOf({ manifest: { kind, shards } }: Side): Json {
  const ranks = shards.map(({ rank, blobs }) => [
    String(rank),
    Object.fromEntries(blobs.map(({ name, digest }) => [name, digest])),
  ])
  return { kind, ranks: Object.fromEntries(ranks) as JsonObject }
}

type Step = Pick<Row<'checkpoint'>, 'step' | 'tier'>

/** What two lines have at one step and tier; a side that lacks it is undefined. */
export interface StepPair<Place extends Step> {
  readonly left: Place | undefined
  readonly right: Place | undefined
}

/** Checkpoints of two lines by step and tier, both oldest first. */
export function pairSteps<Place extends Step>(
  left: readonly Place[],
  right: readonly Place[],
): readonly StepPair<Place>[] {
  const pairs: StepPair<Place>[] = []
  let [leftAt, rightAt] = [0, 0]
  while (leftAt < left.length || rightAt < right.length) {
    const [one, other] = [left[leftAt], right[rightAt]]
    const order = orderOf(one, other)
    if (order <= 0) leftAt += 1
    if (order >= 0) rightAt += 1
    pairs.push({ left: order <= 0 ? one : undefined, right: order >= 0 ? other : undefined })
  }
  return pairs
}

/** Below 0 when the left one comes first; a side that has ended comes last. */
function orderOf(left: Step | undefined, right: Step | undefined): number {
  if (left === undefined || right === undefined) return left === undefined ? 1 : -1
  if (left.step !== right.step) return left.step - right.step
  if (left.tier === right.tier) return 0
  return left.tier < right.tier ? -1 : 1
}

/** What a cursor says of a place on a line. */
export const placeKinds = ['string', 'number', 'string'] as const

/** A place on a line as a part of a cursor. */
export const keyOfPlace = ({ run, step, tier }: LinePlace): PageKey => [run, step, tier]

/** The place that a cursor names; undefined for the beginning of a line. */
export function placeOfKey([run, step, tier]: PageKey): LinePlace | undefined {
  if (run === '') return undefined
  return { run: run as RunId, step: Number(step), tier: tier as Tier }
}

/** The verdict on the whole: different when any part is, and equal only when every part is. */
export function verdictOf(sections: readonly Pick<SectionComparison, 'verdict'>[]): Verdict {
  if (sections.some((section) => section.verdict === 'different')) return 'different'
  return sections.some((section) => section.verdict === 'unknown') ? 'unknown' : 'equal'
}

/** Compares one section; undefined stands for a side that recorded nothing. */
export function compareSection(
  section: string,
  left: Json | undefined,
  right: Json | undefined,
): SectionComparison {
  if (left === undefined || right === undefined) {
    return { section, verdict: 'unknown', changes: [], truncated: false }
  }
  const { changes, truncated } = listChanges(left, right)
  return { section, verdict: changes.length === 0 ? 'equal' : 'different', changes, truncated }
}

/**
 * What differs between two values, at most {@link CHANGES_MAX_COUNT} changes. Objects are compared by
 * name and arrays by index; names are taken in order of their UTF-16 code units.
 */
export function listChanges(
  left: Json,
  right: Json,
): Pick<SectionComparison, 'changes' | 'truncated'> {
  const changes: Change[] = []
  for (const change of differences(left, right, '')) {
    if (changes.length === CHANGES_MAX_COUNT) return { changes, truncated: true }
    changes.push(change)
  }
  return { changes, truncated: false }
}

/** Documents nest at most `MAX_DEPTH` levels, which bounds the recursion. */
function* differences(
  left: Json | undefined,
  right: Json | undefined,
  path: string,
): Generator<Change> {
  if (isList(left) && isList(right)) {
    const count = Math.max(left.length, right.length)
    for (let index = 0; index < count; index += 1) {
      yield* differences(left[index], right[index], `${path}/${index}`)
    }
  } else if (isMap(left) && isMap(right)) {
    for (const name of namesOf(left, right)) {
      yield* differences(memberOf(left, name), memberOf(right, name), path + pointerTo(name))
    }
  } else if (left !== right) {
    yield {
      path,
      ...(left === undefined ? {} : { left }),
      ...(right === undefined ? {} : { right }),
    }
  }
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member of its own: `constructor` is a name like any other. */
function memberOf(map: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined
}

const namesOf = (left: JsonObject, right: JsonObject): readonly string[] =>
  [...new Set([...Object.keys(left), ...Object.keys(right)])].toSorted()

/** @see https://www.rfc-editor.org/rfc/rfc6901#section-3 */
const pointerTo = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

function compareEnvironments(
  left: Environment | undefined,
  right: Environment | undefined,
): readonly SectionComparison[] {
  const names = namesOf(left?.sections ?? {}, right?.sections ?? {})
  if (names.length === 0 && (left === undefined || right === undefined)) {
    return [compareSection('environment', undefined, undefined)]
  }
  return names.map((name) =>
    compareSection(
      `environment.${name}`,
      memberOf(left?.sections ?? {}, name),
      memberOf(right?.sections ?? {}, name),
    ),
  )
}

type Input = NonNullable<Manifest['inputs']>[number]

/** An input with neither may be another one under the same name. */
const isPinned = (input: Input): boolean =>
  input.version !== undefined || input.digest !== undefined

function inputsOf({ manifest }: Side): Json | undefined {
  return manifest.inputs === undefined
    ? undefined
    : byKey(manifest.inputs, ({ name, ...pin }) => [name, pin])
}

/** Seeds by rank and generator. A state in a blob is as good as the blob's digest. */
function seedsOf({ manifest }: Side): Json | undefined {
  const seeded = manifest.shards.filter((shard) => shard.seeds !== undefined)
  if (seeded.length === 0) return undefined
  return byKey(seeded, ({ rank, seeds = [], blobs }) => [
    String(rank),
    byKey(seeds, ({ generator, seed, stateBlob }) => {
      const digest = blobs.find((blob) => blob.name === stateBlob)?.digest
      return [
        generator,
        {
          ...(seed === undefined ? {} : { seed }),
          ...(stateBlob === undefined ? {} : { stateBlob }),
          ...(digest === undefined ? {} : { stateDigest: digest }),
        },
      ]
    }),
  ])
}

function formatOf({ manifest }: Side): Json | undefined {
  const { format } = manifest
  if (format === undefined) return undefined
  const { name, version, metadata } = format
  return { name, version, ...(metadata === undefined ? {} : { metadata }) }
}

/** Items by name; those that share one stay a list, in their order. */
function byKey<Item>(
  items: readonly Item[],
  entryOf: (item: Item) => readonly [string, Json],
): JsonObject {
  const groups = Map.groupBy(items.map(entryOf), ([name]) => name)
  return Object.fromEntries(
    [...groups].map(([name, entries]) => {
      const values = entries.map(([, value]) => value)
      return [name, values.length === 1 ? (values[0] ?? null) : values]
    }),
  )
}
