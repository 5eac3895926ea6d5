import { setTimeout as delay } from 'node:timers/promises'
import { CatalogError } from '../../schema/errors.ts'
import type { Context } from '../context.ts'

/** An answer waits this long for the end: shorter than a client waits for an answer. */
const ANSWER_MAX_MS = 4_000
/** Works under way in one server. */
const RUNNING_MAX_COUNT = 16
/** Works that have ended, kept for whoever follows them. */
const ENDED_MAX_COUNT = 256

/** What work says of itself. */
interface WorkState {
  readonly state: 'running' | 'ended'
}

/** Work that outlasts the requests that ask for it. */
export interface WorkRequest<State extends WorkState> {
  /** Of work that is followed. */
  readonly id: string | undefined
  /** What it is about: whoever asks for the same follows it. */
  readonly subject: string
  readonly first: (id: string) => State
  /** Does it; tells how far it is, and resolves with what it came to. */
  readonly run: (tell: (progress: Partial<State>) => void) => Promise<Partial<State>>
}

interface Work {
  readonly id: string
  readonly subject: string
  state: WorkState
  /** Rejects as it failed. */
  ended: Promise<void>
}

/** By the catalog's log, of which there is one a catalog; oldest first. */
const works = new WeakMap<Context['log'], Map<string, Work>>()

/**
 * Begins work, or follows it where it is under way; gives how far it is when it has ended, or in time.
 *
 * @throws {OVERLOADED} too much is under way
 */
export async function shareWork<State extends WorkState>(
  context: Context,
  request: WorkRequest<State>,
): Promise<State> {
  const own = works.get(context.log) ?? new Map<string, Work>()
  works.set(context.log, own)
  const work = find(own, request) ?? begin(own, context.newId(), request)
  const stop = new AbortController()
  const { signal } = stop
  try {
    await Promise.race([
      work.ended,
      delay(ANSWER_MAX_MS, undefined, { signal }).catch(() => undefined),
    ])
  } finally {
    stop.abort()
  }
  return work.state as State
}

function find(
  own: ReadonlyMap<string, Work>,
  { id, subject }: Pick<WorkRequest<WorkState>, 'id' | 'subject'>,
): Work | undefined {
  const named = id === undefined ? undefined : own.get(id)
  if (named?.subject === subject) return named
  return [...own.values()].find((one) => one.subject === subject && one.state.state === 'running')
}

function begin<State extends WorkState>(
  own: Map<string, Work>,
  id: string,
  { subject, first, run }: WorkRequest<State>,
): Work {
  const all = [...own.values()]
  if (all.filter(({ state }) => state.state === 'running').length >= RUNNING_MAX_COUNT) {
    throw new CatalogError(
      'OVERLOADED',
      `${RUNNING_MAX_COUNT} of these are under way in this server: ask again when one has ended.`,
    )
  }
  const ended = all.filter(({ state }) => state.state === 'ended')
  for (const one of ended.slice(0, Math.max(0, ended.length - ENDED_MAX_COUNT))) own.delete(one.id)
  const work: Work = { id, subject, state: first(id), ended: Promise.resolve() }
  own.set(id, work)
  const tell = (progress: Partial<State>): void => {
    work.state = { ...work.state, ...progress }
  }
  work.ended = run(tell).then((result) => tell({ ...result, state: 'ended' }))
  // Also when nobody waits any more.
  work.ended.catch(() => own.delete(id))
  return work
}
