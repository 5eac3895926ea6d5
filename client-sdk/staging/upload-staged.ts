import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import type { BlobReference } from '../api.ts'
import type { BlobContent } from '../blob-store.ts'
import { withBlobs } from '../persist.ts'
import type { SpoolLayout } from '../spool/layout.ts'
import { lineOf, recordOf } from '../spool-record.ts'
import type { SpoolRecord } from '../spool.ts'
import type { UploadParts } from '../staging.ts'
import { openDiskReader } from '../stores/disk-reader.ts'
import type { StagedBlob, StagedDraft } from './staged-draft.ts'
import { readSealed, writeSealed } from './staged-folder.ts'
import type { StagedName } from './staged-name.ts'

/** What one upload works on. */
export interface StagedUpload {
  readonly layout: SpoolLayout
  readonly parts: UploadParts
  readonly name: StagedName
  readonly draft: StagedDraft
  readonly nowMs: () => number
  readonly signal: AbortSignal
}

/**
 * Gets the bytes of a staged checkpoint into the durable store, unless they are there, and gives its record.
 *
 * @throws {BLOB_CORRUPT} staged bytes are not what was staged
 */
export async function uploadStaged(upload: StagedUpload): Promise<SpoolRecord> {
  const { layout, parts, name, draft } = upload
  const before = await readSealed(layout, name)
  if (before !== undefined) return recordOf(before)
  const references: BlobReference[] = []
  for (const blob of draft.blobs) references.push(await putStaged(upload, blob))
  const durableAt = new Date(upload.nowMs()).toISOString()
  const { timing } = draft.manifest
  const manifest = withBlobs({ ...draft.manifest, timing: { ...timing, durableAt } }, references)
  const record = recordOf(manifest, parts.delivery.gapOf(lineOf(manifest)))
  await writeSealed(layout, name, record.manifest)
  return record
}

async function putStaged(upload: StagedUpload, blob: StagedBlob): Promise<BlobReference> {
  const { parts, signal } = upload
  const { name, sizeBytes, digest } = blob
  const known = { sizeBytes, digest }
  return await parts.store.put(name, contentOf(upload, blob), { known, signal })
}

function contentOf({ layout, name }: StagedUpload, blob: StagedBlob): BlobContent {
  if (blob.file !== undefined) return createReadStream(join(layout.staged, name.text, blob.file))
  if (blob.light !== undefined) return openDiskReader().read({ ...blob, ...blob.light })
  throw new CatalogError('SPOOL_CORRUPT', `The staged blob "${blob.name}" is nowhere.`)
}
