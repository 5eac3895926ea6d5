import type { Context } from '../context.ts'
import { chooseDepth } from './choose-depth.ts'
import { readDue, type Due } from './read-due.ts'
import { CATALOG_ACTOR } from './rules.ts'
import { runVerification } from './run-verification.ts'

/** Checkpoints of one slice. */
const CHECKED_MAX_COUNT = 4
/** Pages that one slice looks through: of some hundred rows each. */
const PAGES_MAX_COUNT = 10
/** What could not be looked at is left alone for so long at least, or the store would be asked for ever. */
const POSTPONED_MS = 10 * 60 * 1000
/** Checkpoints that wait so; beyond that the oldest is asked again earlier. */
const POSTPONED_MAX_COUNT = 10_000

/** Where a walk over due checkpoints stands. It may be lost at any time: what is due is read from the log. */
export interface DueWalk {
  pass?: AsyncGenerator<Due | undefined> | undefined
  /** Until when what could not be looked at waits, by namespace and digest. */
  readonly postponed: Map<string, number>
}

/** How a slice may work. */
export interface SliceOptions {
  /** Resolves when so many more bytes may be read. */
  readonly pace: (bytes: number) => Promise<void>
  readonly signal: AbortSignal
}

/** What a slice came to. */
export interface Slice {
  readonly checkedCount: number
  /** Whether the walk has come to its end, and the next slice begins another. */
  readonly isPassEnded: boolean
}

/**
 * Looks at a few checkpoints that are due by the policies of their jobs, and records what it finds. Other
 * servers may do the same: what two of them find is recorded once where it passed, and never contradicts.
 *
 * @throws whatever the signal was fired with
 */
export async function verifyDue(
  context: Context,
  walk: DueWalk,
  options: SliceOptions,
): Promise<Slice> {
  walk.pass ??= readDue(context)
  let checkedCount = 0
  for (let pageCount = 0; pageCount < PAGES_MAX_COUNT && checkedCount < CHECKED_MAX_COUNT;) {
    options.signal.throwIfAborted()
    const next = await walk.pass.next()
    if (next.done === true) {
      walk.pass = undefined
      return { checkedCount, isPassEnded: true }
    }
    if (next.value === undefined) pageCount += 1
    else if (await check(context, walk, { ...options, due: next.value })) checkedCount += 1
  }
  return { checkedCount, isPassEnded: false }
}

/** Whether it was looked at. */
async function check(
  context: Context,
  { postponed }: DueWalk,
  { due, pace, signal }: SliceOptions & { readonly due: Due },
): Promise<boolean> {
  const { checkpoint, wanted } = due
  const name = `${checkpoint.namespace}/${checkpoint.digest}`
  if ((postponed.get(name) ?? 0) > context.nowMs()) return false
  const { outcome } = await runVerification(context, {
    checkpoint,
    depth: await chooseDepth(context.db, checkpoint, wanted.grade),
    actor: CATALOG_ACTOR,
    pace,
    signal,
    onProgress: () => undefined,
  })
  postponed.delete(name)
  if (outcome === 'unknown') {
    postponed.set(name, context.nowMs() + POSTPONED_MS)
    const [oldest] = postponed.keys()
    if (postponed.size > POSTPONED_MAX_COUNT && oldest !== undefined) postponed.delete(oldest)
  }
  return true
}
