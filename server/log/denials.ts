import type { AccessLine } from '../../schema/access-log.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import type { Denial } from '../../schema/denial.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { nothingNew, type Command } from './command.ts'

/** After a record of denials, further ones wait this long: at most so many records a namespace, asked or not. */
const INTERVAL_MS = 5_000
/** Different denials of one record; with the length of each, at most 64 KiB of disk an interval. */
const LINES_MAX_COUNT = 64
/** Characters of a denial: long ids are an attack on the disk. */
const LINE_MAX_LENGTH = 1_024
/** Namespaces whose denials are gathered at once: bounds memory. Those of further ones are not recorded. */
const NAMESPACES_MAX_COUNT = 1_024

/** Gathers denials, so that a flood of them costs little. */
export interface Denials {
  /** Resolves when it is recorded, or waits its turn among others. Never rejects. */
  add(denial: Denial): Promise<void>
  /** Records what waits. */
  close(): Promise<void>
}

export interface DenialsOptions {
  readonly append: (command: Command<null>) => Promise<null>
  /** Whether there is a log for it. */
  readonly isKnown: (namespace: NamespaceName) => Promise<boolean>
  /** Runs something later; gives what takes it back. */
  readonly later: (run: () => void, delayMs: number) => () => void
  /** Told of denials that could not be recorded. */
  readonly onFailure: (error: unknown) => void
}

interface Gathered {
  readonly lines: Map<string, AccessLine>
  droppedCount: number
}

interface Open {
  readonly gathered: Gathered
  readonly cancel: () => void
}

/**
 * The first denial of a namespace is recorded at once; those that come within the interval after it are
 * counted, equal ones together, and recorded at its end.
 */
export function openDenials({ append, isKnown, later, onFailure }: DenialsOptions): Denials {
  const open = new Map<NamespaceName, Open>()

  const begin = (namespace: NamespaceName): void => {
    const cancel = later(() => void end(namespace), INTERVAL_MS)
    open.set(namespace, { gathered: nothingYet(), cancel })
  }
  const record = async (namespace: NamespaceName, gathered: Gathered): Promise<void> => {
    const { lines, droppedCount } = gathered
    try {
      await append({
        namespace,
        actor: '',
        reads: [],
        decide: () => nothingNew(null),
        access: { kind: 'denied', lines: [...lines.values()], droppedCount },
      })
    } catch (error) {
      onFailure(error)
      // What could not be recorded is at least counted by the next record.
      const waiting = open.get(namespace)?.gathered
      if (waiting !== undefined) waiting.droppedCount += countOf(gathered)
    }
  }
  const end = async (namespace: NamespaceName): Promise<void> => {
    const gathered = open.get(namespace)?.gathered
    open.delete(namespace)
    if (gathered === undefined || isEmpty(gathered)) return
    begin(namespace)
    await record(namespace, gathered)
  }

  return {
    add: async (denial) => {
      const namespace = denial.namespace as NamespaceName
      try {
        if (!open.has(namespace) && !(await isKnown(namespace))) return
      } catch (error) {
        onFailure(error)
        return
      }
      const waiting = open.get(namespace)
      if (waiting !== undefined) {
        gather(waiting.gathered, denial)
        return
      }
      if (open.size >= NAMESPACES_MAX_COUNT) return
      const first = nothingYet()
      gather(first, denial)
      begin(namespace)
      await record(namespace, first)
    },
    close: async () => {
      const waiting = [...open]
      open.clear()
      for (const [, { cancel }] of waiting) cancel()
      // All at once: the log takes nothing more after this turn.
      await Promise.all(
        waiting
          .filter(([, { gathered }]) => !isEmpty(gathered))
          .map(([namespace, { gathered }]) => record(namespace, gathered)),
      )
    },
  }
}

const nothingYet = (): Gathered => ({ lines: new Map(), droppedCount: 0 })

const countOf = ({ lines, droppedCount }: Gathered): number =>
  [...lines.values()].reduce((sum, line) => sum + line.count, droppedCount)

const isEmpty = ({ lines, droppedCount }: Gathered): boolean => lines.size + droppedCount === 0

function gather(gathered: Gathered, denial: Denial): void {
  const { namespace: _, ...said } = denial
  const key = canonicalize(said)
  const known = gathered.lines.get(key)
  const isFull = known === undefined && gathered.lines.size >= LINES_MAX_COUNT
  if (isFull || key.length > LINE_MAX_LENGTH) gathered.droppedCount += 1
  else gathered.lines.set(key, { outcome: 'denied', ...said, count: (known?.count ?? 0) + 1 })
}
