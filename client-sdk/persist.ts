import { canonicalize } from '../schema/canonical-json.ts'
import { CatalogError } from '../schema/errors.ts'
import type { BlobReference, Manifest } from './api.ts'
import type { BlobStore } from './blob-store.ts'
import type { CheckpointInput, ContentInput, StagedInput } from './checkpoint-input.ts'
import type { CheckpointResult, StagedResult } from './checkpoint-result.ts'
import type { NamedContent, Uploads } from './staging.ts'

/** What a run persists the contents of its checkpoints with. */
export interface Persistence {
  readonly store: BlobStore | undefined
  readonly uploads: Uploads | undefined
}

function requireStore({ store }: Persistence): BlobStore {
  if (store !== undefined) return store
  throw new CatalogError(
    'CONFIG_INVALID',
    '"contents" need a store: give the client one as "store", or put the blobs yourself and give "blobs".',
  )
}

function requireUploads({ uploads }: Persistence, how: 'async' | 'hybrid'): Uploads {
  if (uploads !== undefined) return uploads
  throw new CatalogError(
    'CONFIG_INVALID',
    `Persistence "${how}" needs a place on this machine's disk: give the client a "store", and as "staging" what openStaging() gives.`,
  )
}

/** How a run persists one checkpoint. */
export interface PersistTask {
  readonly build: (input: CheckpointInput) => Manifest
  /** Waits until all that was staged before is registered: steps grow within a run. */
  readonly settle: () => Promise<void>
  readonly register: (manifest: Manifest) => Promise<CheckpointResult>
}

/** Gets the bytes of a checkpoint to where its persistence wants them, and registers what is there. */
export async function persistCheckpoint(
  persistence: Persistence,
  { contents, ...input }: ContentInput | StagedInput,
  { build, settle, register }: PersistTask,
): Promise<CheckpointResult | StagedResult> {
  const how = input.persistence ?? 'sync'
  const manifest = build({ ...input, persistence: how })
  // What cannot be registered is refused before its bytes are moved.
  canonicalize(manifest)
  if (how === 'sync') {
    const store = requireStore(persistence)
    await settle()
    const references = await putContents(store, contents)
    return await register(withMoment(withBlobs(manifest, references), 'durableAt'))
  }
  const uploads = requireUploads(persistence, how)
  if (how === 'async') {
    const stagedAt = await uploads.stage(manifest, contents)
    return { status: 'staged', step: manifest.step, stagedAt }
  }
  if (manifest.tier === 'light') throw lightHybrid()
  await settle()
  const light = await uploads.putLight(contents)
  const registered = await register({
    ...withMoment(withBlobs(manifest, light), 'stagedAt'),
    tier: 'light',
  })
  await uploads.stage(manifest, light)
  return registered
}

/** One after the other: the bytes of each stream, and fill the network by themselves. */
async function putContents(
  store: BlobStore,
  contents: readonly NamedContent[],
): Promise<readonly BlobReference[]> {
  const references: BlobReference[] = []
  for (const { name, content } of contents) references.push(await store.put(name, content))
  return references
}

/** The manifest of a job that is one worker, with blobs after those it has. */
export function withBlobs(manifest: Manifest, references: readonly BlobReference[]): Manifest {
  const [first = { rank: 0, blobs: [] }, ...others] = manifest.shards
  return {
    ...manifest,
    shards: [{ ...first, blobs: [...first.blobs, ...references] }, ...others],
  }
}

function withMoment(manifest: Manifest, moment: 'stagedAt' | 'durableAt'): Manifest {
  return { ...manifest, timing: { ...manifest.timing, [moment]: new Date().toISOString() } }
}

function lightHybrid(): CatalogError {
  return new CatalogError(
    'INVALID_REQUEST',
    'A hybrid checkpoint is light and durable by itself: drop "tier".',
  )
}
