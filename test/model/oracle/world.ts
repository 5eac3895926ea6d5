import type { Fact, FactOf, Manifest, Recorded } from './fact.ts'

/** A run and what is recorded of it. */
export interface RunRecord {
  readonly opened: FactOf<'run.opened'>
  readonly closed: FactOf<'run.closed'> | undefined
  /** In the order of the log, in which steps never fall. */
  readonly checkpoints: readonly Saved[]
}

/** A checkpoint and what is recorded of it. */
export interface Saved {
  readonly checkpoint: string
  readonly index: number
  readonly at: string
  readonly manifest: Manifest
  readonly partition: string
  readonly chainLength: number
  readonly evidence: readonly FactOf<'evidence.recorded'>[]
  readonly tombstone: FactOf<'checkpoint.tombstoned'> | undefined
}

/** All that is true when the log ends with the last of these facts. */
export interface World {
  readonly namespace: string
  readonly facts: readonly Recorded[]
  readonly jobs: ReadonlyMap<string, FactOf<'job.declared'>>
  readonly environments: ReadonlyMap<string, FactOf<'environment.recorded'>>
  /** In the order of the log. */
  readonly runs: ReadonlyMap<string, RunRecord>
  /** In the order of the log. */
  readonly checkpoints: ReadonlyMap<string, Saved>
}

/** Reads a log from its beginning: there is no other state than its facts. */
export function worldOf(facts: readonly Recorded[]): World {
  const of = <Kind extends Fact['kind']>(kind: Kind): readonly FactOf<Kind>[] =>
    facts.filter((fact): fact is FactOf<Kind> => fact.kind === kind)
  const evidence = of('evidence.recorded')
  const tombstones = of('checkpoint.tombstoned')
  const closings = of('run.closed')
  const checkpoints = of('checkpoint.registered').map((registered): Saved => {
    const about = (fact: Recorded): boolean => fact.subject === registered.subject
    return {
      checkpoint: registered.subject,
      index: registered.index,
      at: registered.at,
      manifest: registered.manifest,
      partition: registered.manifest.partition ?? '',
      chainLength: registered.chainLength,
      evidence: evidence.filter(about),
      tombstone: tombstones.find(about),
    }
  })
  const runs = of('run.opened').map((opened): RunRecord => ({
    opened,
    closed: closings.find((closed) => closed.subject === opened.subject),
    checkpoints: checkpoints.filter((saved) => saved.manifest.run === opened.subject),
  }))
  return {
    namespace: of('namespace.declared')[0]?.subject ?? '',
    facts,
    jobs: bySubject(of('job.declared')),
    environments: bySubject(of('environment.recorded')),
    runs: new Map(runs.map((run) => [run.opened.subject, run])),
    checkpoints: new Map(checkpoints.map((saved) => [saved.checkpoint, saved])),
  }
}

function bySubject<Of extends Recorded>(facts: readonly Of[]): ReadonlyMap<string, Of> {
  return new Map(facts.map((fact) => [fact.subject, fact]))
}

/** The newest attempt of a job and partition. */
export function currentRun(world: World, job: string, partition: string): RunRecord | undefined {
  return [...world.runs.values()].findLast(
    ({ opened }) => opened.job === job && opened.partition === partition,
  )
}

/** Whether a newer attempt has been opened. */
export function isFenced(world: World, run: RunRecord): boolean {
  return currentRun(world, run.opened.job, run.opened.partition) !== run
}

/** A checkpoint that has to be there: the caller found its digest in the same world. */
export function savedOf(world: World, checkpoint: string): Saved {
  const saved = world.checkpoints.get(checkpoint)
  if (saved === undefined) throw new Error(`the model has no checkpoint ${checkpoint}`)
  return saved
}

/** The checkpoints that a restore needs, the full one first. */
export function chainOf(world: World, saved: Saved): readonly Saved[] {
  const { base } = saved.manifest
  return base === undefined ? [saved] : [...chainOf(world, savedOf(world, base)), saved]
}
