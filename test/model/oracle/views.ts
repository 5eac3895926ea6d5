import { plain } from './fact.ts'
import { faultOf, gradeOf, isAbandoned } from './standing.ts'
import { isFenced, type RunRecord, type Saved, type World } from './world.ts'

/** What the catalog must say of a checkpoint in lists. */
export function summaryOf(world: World, saved: Saved): Readonly<Record<string, unknown>> {
  const { manifest } = saved
  return plain({
    checkpoint: saved.checkpoint,
    index: saved.index,
    at: saved.at,
    namespace: world.namespace,
    job: manifest.job,
    partition: saved.partition,
    run: manifest.run,
    attempt: manifest.attempt,
    step: manifest.step,
    kind: manifest.kind,
    tier: manifest.tier,
    base: manifest.base,
    chainLength: saved.chainLength,
    environment: manifest.environment,
    format: manifest.format && `${manifest.format.name}@${manifest.format.version}`,
    labels: manifest.labels,
    grade: gradeOf(saved),
    abandoned: isAbandoned(world, saved),
    tombstoned: saved.tombstone !== undefined,
  })
}

/** What it must say of one that is asked for by its digest. */
export function checkpointOf(world: World, saved: Saved): Readonly<Record<string, unknown>> {
  const why = faultOf(world, saved)
  return plain({
    ...summaryOf(world, saved),
    good: why === undefined,
    why,
    tombstone: saved.tombstone && aboutCheckpoint(saved.tombstone),
  })
}

/** Evidence or a tombstone, as answered: its subject is a checkpoint. */
export function aboutCheckpoint(
  fact: Saved['evidence'][number] | Exclude<Saved['tombstone'], undefined>,
): Readonly<Record<string, unknown>> {
  const { kind: _kind, subject, ...rest } = fact
  return plain({ checkpoint: subject, actor: 'tester', ...rest })
}

/** What it must say of a run. */
export function runOf(world: World, run: RunRecord): Readonly<Record<string, unknown>> {
  const { opened, closed } = run
  const last = run.checkpoints.at(-1)
  return plain({
    run: opened.subject,
    namespace: world.namespace,
    job: opened.job,
    partition: opened.partition,
    attempt: opened.attempt,
    state: closed === undefined ? (isFenced(world, run) ? 'superseded' : 'open') : 'closed',
    openedAt: opened.at,
    openedIndex: opened.index,
    restoredFrom: opened.restoredFrom,
    environment: opened.environment,
    labels: opened.labels,
    closedAt: closed?.at,
    closedIndex: closed?.index,
    outcome: closed?.outcome,
    note: closed?.note,
    lastStep: last?.manifest.step,
    lastCheckpoint: last?.checkpoint,
  })
}

/** What it must say of a job. */
export function jobOf(world: World, job: string): Readonly<Record<string, unknown>> | undefined {
  const declared = world.jobs.get(job)
  return (
    declared && {
      namespace: world.namespace,
      job,
      spec: declared.spec,
      index: declared.index,
      at: declared.at,
    }
  )
}
