import type { Disagreement, ReconciledCounts } from '../../schema/reconciliation.ts'
import type { ListedVersion } from '../store/blob-store.ts'
import { compareUris } from './rules.ts'
import type { Reference } from './sort-references.ts'

/** Everything of one URI: what the bucket has, and who points at it. */
export interface Matched {
  readonly counts: ReconciledCounts
  readonly disagreements: readonly Disagreement[]
  /** Where the listing goes on behind this URI; undefined where the bucket has nothing of it. */
  readonly marker: string | undefined
  readonly uri: string
}

/** Moments, in milliseconds, by which what is found is judged. */
interface Times {
  readonly youngMs: number
  readonly createdMs?: number | undefined
}

/**
 * Walks what a bucket lists and what the catalog points at side by side, both in the order of URIs, and gives
 * what they come to URI by URI.
 *
 * @param times.youngMs Versions modified since then are too young to be called orphans.
 * @param times.createdMs When the list was made, if it was beforehand: what is newer cannot be in it.
 */
export async function* matchVersions(
  listed: AsyncIterable<ListedVersion>,
  references: AsyncIterable<Reference>,
  times: Times,
): AsyncGenerator<Matched> {
  const [versions, pointers] = [groupsOf(listed), groupsOf(references)]
  try {
    let [there, wanted] = [await versions.next(), await pointers.next()]
    while (there.done !== true || wanted.done !== true) {
      const [left, right] = [there.value?.[0]?.uri, wanted.value?.[0]?.uri]
      const uri =
        right === undefined || (left !== undefined && compareUris(left, right) < 0) ? left : right
      if (uri === undefined) return
      const held = left === uri && there.done !== true ? there.value : []
      const asked = right === uri && wanted.done !== true ? wanted.value : []
      yield matchOne(uri, { held, asked, ...times })
      if (held.length > 0) there = await versions.next()
      if (asked.length > 0) wanted = await pointers.next()
    }
  } finally {
    await versions.return(undefined)
    await pointers.return(undefined)
  }
}

/** What follows each other with the same URI, together. */
async function* groupsOf<Item extends { readonly uri: string }>(
  items: AsyncIterable<Item>,
): AsyncGenerator<readonly Item[], undefined> {
  let group: Item[] = []
  for await (const item of items) {
    if (group.length > 0 && group[0]?.uri !== item.uri) {
      yield group
      group = []
    }
    group.push(item)
  }
  if (group.length > 0) yield group
  return undefined
}

function matchOne(
  uri: string,
  found: Times & {
    readonly held: readonly ListedVersion[]
    readonly asked: readonly Reference[]
  },
): Matched {
  const { held, asked, youngMs, createdMs = Number.POSITIVE_INFINITY } = found
  const versions = new Map(
    held.filter((one) => !one.isDeleteMarker).map((one) => [one.versionId, one]),
  )
  const pointedAt = new Set(
    asked.filter((one) => one.leftBy === undefined).map((one) => one.versionId),
  )
  const leftBy = new Map(asked.map((one) => [one.versionId, one.leftBy]))
  const disagreements: Disagreement[] = []
  const wanted = asked.filter((one) => one.isWanted)
  const tally = {
    missing: 0,
    sizeDiffers: 0,
    orphans: 0,
    orphanBytes: 0,
    abandoned: 0,
    newer: 0,
    young: 0,
  }
  for (const { versionId, sizeBytes, checkpoint, at = '' } of wanted) {
    const version = versions.get(versionId)
    if (version?.sizeBytes === sizeBytes) continue
    if (version === undefined && Date.parse(at) > createdMs) {
      tally.newer += 1
      continue
    }
    tally[version === undefined ? 'missing' : 'sizeDiffers'] += 1
    const kind = version === undefined ? 'missing' : 'size-differs'
    const of = checkpoint === undefined ? {} : { checkpoint }
    disagreements.push({ kind, uri, versionId, sizeBytes, ...of })
  }
  for (const { versionId, sizeBytes, lastModified } of versions.values()) {
    if (pointedAt.has(versionId)) continue
    if (Date.parse(lastModified) > youngMs) {
      tally.young += 1
      continue
    }
    tally.orphans += 1
    tally.orphanBytes += sizeBytes
    const reservation = leftBy.get(versionId)
    if (reservation !== undefined) tally.abandoned += 1
    const by = reservation === undefined ? {} : { reservation }
    disagreements.push({ kind: 'orphan', uri, versionId, sizeBytes, lastModified, ...by })
  }
  const counts = { versions: versions.size, references: wanted.length, ...tally }
  return { uri, counts, disagreements, marker: held.at(-1)?.marker }
}
