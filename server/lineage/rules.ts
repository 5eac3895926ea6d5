import type { Json, JsonObject } from '../../schema/canonical-json.ts'
import type { Environment } from '../../schema/environment.ts'
import type { Change, Comparison, SectionComparison, Verdict } from '../../schema/lineage.ts'
import type { Manifest } from '../../schema/manifest.ts'

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
