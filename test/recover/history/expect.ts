import type { SkipReason } from '../../../schema/checkpoint.ts'
import type { Digest } from '../../../schema/digest.ts'
import type { ErrorCode } from '../../../schema/errors.ts'
import type { Manifest } from '../../../schema/manifest.ts'
import {
  attemptsOf,
  chainOf,
  faultsOf,
  isOn,
  lineTo,
  ownFaults,
  partitionOf,
  savedBy,
  standingOf,
  type Asked,
  type KnownCheckpoint,
  type World,
} from './world.ts'

/** Longest chain that may be registered. */
const CHAIN_MAX_LENGTH = 1_024

/**
 * Why a request may be refused. Where several rules are broken, any of them may be named; what is only in
 * `may` is a matter that the design leaves open.
 */
export interface Refusals {
  readonly must: ReadonlySet<ErrorCode>
  readonly may?: ReadonlySet<ErrorCode>
}

const only = (...codes: readonly (ErrorCode | false | undefined)[]): Refusals => ({
  must: new Set(codes.filter((code) => code !== false && code !== undefined)),
})

/** Why a manifest that is new may not be registered. */
export function refusalsOfManifest(world: World, manifest: Manifest): Refusals {
  const run = world.runs.get(manifest.run)
  if (run === undefined) return only('RUN_NOT_FOUND')
  const { job, step, tier, environment } = manifest
  const partition = partitionOf(manifest)
  const saved = savedBy(world, run.run)
  const newest = attemptsOf(world, run.job, run.partition).at(-1)
  const base = refusalsOfBase(world, manifest)
  const own = only(
    (run.job !== job || run.partition !== partition || run.attempt !== manifest.attempt) &&
      'RUN_MISMATCH',
    newest !== run && 'ATTEMPT_FENCED',
    run.outcome !== undefined && 'RUN_CLOSED',
    saved.some((known) => known.manifest.step === step && known.manifest.tier === tier) &&
      'REGISTRATION_CONFLICT',
    saved.some((known) => known.manifest.step > step) && 'STEP_REGRESSION',
    environment !== undefined && !world.environments.has(environment) && 'ENVIRONMENT_NOT_FOUND',
    manifest.parents?.some((parent) => !world.checkpoints.has(parent.checkpoint)) &&
      'PARENT_NOT_FOUND',
  )
  return { must: new Set([...own.must, ...base.must]), may: base.may ?? new Set() }
}

function refusalsOfBase(world: World, manifest: Manifest): Refusals {
  if (manifest.base === undefined) return only()
  const base = world.checkpoints.get(manifest.base)
  if (base === undefined) return only('BASE_NOT_FOUND')
  const { job, step } = base.manifest
  const [own, ...below] = chainOf(world, base)
  const line = lineTo(world, world.runs.get(manifest.run))
  const { must } = only(
    (job !== manifest.job || partitionOf(base.manifest) !== partitionOf(manifest)) &&
      'BASE_MISMATCH',
    step > manifest.step && 'BASE_MISMATCH',
    own !== undefined && ownFaults(own, {}).size > 0 && 'BASE_NOT_GOOD',
    !isOn(line, base) && 'BASE_NOT_GOOD',
    below.length + 1 >= CHAIN_MAX_LENGTH && 'CHAIN_TOO_LONG',
  )
  // A base over something that fails is not good either; such a delta is not good until that passes again.
  const isOverFault = below.some((link) => ownFaults(link, {}).size > 0)
  return { must, may: new Set(isOverFault ? ['BASE_NOT_GOOD'] : []) }
}

/** Why a run may not be closed with this outcome. */
export function refusalsOfClose(world: World, id: string, outcome: string): Refusals {
  const run = world.runs.get(id)
  if (run === undefined) return only('RUN_NOT_FOUND')
  if (run.outcome === outcome) return only()
  const newest = attemptsOf(world, run.job, run.partition).at(-1)
  return only(run.outcome !== undefined && 'RUN_CLOSED', newest !== run && 'ATTEMPT_FENCED')
}

