import { canonicalize } from './canonical-json.ts'
import type { Entry, EntryKind } from './entry.ts'

/** Members that every entry has. */
const common = ['actor', 'at', 'kind', 'subject', 'v'] as const

/** Members that a kind has beside those of every entry; a `?` marks one that may be left out. */
const membersOf: Readonly<Record<EntryKind, readonly string[]>> = {
  'namespace.declared': ['spec'],
  'job.declared': ['spec'],
  'policy.set': ['spec'],
  'environment.recorded': [],
  'run.opened': [
    'job',
    'partition',
    'attempt',
    'restoredFrom?',
    'environment?',
    'labels?',
    'window?',
    'rewind?',
    'drift?',
  ],
  'run.closed': ['outcome', 'note?'],
  'checkpoint.registered': ['chainLength', 'restoredFrom?', 'reservation?'],
  'evidence.recorded': [
    'finding',
    'outcome',
    'method',
    'note?',
    'bytes?',
    'durationMs?',
    'detail?',
  ],
  'restore.opened': ['restore', 'job', 'partition', 'ownership', 'run?'],
  'restore.recorded': [
    'restore',
    'outcome',
    'checked',
    'bytes',
    'durationMs',
    'sources?',
    'failures?',
    'note?',
  ],
  'bucket.probed': ['findings'],
  'bucket.reconciled': ['counts', 'examples', 'inventory?', 'isContinued?'],
  'format.published': ['version', 'schema', 'compatibility', 'changelog', 'recovery', 'upcasts?'],
  'checkpoint.tombstoned': ['reason', 'note?', 'successor?'],
  'drift.acknowledged': ['job', 'difference', 'ruleSet', 'recorded?', 'current?', 'note'],
  'hold.placed': ['hold', 'reason', 'until?', 'replaces?'],
  'hold.lifted': ['hold', 'placed'],
  'retention.decided': [
    'dryRun',
    'job?',
    'partition?',
    'policy?',
    'asOf',
    'moment',
    'keptCount',
    'droppedCount',
    'droppedBytes',
    'decisions',
  ],
  'drill.recorded': ['job?', 'partition?', 'faults', 'planned?', 'rehearsed?'],
  'reservation.opened': [
    'job',
    'partition',
    'run',
    'attempt',
    'step',
    'checkpointKind',
    'tier',
    'worldSize',
    'manifest',
    'leaseUntil',
  ],
  'reservation.abandoned': [
    'reason',
    'note?',
    'shardCount',
    'blobCount',
    'blobBytes',
    'checkpoint?',
  ],
  'sweep.intended': ['uri', 'versionId', 'begins?'],
  'sweep.recorded': ['uri', 'versionId', 'outcome', 'ends?'],
  'log-key.published': ['keys'],
}

/**
 * Why no catalog can have written an entry at this index of a namespace's log; undefined if one can. Says nothing
 * of whether it fits to those before it.
 *
 * @param bytes The entry's own, which must be its canonical form.
 */
export function entryFault(
  entry: Entry,
  bytes: Uint8Array,
  place: { readonly namespace: string; readonly index: number },
): string | undefined {
  const known = new Map<string, readonly string[]>(Object.entries(membersOf)).get(entry.kind)
  if (known === undefined) return 'its kind is none that a catalog writes'
  const fault = memberFault(entry, known) ?? valueFault(entry)
  if (fault !== undefined) return fault
  if (new TextDecoder().decode(bytes) !== canonicalOf(entry)) {
    return 'its bytes are not its canonical form (RFC 8785)'
  }
  const declares = entry.kind === 'namespace.declared'
  if (place.index === 0 && !declares) return 'a log begins with the declaration of its namespace'
  if (declares && entry.subject !== place.namespace) return 'it declares another namespace'
  return undefined
}

function memberFault(entry: Entry, own: readonly string[]): string | undefined {
  const allowed = [...common, ...own.map((name) => name.replace(/\?$/, ''))]
  const unknown = Object.keys(entry).find((name) => !allowed.includes(name))
  if (unknown !== undefined)
    return `it has the member "${unknown.slice(0, 64)}", which its kind has not`
  const required = [...common, ...own.filter((name) => !name.endsWith('?'))]
  const missing = required.find((name) => !(name in entry))
  return missing === undefined ? undefined : `it lacks "${missing}"`
}

function valueFault({ v, at, actor, subject }: Entry): string | undefined {
  if (v !== 1) return 'its version is none that a catalog writes'
  if (typeof actor !== 'string' || typeof subject !== 'string') return 'a name in it is no text'
  if (typeof at === 'string' && isMoment(at)) return undefined
  return 'its time is no moment in UTC with milliseconds'
}

function isMoment(text: string): boolean {
  const ms = Date.parse(text)
  return Number.isSafeInteger(ms) && new Date(ms).toISOString() === text
}

/** The canonical form; undefined for what has none, such as a lone surrogate. */
function canonicalOf(entry: Entry): string | undefined {
  try {
    return canonicalize(entry)
  } catch {
    return undefined
  }
}
