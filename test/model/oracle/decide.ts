import { isDeepStrictEqual } from 'node:util'
import { decideRegistration } from './decide-registration.ts'
import { decideCloseRun, decideOpenRun } from './decide-run.ts'
import { documentDigest, plain } from './fact.ts'
import type { Documents } from './plan.ts'
import type { Request, RequestOf } from './request.ts'
import {
  accepted,
  recorded,
  refused,
  repeated,
  type BatchVerdict,
  type Verdict,
} from './verdict.ts'
import { aboutCheckpoint, jobOf } from './views.ts'
import { worldOf, type World } from './world.ts'

/** What a decision takes beside the world and the request. */
export interface Moment {
  /** The clock of the server, RFC 3339. */
  readonly at: string
  readonly documents: Documents
  /** The id that the server gave to a run that came without one. */
  readonly givenRun: string
}

/** What must come of a write, and nothing else may. */
export function decide(world: World, request: Request, moment: Moment): Verdict | BatchVerdict {
  const { at } = moment
  switch (request.op) {
    case 'declareNamespace':
      return decideNamespace(world, request, at)
    case 'declareJob':
      return decideJob(world, request, at)
    case 'recordEnvironment':
      return decideEnvironment(world, request, at)
    case 'openRun': {
      const { body } = request
      return decideOpenRun(world, { ...body, run: body.run ?? moment.givenRun }, moment)
    }
    case 'closeRun':
      return decideCloseRun(world, request, at)
    case 'register':
      return decideRegistration(world, request, at)
    case 'registerBatch':
      return decideBatch(world, request, at)
    case 'recordEvidence':
      return decideEvidence(world, request, at)
    case 'tombstone':
      return decideTombstone(world, request, at)
  }
}

function decideNamespace(
  world: World,
  { spec }: RequestOf<'declareNamespace'>,
  at: string,
): Verdict {
  const { namespace } = world
  const last = world.facts.findLast((fact) => fact.kind === 'namespace.declared')
  if (isDeepStrictEqual(last?.spec, spec)) {
    return repeated({ namespace, spec, index: last?.index, at: last?.at })
  }
  const facts = recorded(world, at, [
    { kind: 'namespace.declared', subject: namespace, spec } as const,
  ])
  return accepted(world, facts, () => ({ namespace, spec, index: world.facts.length, at }))
}

function decideJob(world: World, { job, spec }: RequestOf<'declareJob'>, at: string): Verdict {
  if (isDeepStrictEqual(world.jobs.get(job)?.spec, spec)) return repeated(jobOf(world, job))
  const facts = recorded(world, at, [{ kind: 'job.declared', subject: job, spec } as const])
  return accepted(world, facts, (after) => jobOf(after, job))
}

function decideEnvironment(
  world: World,
  { digest, document }: RequestOf<'recordEnvironment'>,
  at: string,
): Verdict {
  if (documentDigest(document) !== digest) return refused('DIGEST_MISMATCH')
  const first = world.environments.get(digest)
  if (first !== undefined) {
    return repeated({ environment: digest, index: first.index, at: first.at })
  }
  const facts = recorded(world, at, [{ kind: 'environment.recorded', subject: digest } as const])
  return accepted(world, facts, () => ({ environment: digest, index: world.facts.length, at }))
}

function decideBatch(
  world: World,
  { items }: RequestOf<'registerBatch'>,
  at: string,
): BatchVerdict {
  let after = world
  const verdicts = items.map((item) => {
    const verdict = decideRegistration(after, item, at)
    if ('facts' in verdict) after = worldOf([...after.facts, ...verdict.facts])
    return verdict
  })
  return { facts: after.facts.slice(world.facts.length), items: verdicts }
}

function decideEvidence(
  world: World,
  { body, checkpoint }: RequestOf<'recordEvidence'>,
  at: string,
): Verdict {
  if (!world.checkpoints.has(checkpoint)) return refused('CHECKPOINT_NOT_FOUND')
  const facts = recorded(world, at, [
    { kind: 'evidence.recorded', subject: checkpoint, ...body } as const,
  ])
  return accepted(world, facts, () => facts[0] && aboutCheckpoint(facts[0]))
}

function decideTombstone(
  world: World,
  { body, checkpoint }: RequestOf<'tombstone'>,
  at: string,
): Verdict {
  const saved = world.checkpoints.get(checkpoint)
  if (saved === undefined) return refused('CHECKPOINT_NOT_FOUND')
  const { reason, successor } = body
  if (saved.tombstone !== undefined) {
    const same = saved.tombstone.reason === reason && saved.tombstone.successor === successor
    return same ? repeated(aboutCheckpoint(saved.tombstone)) : refused('ALREADY_TOMBSTONED')
  }
  const broken = brokenBySuccessor(world, checkpoint, successor)
  const needing = [...world.checkpoints.values()].filter(
    (one) => one.manifest.base === checkpoint && one.tombstone === undefined,
  )
  if (needing.length > 0) broken.push({ code: 'CHAIN_IN_USE' })
  if (broken.length > 0) return { broken }
  const facts = recorded(world, at, [
    { kind: 'checkpoint.tombstoned', subject: checkpoint, reason, successor } as const,
  ])
  return accepted(world, facts, () => facts[0] && aboutCheckpoint(plain(facts[0])))
}

/** A successor must be there, and following successors must come to an end. */
function brokenBySuccessor(
  world: World,
  checkpoint: string,
  successor: string | undefined,
): { code: 'CHECKPOINT_NOT_FOUND' | 'LINEAGE_CYCLE' | 'CHAIN_IN_USE' }[] {
  if (successor === undefined) return []
  if (successor === checkpoint) return [{ code: 'LINEAGE_CYCLE' }]
  if (!world.checkpoints.has(successor)) return [{ code: 'CHECKPOINT_NOT_FOUND' }]
  let next: string | undefined = successor
  while (next !== undefined) {
    if (next === checkpoint) return [{ code: 'LINEAGE_CYCLE' }]
    next = world.checkpoints.get(next)?.tombstone?.successor
  }
  return []
}
