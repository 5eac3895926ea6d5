import type { Grade } from '../../schema/checkpoint.ts'
import type { Drift } from '../../schema/drift.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type {
  PlanSource,
  PlanWarning,
  RecoveryPlan,
  SeedCoverage,
} from '../../schema/recovery-plan.ts'
import type { Restore } from '../../schema/restore.ts'
import { formatWindow, type Window, type WindowMs } from '../../schema/window.ts'
import type { Row } from '../store/tables.ts'
import type { Fault } from '../timeline/standing.ts'

/** The refusal of a resume from a checkpoint of another job or partition. */
export function checkSameLine(
  checkpoint: Row<'checkpoint'>,
  wanted: { readonly job: string; readonly partition: string },
): void {
  if (checkpoint.job === wanted.job && checkpoint.partition === wanted.partition) return
  throw new CatalogError(
    'RESUME_MISMATCH',
    `Checkpoint ${checkpoint.digest} belongs to job "${checkpoint.job}", partition "${checkpoint.partition}", not to "${wanted.job}", "${wanted.partition}". To start from another job's state, open with resume "none" and name it as a parent (derived-from).`,
  )
}

/** The refusal of a named checkpoint that cannot be used: never another one in its place. */
export function notGood(checkpoint: Row<'checkpoint'>, fault: Fault): CatalogError {
  const where = fault.because === undefined ? '' : ` (${fault.because})`
  return new CatalogError(
    'CHECKPOINT_NOT_GOOD',
    `Checkpoint ${checkpoint.digest} cannot be used: ${fault.reason}${where}. Choose another, or ask for the latest good one.`,
    { detail: { checkpoint: checkpoint.digest, ...fault } },
  )
}

/**
 * Refuses a token's checkpoint that the line has gone beyond, or left.
 *
 * @throws {RESUME_TOKEN_STALE}
 */
export function checkFloating(
  wanted: Row<'checkpoint'>,
  latest: Row<'checkpoint'> | undefined,
): void {
  // The other tier of the same step is the same state.
  if (latest?.run === wanted.run && latest.step === wanted.step) return
  const instead =
    latest === undefined
      ? 'is no longer on the current line, which has no good state'
      : `is not the newest good state any more: ${latest.digest} at step ${latest.step} is`
  throw new CatalogError(
    'RESUME_TOKEN_STALE',
    `The state of the resume token, ${wanted.digest} at step ${wanted.step}, ${instead}. Resume "latest" to go on from there, or send "rewind" with the token to go back on purpose.`,
    { detail: { checkpoint: wanted.digest, ...(latest && { latest: latest.digest }) } },
  )
}

/**
 * What an entry says of a partition's window: the window where it is the first to, and nothing where it is known.
 *
 * @throws {WINDOW_MISMATCH}
 */
export function windowToRecord(
  window: WindowMs,
  known: Row<'partition_window'> | undefined,
): { readonly window?: Window } {
  if (known === undefined) return { window: formatWindow(window) }
  if (known.from_ms === window.fromMs && known.to_ms === window.toMs) return {}
  const { from, to } = formatWindow({ fromMs: known.from_ms, toMs: known.to_ms })
  throw new CatalogError(
    'WINDOW_MISMATCH',
    `Partition "${known.partition}" of job "${known.job}" is about ${from} to ${to}, and stays so: give that window or none, or give another span a partition of its own.`,
    { detail: { from, to } },
  )
}

/** Seeds of each rank, in rank order. */
export function seedsOf(manifest: Manifest): RecoveryPlan['seeds'] {
  return manifest.shards
    .filter((shard) => shard.seeds !== undefined && shard.seeds.length > 0)
    .map((shard) => ({ rank: shard.rank, seeds: shard.seeds ?? [] }))
    .toSorted((left, right) => left.rank - right.rank)
}

/** Ranks without seeds that a plan lists; a person who sees so many knows enough. */
const MISSING_RANKS_MAX_COUNT = 100

