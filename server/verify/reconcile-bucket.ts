import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import { CatalogError } from '../../schema/errors.ts'
import { requireOnNamespace, type Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import {
  RECONCILED_MAX_COUNT,
  RECORDED_MAX_COUNT,
  type Disagreement,
  type InventoryFacts,
  type ReconciledCounts,
  type Reconciliation,
} from '../../schema/reconciliation.ts'
import type { Context } from '../context.ts'
import { allowedBy } from '../log/command.ts'
import { newestIndex } from '../log/read-entries.ts'
import { proveEntry } from '../log/read-proofs.ts'
import type { BlobStore, ListedVersion } from '../store/blob-store.ts'
import { listInventory } from './list-inventory.ts'
import { matchVersions } from './match-versions.ts'
import { readInventory, type Inventory } from './read-inventory.ts'
import { compareUris } from './rules.ts'
import { shareWork } from './share-work.ts'
import { sortReferences } from './sort-references.ts'

/** How old a version without a pointer must be to be an orphan, if nobody says otherwise. */
const ORPHAN_DEFAULT_SECONDS = 24 * 60 * 60

/** How far it is gets told once in so many URIs. */
const TOLD_EVERY_COUNT = 256
/** Of an entry's 64 KiB, what the log keeps as examples. */
const EXAMPLES_MAX_BYTES = 48 * 1024

const nothing: ReconciledCounts = {
  versions: 0,
  references: 0,
  missing: 0,
  sizeDiffers: 0,
  orphans: 0,
  orphanBytes: 0,
  abandoned: 0,
  young: 0,
}

/**
 * Compares what a bucket holds with what checkpoints point at, both ways, and records what it came to. It
 * removes and demotes nothing.
 *
 * @throws {NAMESPACE_NOT_FOUND | FORBIDDEN | BUCKET_NOT_ALLOWED | INVALID_CURSOR | OVERLOADED}
 * @throws {INVALID_REQUEST | BLOB_CORRUPT | BLOB_NOT_FOUND} the inventory cannot be compared
 * @throws {BUCKET_ACCESS_DENIED | STORE_UNAVAILABLE | STORE_UNSUITABLE} the bucket cannot be listed to its end
 */
export async function reconcileBucket(
  context: Context,
  principal: Principal,
  input: InputOf<'reconcileBucket'>,
): Promise<Reconciliation> {
  const { namespace, bucket, body } = input
  const grant = requireOnNamespace(principal, 'verify', namespace)
  await newestIndex(context.db, namespace)
  const store = context.blobs.named(bucket, namespace)
  const place = body.inventory
  const scope = { list: 'reconciliation', namespace, bucket, inventory: place ?? '' }
  const from = body.after === undefined ? [] : parseCursor(scope, body.after, ['string', 'string'])
  const inventory = place === undefined ? undefined : await readInventory(context, namespace, place)
  if (inventory !== undefined && inventory.bucket !== store.bucket) {
    throw new CatalogError(
      'INVALID_REQUEST',
      `The inventory ${inventory.uri} lists the bucket ${inventory.bucket}, and "${bucket}" is ${store.bucket ?? 'a folder'}: give the inventory of that one.`,
    )
  }
  const { idempotency: _key, ...request } = allowedBy(context.request, grant)
  return shareWork<Reconciliation>(context, {
    id: body.reconciliation,
    subject: `reconciliation ${namespace}/${bucket} ${place ?? ''}`,
    first: (id) => ({
      reconciliation: id,
      bucket,
      state: 'running',
      ...factsOf(inventory),
      counts: nothing,
      disagreements: [],
      next: null,
    }),
    run: async (tell) => {
      const [marker, uri = ''] = from as readonly string[]
      const walked = await walk(context, { input, store, inventory, marker, uri }, (progress) => {
        const { counts, disagreements, at } = progress
        tell({ counts, disagreements, next: at === undefined ? null : encodeCursor(scope, at) })
      })
      const recorded = await record(
        { ...context, request },
        { principal, input, walked, inventory },
      )
      return { ...walked, next: null, ...recorded }
    },
  })
}

interface Walked {
  readonly counts: ReconciledCounts
  readonly disagreements: readonly Disagreement[]
}

/** Also where to go on: the listing's own marker, and the URI up to which everything is done. */
type OnWalked = (progress: Walked & { readonly at: readonly [string, string] | undefined }) => void

async function walk(
  context: Context,
  asked: {
    readonly input: InputOf<'reconcileBucket'>
    readonly store: BlobStore
    readonly inventory: Inventory | undefined
    readonly marker: string | undefined
    readonly uri: string
  },
  onWalked: OnWalked,
): Promise<Walked> {
  const { input, store, inventory, marker, uri: done } = asked
  const { namespace, bucket, body } = input
  const { ending: signal, blobs } = context
  const holds = (uri: string): boolean =>
    compareUris(uri, done) > 0 && isIn(blobs, { namespace, bucket }, uri)
  const youngMs = context.nowMs() - (body.minAgeSeconds ?? ORPHAN_DEFAULT_SECONDS) * 1000
  const references = sortReferences(context, { namespace, holds, signal })
  const listed =
    inventory === undefined
      ? only(store.listVersions(marker, signal), holds)
      : only(listInventory(context, { namespace, inventory, holds }), holds)
  const createdMs = inventory?.createdMs
  let counts: ReconciledCounts = createdMs === undefined ? nothing : { ...nothing, newer: 0 }
  const disagreements: Disagreement[] = []
  let at: readonly [string, string] | undefined
  let uriCount = 0
  for await (const matched of matchVersions(listed, references, { youngMs, createdMs })) {
    counts = sumOf(counts, matched.counts)
    const room = RECONCILED_MAX_COUNT - disagreements.length
    if (room > 0) disagreements.push(...matched.disagreements.slice(0, room))
    if (matched.marker !== undefined) at = [matched.marker, matched.uri]
    uriCount += 1
    if (uriCount % TOLD_EVERY_COUNT === 0) onWalked({ counts, disagreements, at })
  }
  return { counts, disagreements }
}

function isIn(
  blobs: Context['blobs'],
  { namespace, bucket }: { readonly namespace: string; readonly bucket: string },
  uri: string,
): boolean {
  try {
    return blobs.find(uri, namespace).name === bucket
  } catch {
    return false
  }
}

/** What is of this bucket of the configuration, and not in a place of another one, without what probes try out. */
async function* only(
  listed: AsyncIterable<ListedVersion>,
  holds: (uri: string) => boolean,
): AsyncGenerator<ListedVersion> {
  for await (const one of listed) {
    if (!one.uri.includes('/.cairn-probe/') && holds(one.uri)) yield one
  }
}

function factsOf(inventory: Inventory | undefined): { readonly inventory?: InventoryFacts } {
  if (inventory === undefined) return {}
  const { uri, createdMs } = inventory
  return { inventory: { uri, createdAt: new Date(createdMs).toISOString() } }
}

/** The first few that fit into an entry: a key of control characters is six times as long in it. */
function examplesOf(disagreements: readonly Disagreement[]): readonly Disagreement[] {
  let sizeBytes = 0
  const first = disagreements.slice(0, RECORDED_MAX_COUNT)
  const end = first.findIndex((one) => {
    sizeBytes += Buffer.byteLength(JSON.stringify(one)) + 1
    return sizeBytes > EXAMPLES_MAX_BYTES
  })
  return end < 0 ? first : first.slice(0, end)
}

function sumOf(left: ReconciledCounts, right: ReconciledCounts): ReconciledCounts {
  return {
    versions: left.versions + right.versions,
    references: left.references + right.references,
    missing: left.missing + right.missing,
    sizeDiffers: left.sizeDiffers + right.sizeDiffers,
    orphans: left.orphans + right.orphans,
    orphanBytes: left.orphanBytes + right.orphanBytes,
    abandoned: (left.abandoned ?? 0) + (right.abandoned ?? 0),
    ...(left.newer === undefined ? {} : { newer: left.newer + (right.newer ?? 0) }),
    young: left.young + right.young,
  }
}

async function record(
  context: Context,
  ended: {
    readonly principal: Principal
    readonly input: InputOf<'reconcileBucket'>
    readonly walked: Walked
    readonly inventory: Inventory | undefined
  },
): Promise<Pick<Reconciliation, 'index' | 'at' | 'proof'>> {
  const { principal, input, walked, inventory } = ended
  const { namespace, bucket, body } = input
  const examples = examplesOf(walked.disagreements)
  const { index, at } = await context.log.append({
    namespace,
    actor: principal.id,
    ...context.request,
    reads: [],
    decide: () => ({
      drafts: [
        {
          entry: {
            kind: 'bucket.reconciled',
            subject: bucket,
            counts: walked.counts,
            examples,
            ...factsOf(inventory),
            ...(body.after === undefined ? {} : { isContinued: true }),
          },
        },
      ],
      result: (recorded) => ({ index: recorded.index, at: recorded.at }),
    }),
  })
  return { index, at, proof: await proveEntry(context, namespace, index) }
}
