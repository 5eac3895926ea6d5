import type { Grade, SkipReason } from '../../../schema/checkpoint.ts'
import type { Digest } from '../../../schema/digest.ts'
import type { Manifest } from '../../../schema/manifest.ts'
import type { RestoredFrom } from '../../../schema/run.ts'

// What the catalog has to say of a history, read from the design and not from the server's code.

/** One thing that happened: an entry of the log. */
export type Happening =
  | {
      readonly kind:
        'namespace.declared' | 'log-key.published' | 'restore.opened' | 'restore.recorded'
    }
  | { readonly kind: 'environment.recorded'; readonly environment: Digest }
  | { readonly kind: 'job.declared'; readonly job: string }
  | { readonly kind: 'run.opened'; readonly run: OpenedRun }
  | { readonly kind: 'run.closed'; readonly run: string; readonly outcome: string }
  | {
      readonly kind: 'checkpoint.registered'
      readonly checkpoint: Digest
      readonly manifest: Manifest
    }
  | {
      readonly kind: 'evidence.recorded'
      readonly checkpoint: Digest
      readonly finding: Grade
      readonly outcome: string
    }
  | {
      readonly kind: 'checkpoint.tombstoned'
      readonly checkpoint: Digest
      readonly reason: string
      readonly successor: Digest | undefined
    }

export interface OpenedRun {
  readonly run: string
  readonly job: string
  readonly partition: string
  readonly attempt: number
  readonly restoredFrom: RestoredFrom | undefined
}

export interface KnownRun extends OpenedRun {
  readonly index: number
  readonly outcome?: string
}

export interface KnownCheckpoint {
  readonly checkpoint: Digest
  readonly index: number
  readonly manifest: Manifest
  readonly findings: readonly { readonly finding: Grade; readonly outcome: string }[]
  readonly tombstone?: { readonly reason: string; readonly successor: Digest | undefined }
}

/** Everything that is known at one moment. */
export interface World {
  readonly size: number
  readonly jobs: ReadonlySet<string>
  readonly environments: ReadonlySet<Digest>
  readonly runs: ReadonlyMap<string, KnownRun>
  readonly checkpoints: ReadonlyMap<Digest, KnownCheckpoint>
}

/** What is known after these things have happened. */
export function worldOf(happenings: readonly Happening[]): World {
  const jobs = new Set<string>()
  const environments = new Set<Digest>()
  const runs = new Map<string, KnownRun>()
  const checkpoints = new Map<Digest, KnownCheckpoint>()
  const change = (checkpoint: Digest, members: Partial<KnownCheckpoint>): void => {
    const known = checkpoints.get(checkpoint)
    if (known !== undefined) checkpoints.set(checkpoint, { ...known, ...members })
  }
  happenings.forEach((event, index) => {
    switch (event.kind) {
      case 'namespace.declared':
      case 'log-key.published':
      case 'restore.opened':
      case 'restore.recorded':
        return
      case 'environment.recorded':
        environments.add(event.environment)
        return
      case 'job.declared':
        jobs.add(event.job)
        return
      case 'run.opened':
        runs.set(event.run.run, { ...event.run, index })
        return
      case 'run.closed': {
        const run = runs.get(event.run)
        if (run !== undefined) runs.set(event.run, { ...run, outcome: event.outcome })
        return
      }
      case 'checkpoint.registered':
        checkpoints.set(event.checkpoint, { ...event, index, findings: [] })
        return
      case 'evidence.recorded': {
        const findings = checkpoints.get(event.checkpoint)?.findings ?? []
        change(event.checkpoint, { findings: [...findings, event] })
        return
      }
      case 'checkpoint.tombstoned':
        change(event.checkpoint, { tombstone: event })
    }
  })
  return { size: happenings.length, jobs, environments, runs, checkpoints }
}

export const partitionOf = (manifest: Manifest): string => manifest.partition ?? ''

/** Checkpoints of a run, as they came. */
export function savedBy(world: World, run: string): readonly KnownCheckpoint[] {
  return [...world.checkpoints.values()].filter((known) => known.manifest.run === run)
}

