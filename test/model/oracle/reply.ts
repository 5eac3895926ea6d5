import type { ErrorCode } from '../../../schema/errors.ts'
import { chosenState } from './decide-run.ts'
import { plain } from './fact.ts'
import { allEdges, depthsFrom, type Family } from './family.ts'
import { planOf, type Documents } from './plan.ts'
import type { CheckpointFilter, Question, QuestionOf } from './question.ts'
import { candidatesOf, latestOf } from './standing.ts'
import { refused, type Refusal } from './verdict.ts'
import { checkpointOf, jobOf, runOf, summaryOf } from './views.ts'
import { savedOf, type Saved, type World } from './world.ts'

/** What must come of a question. */
export type Reply = { readonly answer: unknown } | { readonly family: Family } | Refusal

/** What must be answered about the moment at which the world ends. */
export function replyTo(world: World, question: Question, documents: Documents): Reply {
  switch (question.op) {
    case 'latest':
      return replyLatest(world, question)
    case 'plan':
      return replyPlan(world, question, documents)
    case 'checkpoints':
      return { answer: listed(world, question.filter).map((saved) => summaryOf(world, saved)) }
    case 'checkpoint': {
      const saved = world.checkpoints.get(question.checkpoint)
      return found(saved && checkpointOf(world, saved), 'CHECKPOINT_NOT_FOUND')
    }
    case 'run': {
      const run = world.runs.get(question.run)
      return found(run && runOf(world, run), 'RUN_NOT_FOUND')
    }
    case 'runs': {
      const { job, partition } = question.filter
      const runs = [...world.runs.values()].filter(
        ({ opened }) => matches(opened.job, job) && matches(opened.partition, partition),
      )
      return { answer: runs.toReversed().map((run) => runOf(world, run)) }
    }
    case 'job':
      return found(jobOf(world, question.job), 'JOB_NOT_FOUND')
    case 'jobs':
      return { answer: [...world.jobs.keys()].toSorted().map((job) => jobOf(world, job)) }
    case 'lineage':
      return replyLineage(world, question)
  }
}

function found(answer: unknown, code: ErrorCode): Reply {
  return answer === undefined ? refused(code) : { answer: plain(answer) }
}

const matches = (value: unknown, wanted: unknown): boolean =>
  wanted === undefined || value === wanted

function replyLatest(world: World, { job, wish }: QuestionOf<'latest'>): Reply {
  if (!world.jobs.has(job)) return refused('JOB_NOT_FOUND')
  const candidates = candidatesOf(world, job, wish.partition ?? '')
  const { good, skipped } = latestOf(candidates, world, wish)
  if (good === undefined) return refused('NO_GOOD_CHECKPOINT', plain(skipped))
  const checkpoint = summaryOf(world, good)
  return { answer: plain({ checkpoint, asOf: world.facts.length - 1, skipped }) }
}

function replyPlan(
  world: World,
  { checkpoint, job, wish }: QuestionOf<'plan'>,
  documents: Documents,
): Reply {
  const partition = wish.partition ?? ''
  if (checkpoint !== undefined) {
    const choice = chosenState(world, checkpoint, { ...wish, job, partition })
    return 'broken' in choice
      ? { broken: [plain(choice.broken)] }
      : { answer: planOf(world, choice.from, { skipped: [], documents, choice: 'named' }) }
  }
  if (!world.jobs.has(job)) return refused('JOB_NOT_FOUND')
  const { good, skipped } = latestOf(candidatesOf(world, job, partition), world, wish)
  return good === undefined
    ? refused('NO_GOOD_CHECKPOINT', plain(skipped))
    : { answer: planOf(world, good, { skipped, documents, choice: 'latest' }) }
}

function listed(world: World, filter: CheckpointFilter): readonly Saved[] {
  const wanted = ({ manifest, partition, tombstone }: Saved): boolean =>
    matches(manifest.job, filter.job) &&
    matches(partition, filter.partition) &&
    matches(manifest.run, filter.run) &&
    matches(manifest.kind, filter.kind) &&
    matches(manifest.tier, filter.tier) &&
    matches(manifest.environment, filter.environment) &&
    manifest.step >= (filter.minStep ?? 0) &&
    manifest.step <= (filter.maxStep ?? manifest.step) &&
    matches(tombstone !== undefined, filter.tombstoned) &&
    (filter.label === undefined ||
      Object.entries(manifest.labels ?? {}).some((label) => label.join(':') === filter.label))
  return [...world.checkpoints.values()].filter(wanted).toReversed()
}

/** Every node within the depth, and every edge that may be told; what the limit cuts off is the comparison's. */
function replyLineage(world: World, question: QuestionOf<'lineage'>): Reply {
  const { checkpoint, depth, direction } = question
  if (!world.checkpoints.has(checkpoint)) return refused('CHECKPOINT_NOT_FOUND')
  const edges = allEdges(world)
  const depths = depthsFrom(edges, checkpoint, direction)
  const within = new Map([...depths].filter(([, far]) => far <= depth))
  const nodes = [...within].map(([one, far]) => ({
    depth: far,
    checkpoint: summaryOf(world, savedOf(world, one)),
  }))
  return {
    family: {
      root: checkpoint,
      direction,
      nodes,
      edges: edges.filter(({ child, parent }) => depths.has(child) && depths.has(parent)),
      truncated: within.size < depths.size,
    },
  }
}