/** Which ranks have seeds, and whether all have those of the same generators. */
export function coverSeeds({ shards }: Manifest): SeedCoverage {
  const seeded = shards.filter(({ seeds }) => seeds !== undefined && seeds.length > 0)
  const missing = shards.filter((shard) => !seeded.includes(shard)).map(({ rank }) => rank)
  const ranksOf = new Map<string, number>()
  for (const { seeds = [] } of seeded) {
    for (const generator of new Set(seeds.map((seed) => seed.generator))) {
      ranksOf.set(generator, (ranksOf.get(generator) ?? 0) + 1)
    }
  }
  return {
    rankCount: shards.length,
    seededCount: seeded.length,
    missingRanks: missing.toSorted((left, right) => left - right).slice(0, MISSING_RANKS_MAX_COUNT),
    unevenGenerators: [...ranksOf]
      .filter(([, count]) => count < seeded.length)
      .map(([generator]) => generator)
      .toSorted(),
  }
}

/** What a person should know before going on from this state. */
export function warningsOf(
  manifest: Manifest,
  found: {
    readonly grade: Grade
    readonly abandoned: boolean
    readonly drift?: Drift | undefined
    readonly failed?: Restore | undefined
  },
): readonly PlanWarning[] {
  const warnings: PlanWarning[] = []
  const { rankCount, seededCount, unevenGenerators } = coverSeeds(manifest)
  if (seededCount < rankCount) {
    warnings.push({
      code: 'SEEDS_INCOMPLETE',
      message: `${rankCount - seededCount} of ${rankCount} ranks recorded no seed: what follows may differ from the first run.`,
    })
  }
  if (unevenGenerators.length > 0) {
    warnings.push({
      code: 'SEEDS_UNEVEN',
      message: `Not every rank recorded a seed of ${unevenGenerators.slice(0, 3).join(', ')}: what follows may differ on the others.`,
    })
  }
  const unpinned = (manifest.inputs ?? []).filter(
    (input) => input.digest === undefined && input.version === undefined,
  )
  if (unpinned.length > 0) {
    warnings.push({
      code: 'INPUT_UNPINNED',
      message: `${unpinned.length} inputs have neither version nor digest, such as "${unpinned[0]?.name}": they may have changed.`,
    })
  }
  if (manifest.environment === undefined) {
    warnings.push({
      code: 'ENVIRONMENT_MISSING',
      message: 'No environment was recorded: drift cannot be seen.',
    })
  }
  if (found.grade === 'committed' || found.grade === 'present') {
    warnings.push({
      code: 'NOT_VERIFIED',
      message: 'Nobody has looked at the bytes since they were registered; a restore checks them.',
    })
  }
  if (found.abandoned) {
    warnings.push({
      code: 'ABANDONED',
      message: 'A later attempt left this state behind; going on from it begins a new line.',
    })
  }
  const { severity, sections } = found.drift ?? {}
  if (severity !== undefined && severity !== 'info') {
    warnings.push({
      code: 'DRIFT',
      message: `What goes on differs from what made this state in ${sections?.length} sections, of which the worst is ${severity}: look at "drift" before the bytes are fetched.`,
    })
  }
  const missed = found.failed?.failures?.filter(({ code }) => code === 'BLOB_NOT_FOUND') ?? []
  if (missed.length > 0) {
    warnings.push({
      code: 'RESTORE_FAILED',
      message: `A restore that ended at ${found.failed?.closedAt} did not find "${missed[0]?.uri}", and nobody has looked since: check that machine's store and endpoint, or let the catalog verify this checkpoint.`,
    })
  }
  return warnings
}

/** A place that has a blob, as the configuration knows it. */
export interface KnownPlace extends Pick<PlanSource, 'uri' | 'versionId' | 'bucket' | 'region'> {
  /** Whether the newest evidence found blobs of this checkpoint gone or changed there. */
  readonly isBroken: boolean
}

/**
 * The places to fetch a blob from, the best first: whole ones before broken ones, then by the regions that are
 * preferred, then as the manifest lists them.
 */
export function orderPlaces(
  places: readonly KnownPlace[],
  regions: readonly string[],
): readonly KnownPlace[] {
  const rankOf = ({ region }: KnownPlace): number => {
    const rank = region === undefined ? -1 : regions.indexOf(region)
    return rank < 0 ? regions.length : rank
  }
  return places.toSorted(
    (left, right) => Number(left.isBroken) - Number(right.isBroken) || rankOf(left) - rankOf(right),
  )
}
