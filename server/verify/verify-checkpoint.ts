import { setTimeout as delay } from 'node:timers/promises'
import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Verification } from '../../schema/verification.ts'
import type { Context } from '../context.ts'
import { allowedBy } from '../log/command.ts'
import type { Row } from '../store/tables.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { chooseDepth } from './choose-depth.ts'
import { runVerification } from './run-verification.ts'

/** An answer waits this long for the end: shorter than a client waits for an answer. */
const ANSWER_MAX_MS = 4_000
/** Verifications under way in one server. */
const RUNNING_MAX_COUNT = 16
/** Verifications that have ended, kept for whoever follows them. */
const ENDED_MAX_COUNT = 256

/** A verification of this server. */
interface Work {
  readonly id: string
  readonly subject: string
  state: Verification
  /** Rejects as it failed. */
  ended: Promise<void>
}

/** By the catalog's log, of which there is one a catalog; oldest first. */
const works = new WeakMap<Context['log'], Map<string, Work>>()

/**
 * Looks at a checkpoint's blobs and records what was found. Answers when that has ended, or in time with how
 * far it is; the same request while it is under way follows it.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN}
 * @throws {OVERLOADED} too many are under way
 */
export async function verifyCheckpoint(
  context: Context,
  principal: Principal,
  input: InputOf<'verifyCheckpoint'>,
): Promise<Verification> {
  const row = await readCheckpoint(context.db, { principal, verb: 'verify' }, input)
  const grant = requireOnJob(principal, 'verify', row)
  const own = works.get(context.log) ?? new Map<string, Work>()
  works.set(context.log, own)
  const work =
    findWork(own, row, input) ?? (await begin(context, own, { row, input, principal, grant }))
  const stop = new AbortController()
  const { signal } = stop
  await Promise.race([
    work.ended,
    delay(ANSWER_MAX_MS, undefined, { signal }).catch(() => undefined),
  ])
  stop.abort()
  return work.state
}

const subjectOf = ({ namespace, digest }: Row<'checkpoint'>): string => `${namespace}/${digest}`

function findWork(
  own: ReadonlyMap<string, Work>,
  row: Row<'checkpoint'>,
  { body }: InputOf<'verifyCheckpoint'>,
): Work | undefined {
  const subject = subjectOf(row)
  const named = body.verification === undefined ? undefined : own.get(body.verification)
  if (named?.subject === subject) return named
  return [...own.values()].find(
    ({ subject: other, state }) =>
      other === subject && state.state === 'running' && state.depth === body.depth,
  )
}

interface Beginning {
  readonly row: Row<'checkpoint'>
  readonly input: InputOf<'verifyCheckpoint'>
  readonly principal: Principal
  readonly grant: string
}

async function begin(
  context: Context,
  own: Map<string, Work>,
  { row, input, principal, grant }: Beginning,
): Promise<Work> {
  const all = [...own.values()]
  const running = all.filter(({ state }) => state.state === 'running')
  if (running.length >= RUNNING_MAX_COUNT) {
    throw new CatalogError(
      'OVERLOADED',
      `${RUNNING_MAX_COUNT} verifications are under way in this server: ask again when one has ended.`,
    )
  }
  const ended = all.filter(({ state }) => state.state === 'ended')
  for (const one of ended.slice(0, Math.max(0, ended.length - ENDED_MAX_COUNT))) own.delete(one.id)
  const { depth } = input.body
  const id = context.newId()
  const counts = { blobsDone: 0, blobCount: 0, bytesDone: 0, bytesTotal: 0 }
  const begun = { verification: id, checkpoint: row.digest, depth, ...counts, faults: [] }
  const work: Work = {
    id,
    subject: subjectOf(row),
    state: { ...begun, state: 'running' },
    ended: Promise.resolve(),
  }
  own.set(id, work)
  // The answer is bound to no key: it changes while the work goes on.
  const { idempotency: _key, ...request } = allowedBy(context.request, grant)
  work.ended = run({ ...context, request }, { row, principal, work })
  // Also when nobody waits any more.
  work.ended.catch(() => own.delete(id))
  return work
}

async function run(
  context: Context,
  { row, principal, work }: Pick<Beginning, 'row' | 'principal'> & { readonly work: Work },
): Promise<void> {
  const ended = await runVerification(context, {
    checkpoint: row,
    depth: await chooseDepth(context.db, row, work.state.depth),
    actor: principal.id,
    pace: async () => undefined,
    signal: context.ending,
    onProgress: (progress) => {
      work.state = { ...work.state, ...progress }
    },
  })
  work.state = { ...work.state, ...ended, state: 'ended' }
}