/** Why a checkpoint may not be withdrawn. */
export function refusalsOfTombstone(
  world: World,
  known: KnownCheckpoint,
  { reason, successor }: { readonly reason: string; readonly successor: Digest | undefined },
): Refusals {
  const { tombstone } = known
  if (tombstone !== undefined) {
    const same = tombstone.reason === reason && tombstone.successor === successor
    return only(!same && 'ALREADY_TOMBSTONED')
  }
  const dependents = [...world.checkpoints.values()].filter(
    (other) => other.manifest.base === known.checkpoint && !other.tombstone,
  )
  return only(
    dependents.length > 0 && 'CHAIN_IN_USE',
    successor !== undefined && !world.checkpoints.has(successor) && 'CHECKPOINT_NOT_FOUND',
    leadsTo(world, successor, known.checkpoint) && 'LINEAGE_CYCLE',
  )
}

function leadsTo(world: World, from: Digest | undefined, target: Digest): boolean {
  let at = from
  while (at !== undefined) {
    if (at === target) return true
    at = world.checkpoints.get(at)?.tombstone?.successor
  }
  return false
}

/** Which line is asked about, and what of it is wanted. */
export interface LatestAsked extends Asked {
  readonly job: string
  readonly partition: string
  readonly includeAbandoned?: boolean
}

/** The latest good state, and why newer ones are passed over; any of a state's reasons may be named. */
export interface LatestExpected {
  readonly good: KnownCheckpoint | undefined
  readonly skipped: ReadonlyMap<Digest, ReadonlySet<SkipReason>>
}

/** The newest good checkpoint of the current line; of the others only if they are asked for. */
export function latestOf(world: World, asked: LatestAsked): LatestExpected {
  const { job, partition } = asked
  const line = lineTo(world, attemptsOf(world, job, partition).at(-1))
  const all = [...world.checkpoints.values()].filter(
    ({ manifest }) => manifest.job === job && partitionOf(manifest) === partition,
  )
  const onLine = [...line.keys()].flatMap((run) =>
    savedBy(world, run)
      .filter((known) => isOn(line, known))
      .toSorted(newestFirst),
  )
  const beside = all.filter((known) => !isOn(line, known)).toReversed()
  const skipped = new Map<Digest, ReadonlySet<SkipReason>>()
  const take = (candidates: readonly KnownCheckpoint[]): KnownCheckpoint | undefined =>
    candidates.find((known) => {
      const faults = faultsOf(world, known, asked)
      if (faults.size > 0) skipped.set(known.checkpoint, faults)
      return faults.size === 0
    })
  const good = take(onLine) ?? (asked.includeAbandoned ? take(beside) : undefined)
  if (!asked.includeAbandoned) {
    for (const known of beside) {
      if (known.index > (good?.index ?? -1)) skipped.set(known.checkpoint, new Set(['ABANDONED']))
    }
  }
  return { good, skipped }
}

/** Later steps first; of one step, the durable state before the light one. */
function newestFirst({ manifest: left }: KnownCheckpoint, { manifest: right }: KnownCheckpoint) {
  return right.step - left.step || (left.tier === 'durable' ? -1 : 1)
}

/** Warnings that a plan from this state carries; the samples name no seeds and no inputs. */
export function warningsOf(known: KnownCheckpoint, abandoned: boolean): readonly string[] {
  return [
    'SEEDS_INCOMPLETE',
    ...(known.manifest.environment === undefined ? ['ENVIRONMENT_MISSING'] : []),
    ...(['committed', 'present'].includes(standingOf(known).grade) ? ['NOT_VERIFIED'] : []),
    ...(abandoned ? ['ABANDONED'] : []),
  ]
}

/** Every edge to what a checkpoint came from, as `child relation parent`. */
export function parentsOf(world: World, known: KnownCheckpoint): ReadonlyMap<string, Digest> {
  const { manifest, checkpoint } = known
  const edges = new Map<string, Digest>()
  const link = (relation: string, parent: Digest | undefined): void => {
    if (parent !== undefined) edges.set(`${checkpoint} ${relation} ${parent}`, parent)
  }
  const before = savedBy(world, manifest.run).filter((other) => other.index < known.index)
  link('follows', before.at(-1)?.checkpoint)
  link('delta-of', manifest.base)
  for (const parent of manifest.parents ?? []) link(parent.relation, parent.checkpoint)
  if (before.length === 0) {
    link('restored-from', world.runs.get(manifest.run)?.restoredFrom?.checkpoint)
  }
  return edges
}
