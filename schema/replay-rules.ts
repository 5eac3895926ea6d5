import type { Environment } from './environment.ts'
import type { InputPin, Manifest } from './manifest.ts'
import type { Replayability, ReplayGrade, ReplayMissing } from './replay.ts'

/** What is missing that an answer lists: enough to act on, and an answer of bounded length. */
const MISSING_MAX_COUNT = 200
/** Ranks that one finding lists. */
const RANKS_MAX_COUNT = 100

/** Sections of an environment that results may depend on, and how much. */
const sections: readonly (readonly [name: string, weight: ReplayMissing['weight']])[] = [
  ['dependencies', 'major'],
  ['runtime', 'minor'],
  ['hardware', 'minor'],
  ['variables', 'minor'],
]

/** What a checkpoint recorded of how it came to be. */
export interface Recorded {
  readonly manifest: Manifest
  /** Undefined when none was recorded. */
  readonly environment: Environment | undefined
}

/** Grades how replayable a checkpoint is by what it recorded, and names what is missing; major facts first. */
export function gradeReplay(
  recorded: Recorded,
): Pick<Replayability, 'grade' | 'missing' | 'missingCount'> {
  const all = [
    ...missingSeeds(recorded.manifest),
    ...missingInputs(recorded.manifest),
    ...missingEnvironment(recorded.environment),
  ]
  const ordered = [
    ...all.filter(({ weight }) => weight === 'major'),
    ...all.filter(({ weight }) => weight === 'minor'),
  ]
  return {
    grade: gradeOf(recorded, ordered),
    missing: ordered.slice(0, MISSING_MAX_COUNT),
    missingCount: ordered.length,
  }
}

function gradeOf(
  { manifest, environment }: Recorded,
  missing: readonly ReplayMissing[],
): ReplayGrade {
  const isSeeded = manifest.shards.some((shard) => (shard.seeds ?? []).length > 0)
  const { inputs, parameters } = manifest
  if (!isSeeded && inputs === undefined && parameters === undefined && environment === undefined) {
    return 'none'
  }
  if (missing[0] === undefined) return 'exact'
  return missing[0].weight === 'major' ? 'partial' : 'likely'
}

function missingSeeds({ shards }: Manifest): readonly ReplayMissing[] {
  const ranks = shards
    .filter((shard) => (shard.seeds ?? []).length === 0)
    .map((shard) => shard.rank)
    .toSorted((left, right) => left - right)
  if (ranks.length === 0) return []
  return [
    {
      code: 'SEEDS_MISSING',
      weight: 'major',
      message: `${ranks.length} of ${shards.length} ranks recorded no seed, such as rank ${ranks[0]}: give "seeds" for every rank, an empty generator's state included.`,
      ranks: ranks.slice(0, RANKS_MAX_COUNT),
    },
  ]
}

function missingInputs({ inputs, parameters, progress }: Manifest): readonly ReplayMissing[] {
  const missing: ReplayMissing[] = []
  if (inputs === undefined) {
    missing.push({
      code: 'INPUTS_MISSING',
      weight: 'major',
      message: 'Nothing says what was read: list "inputs", or an empty list if there are none.',
    })
  }
  missing.push(...(inputs ?? []).flatMap(missingOfInput))
  if (parameters === undefined) {
    missing.push({
      code: 'PARAMETERS_MISSING',
      weight: 'major',
      message: 'No parameters are recorded: give "parameters", or {} if there are none.',
    })
  }
  const { records, watermark, cursor } = progress ?? {}
  const isPlaced = records !== undefined || watermark !== undefined || cursor !== undefined
  if (!isPlaced && inputs?.length !== 0) {
    missing.push({
      code: 'PROGRESS_MISSING',
      weight: 'minor',
      message: 'Nothing says how far the inputs were read: give "progress".',
    })
  }
  return missing
}

function missingOfInput({ name, version, digest }: InputPin): readonly ReplayMissing[] {
  if (digest !== undefined) return []
  if (version !== undefined) {
    const message = `The input "${name}" is pinned by its version alone: a digest would prove its bytes.`
    return [{ code: 'INPUT_WITHOUT_DIGEST', weight: 'minor', message, subject: name }]
  }
  const message = `The input "${name}" has neither version nor digest: it may be another one today.`
  return [{ code: 'INPUT_UNPINNED', weight: 'major', message, subject: name }]
}

function missingEnvironment(environment: Environment | undefined): readonly ReplayMissing[] {
  if (environment === undefined) {
    const message =
      'No environment is recorded: capture one ("cairn environment capture") and name its digest.'
    return [{ code: 'ENVIRONMENT_MISSING', weight: 'major', message }]
  }
  const names = Object.keys(environment.sections)
  const lacking = sections.filter(
    // A section may be split by language, such as `dependencies.python`.
    ([name]) => !names.some((own) => own === name || own.startsWith(`${name}.`)),
  )
  return [
    ...missingCode(environment),
    ...lacking.map(([name, weight]): ReplayMissing => ({
      code: 'SECTION_MISSING',
      weight,
      message: `The environment has no section "${name}".`,
      subject: name,
    })),
  ]
}

function missingCode({ sections: recorded }: Environment): readonly ReplayMissing[] {
  const code = Object.hasOwn(recorded, 'code') ? recorded['code'] : undefined
  if (typeof code?.['commit'] !== 'string') {
    const message = 'The environment names no commit in its section "code".'
    return [{ code: 'CODE_UNKNOWN', weight: 'major', message, subject: 'code' }]
  }
  if (code['dirty'] === true) {
    const message = `The code differed from commit ${code['commit']}: a digest of the difference proves it, and does not bring it back.`
    return [{ code: 'CODE_DIRTY', weight: 'major', message, subject: 'code' }]
  }
  if (code['dirty'] === false) return []
  const message = `Nothing says whether the code differed from commit ${code['commit']}.`
  return [{ code: 'CODE_UNCHECKED', weight: 'minor', message, subject: 'code' }]
}