/** Runs of a job and partition, first attempt first. */
export function attemptsOf(world: World, job: string, partition: string): readonly KnownRun[] {
  return [...world.runs.values()].filter((run) => run.job === job && run.partition === partition)
}

/** The step up to which each run belongs to the line that ends in this run; nearest run first. */
export function lineTo(world: World, end: KnownRun | undefined): ReadonlyMap<string, number> {
  const line = new Map<string, number>()
  let [run, lastStep] = [end, Number.POSITIVE_INFINITY]
  while (run !== undefined) {
    line.set(run.run, lastStep)
    lastStep = run.restoredFrom?.step ?? lastStep
    run = run.restoredFrom && world.runs.get(run.restoredFrom.run)
  }
  return line
}

/** Whether a checkpoint stands on a line. */
export function isOn(line: ReadonlyMap<string, number>, { manifest }: KnownCheckpoint): boolean {
  return manifest.step <= (line.get(manifest.run) ?? -1)
}

/** Whether a later attempt left a checkpoint behind. */
export function isAbandoned(world: World, known: KnownCheckpoint): boolean {
  const { job } = known.manifest
  const newest = attemptsOf(world, job, partitionOf(known.manifest)).at(-1)
  return !isOn(lineTo(world, newest), known)
}

const order: readonly Grade[] = ['committed', 'present', 'verified', 'restored']

/** The grade, and whether a failure has no pass of at least its grade after it. */
export function standingOf(known: KnownCheckpoint): {
  readonly grade: Grade
  readonly failing: boolean
} {
  const lastFailure = known.findings.findLastIndex((one) => one.outcome === 'failed')
  const since = known.findings.slice(lastFailure + 1)
  const rank = Math.max(0, ...since.map((one) => order.indexOf(one.finding)))
  const failing = known.findings.some(
    (failure, place) =>
      failure.outcome === 'failed' &&
      !known.findings
        .slice(place + 1)
        .some(
          (later) =>
            later.outcome === 'passed' &&
            order.indexOf(later.finding) >= order.indexOf(failure.finding),
        ),
  )
  return { grade: failing ? 'committed' : (order[rank] ?? 'committed'), failing }
}

/** What a reader asks of a state. */
export interface Asked {
  readonly minGrade?: Grade | undefined
  readonly environment?: Digest | undefined
  readonly maxStep?: number | undefined
}

/** A checkpoint and what it needs, itself first. */
export function chainOf(world: World, known: KnownCheckpoint): readonly KnownCheckpoint[] {
  const base = known.manifest.base && world.checkpoints.get(known.manifest.base)
  return base ? [known, ...chainOf(world, base)] : [known]
}

/** Every reason for which a checkpoint alone is not good. */
export function ownFaults(known: KnownCheckpoint, asked: Asked): ReadonlySet<SkipReason> {
  const faults = new Set<SkipReason>()
  const { grade, failing } = standingOf(known)
  if (known.tombstone) faults.add('TOMBSTONED')
  if (failing) faults.add('EVIDENCE_FAILED')
  if (order.indexOf(grade) < order.indexOf(asked.minGrade ?? 'committed')) {
    faults.add('GRADE_TOO_LOW')
  }
  if (known.manifest.step > (asked.maxStep ?? Number.POSITIVE_INFINITY)) {
    faults.add('STEP_TOO_HIGH')
  }
  const { environment } = asked
  if (environment !== undefined && known.manifest.environment !== environment) {
    faults.add('ENVIRONMENT_DIFFERS')
  }
  return faults
}

/** Every reason for which a checkpoint is not good, its chain included. */
export function faultsOf(
  world: World,
  known: KnownCheckpoint,
  asked: Asked,
): ReadonlySet<SkipReason> {
  const [, ...below] = chainOf(world, known)
  const isBroken = below.some((link) => ownFaults(link, { minGrade: asked.minGrade }).size > 0)
  return new Set([...ownFaults(known, asked), ...(isBroken ? (['CHAIN_BROKEN'] as const) : [])])
}
