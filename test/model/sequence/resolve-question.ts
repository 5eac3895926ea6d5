import type { CheckpointFilter, Question, Wish } from '../oracle/question.ts'
import type { World } from '../oracle/world.ts'
import type { AskAction } from './action.ts'
import { ABSENT_DIGEST, ABSENT_RUN, environmentOf, picked, pickedState } from './pick.ts'

/** What a step asks, given what is there when its turn comes. */
export function questionOf(world: World, action: AskAction): Question {
  const { depth, limit, line, pick, what } = action
  const { job } = line
  const checkpoint = picked(world.checkpoints.keys(), pick) ?? ABSENT_DIGEST
  switch (what) {
    case 'latest':
      return { op: 'latest', job, wish: wishOf(world, action) }
    case 'plan':
      return { op: 'plan', job, checkpoint: planned(world, action), wish: wishOf(world, action) }
    case 'checkpoints':
      return { op: 'checkpoints', filter: filterOf(world, action), limit }
    case 'checkpoint':
      return { op: 'checkpoint', checkpoint }
    case 'run':
      return { op: 'run', run: picked(world.runs.keys(), pick) ?? ABSENT_RUN }
    case 'runs': {
      const { job: ofJob, partition } = filterOf(world, action)
      return { op: 'runs', filter: { job: ofJob, partition }, limit }
    }
    case 'job':
      return { op: 'job', job }
    case 'jobs':
      return { op: 'jobs', limit }
    case 'lineage': {
      const direction = pick % 2 === 0 ? 'ancestors' : 'descendants'
      return { op: 'lineage', checkpoint, direction, depth, limit }
    }
  }
}

function wishOf(world: World, { line, pick, wish }: AskAction): Wish {
  return {
    partition: line.partition === '' ? undefined : line.partition,
    minGrade: wish.minGrade,
    environment: environmentOf(world, wish.environment, pick),
    includeAbandoned: wish.includeAbandoned,
  }
}

/** The latest, one of the line, or any checkpoint. */
function planned(world: World, { filters, line, pick }: AskAction): string | undefined {
  const choices = [
    undefined,
    pickedState(world, line, pick),
    picked(world.checkpoints.keys(), pick),
  ]
  return filters > 1000 ? ABSENT_DIGEST : choices[filters % choices.length]
}

/** Filters that fit a checkpoint which is there, those whose bits are set. */
function filterOf(world: World, { filters, line, pick }: AskAction): CheckpointFilter {
  const like = picked(world.checkpoints.values(), pick)
  const step = like?.manifest.step ?? 0
  const [label] = Object.entries(like?.manifest.labels ?? {})
  // Each filter has a bit; two of three are off together more often than not, so that lists are rarely empty.
  const on = (bit: number): boolean => (filters & (1 << bit)) !== 0 && (filters & 1) === bit % 2
  return {
    job: on(0) ? line.job : undefined,
    partition: on(1) ? line.partition : undefined,
    run: on(2) ? (like?.manifest.run ?? ABSENT_RUN) : undefined,
    kind: on(3) ? like?.manifest.kind : undefined,
    tier: on(4) ? like?.manifest.tier : undefined,
    environment: on(5) ? like?.manifest.environment : undefined,
    minStep: on(6) ? Math.max(0, step - 1) : undefined,
    maxStep: on(7) ? step + 1 : undefined,
    label: on(8) ? label?.join(':') : undefined,
    tombstoned: on(9) ? pick % 2 === 1 : undefined,
  }
}
