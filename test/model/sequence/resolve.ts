import { decideRegistration } from '../oracle/decide-registration.ts'
import { documentDigest } from '../oracle/fact.ts'
import type { Registration, Request } from '../oracle/request.ts'
import { currentRun, worldOf, type World } from '../oracle/world.ts'
import type { Line, ManifestPlan, OpenPlan, WriteAction } from './action.ts'
import { manifestOf } from './make-manifest.ts'
import {
  ABSENT_DIGEST,
  ABSENT_RUN,
  environmentDocument,
  environmentOf,
  picked,
  pickedState,
} from './pick.ts'

/** What a step sends, given what is there when its turn comes; the stamp is new with each step. */
export function requestOf(world: World, action: WriteAction, stamp: string): Request {
  const isAbout = ['repeat', 'evidence', 'tombstone'].includes(action.do)
  if (isAbout && world.runs.size === 0) return openingIn({ job: 'fares', partition: '' }, stamp)
  switch (action.do) {
    case 'declare': {
      const spec = action.variant === 0 ? {} : { description: 'declared again' }
      return action.what === 'namespace'
        ? { op: 'declareNamespace', spec }
        : { op: 'declareJob', job: action.what, spec }
    }
    case 'environment': {
      const document = environmentDocument(action.variant)
      const digest = action.wrong ? ABSENT_DIGEST : documentDigest(document)
      return { op: 'recordEnvironment', digest, document }
    }
    case 'open':
      return openingOf(world, action, stamp)
    case 'close': {
      const { job, partition } = action.line
      const run = action.any
        ? picked(world.runs.keys(), action.pick)
        : currentRun(world, job, partition)?.opened.subject
      return { op: 'closeRun', run: run ?? ABSENT_RUN, body: { outcome: action.outcome } }
    }
    case 'register':
      return registeringOf(world, action, stamp)
    case 'repeat': {
      const manifest = picked(world.checkpoints.values(), action.pick)?.manifest
      if (manifest === undefined) return { op: 'declareNamespace', spec: {} }
      const labels = { ...manifest.labels, changed: 'yes' }
      return { op: 'register', manifest: action.changed ? { ...manifest, labels } : manifest }
    }
    case 'evidence': {
      const { finding, outcome, pick } = action
      const checkpoint = picked(world.checkpoints.keys(), pick) ?? ABSENT_DIGEST
      return { op: 'recordEvidence', checkpoint, body: { finding, outcome, method: 'drawn' } }
    }
    case 'tombstone':
      return withdrawalOf(world, action)
  }
}

function withdrawalOf(
  world: World,
  { other, pick, successor }: Extract<WriteAction, { readonly do: 'tombstone' }>,
): Request {
  const withdrawn = [...world.checkpoints.values()].filter(({ tombstone }) => tombstone?.successor)
  const from = picked(withdrawn, other)
  // Of a circle, what successors lead to is withdrawn in favour of where they began; no world has one yet.
  let end = from?.checkpoint
  for (
    let next = end;
    next !== undefined;
    next = world.checkpoints.get(next)?.tombstone?.successor
  ) {
    end = next
  }
  const isCircle = successor === 'circle' && end !== undefined
  const checkpoint = (isCircle ? end : picked(world.checkpoints.keys(), pick)) ?? ABSENT_DIGEST
  const successors = {
    none: undefined,
    any: picked(world.checkpoints.keys(), other),
    circle: from?.checkpoint,
    self: checkpoint,
    absent: ABSENT_DIGEST,
  }
  const body = { reason: 'corrupt', successor: successors[successor] }
  return { op: 'tombstone', checkpoint, body }
}

function openingOf(world: World, plan: OpenPlan, stamp: string): Request {
  const { job, partition } = plan.line
  const resumes = {
    latest: 'latest',
    none: 'none',
    line: pickedState(world, plan.line, plan.pick),
    any: picked(world.checkpoints.keys(), plan.pick),
    absent: ABSENT_DIGEST,
  }
  const runs = {
    given: `run-${stamp}`,
    server: undefined,
    taken: picked(world.runs.keys(), plan.pick),
  }
  return {
    op: 'openRun',
    body: {
      job,
      partition: partition === '' ? undefined : partition,
      run: runs[plan.run],
      resume: resumes[plan.resume] ?? 'latest',
      minGrade: plan.minGrade,
      environment: environmentOf(world, plan.environment, plan.pick),
      labels: plan.pick % 2 === 0 ? undefined : { stage: 'opened' },
    },
  }
}

/** Without a run to register in, one is opened instead, so that sequences get somewhere. */
function registeringOf(world: World, plan: ManifestPlan, stamp: string): Request {
  const { job, partition } = plan.line
  const current = currentRun(world, job, partition)
  const isOver = current?.closed !== undefined && plan.stepBy > 0
  return plan.run === 'current' && (current === undefined || isOver)
    ? openingIn(plan.line, stamp)
    : { op: 'register', ...registrationOf(world, plan) }
}

const openingIn = ({ job, partition }: Line, stamp: string): Request => ({
  op: 'openRun',
  body: { job, partition, run: `run-${stamp}`, resume: 'latest' },
})

function registrationOf(world: World, plan: ManifestPlan): Registration {
  const manifest = manifestOf(world, plan)
  return plan.fault === 'digest' ? { manifest, digest: ABSENT_DIGEST } : { manifest }
}

/** A batch whose items see the items before them. */
export function batchOf(world: World, plans: readonly ManifestPlan[], stamp: string): Request {
  const [first] = plans
  if (
    first !== undefined &&
    currentRun(world, first.line.job, first.line.partition) === undefined
  ) {
    return openingIn(first.line, stamp)
  }
  let seen = world
  const items = plans.map((plan) => {
    const item = registrationOf(seen, plan)
    const verdict = decideRegistration(seen, item, '')
    if ('facts' in verdict) seen = worldOf([...seen.facts, ...verdict.facts])
    return item
  })
  return { op: 'registerBatch', items }
}
