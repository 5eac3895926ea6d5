import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isCatalogError, type CatalogError } from '../../schema/errors.ts'
import type { BlobReference, Manifest } from '../api.ts'
import type { BlobContent } from '../blob-store.ts'
import type { SpoolLayout } from '../spool/layout.ts'
import { lineKeyOf, nextSequence } from '../spool/record-name.ts'
import type { NamedContent } from '../staging.ts'
import { checkBlobName } from '../stores/blob-name.ts'
import { readBoundedFile } from '../stores/disk-bounded.ts'
import { diskFailure, syncDirectory, writeFully, writeWhole } from '../stores/disk-durable.ts'
import { temporaryName } from '../stores/disk-temporary.ts'
import {
  encodeDraft,
  parseDraft,
  parseSealed,
  type StagedBlob,
  type StagedDraft,
} from './staged-draft.ts'
import { makeStagedName, sortedStagedNames, type StagedName } from './staged-name.ts'

/** A manifest of full size and the names of its blobs beside it. */
const FILE_MAX_BYTES = 32 * 1024 * 1024

const DRAFT = 'draft.json'
const SEALED = 'manifest.json'
const PROBLEM = 'problem.json'

/** What a line has staged. */
export interface StagedUsage {
  readonly count: number
  readonly sizeBytes: number
}

/** Staged checkpoints that wait for their upload, oldest first: of a line, or of all. */
export async function listStaged(
  layout: SpoolLayout,
  lineKey?: string,
): Promise<readonly StagedName[]> {
  const names = sortedStagedNames(await readdir(layout.staged))
  return names.filter(
    (name) =>
      (lineKey === undefined || name.lineKey === lineKey) &&
      !existsSync(join(layout.staged, name.text, PROBLEM)),
  )
}

/** Counts all that a line has in the folder, what was set aside included. */
export async function stagedUsage(layout: SpoolLayout, lineKey: string): Promise<StagedUsage> {
  const names = sortedStagedNames(await readdir(layout.staged))
  const own = names.filter((name) => name.lineKey === lineKey)
  return { count: own.length, sizeBytes: own.reduce((sum, name) => sum + name.sizeBytes, 0) }
}

/**
 * Writes a checkpoint with its contents; it is there whole, under its name, or not at all.
 *
 * @param nowMs Epoch milliseconds, asked when the contents are on disk.
 * @returns that moment, as RFC 3339
 */
export async function writeStaged(
  layout: SpoolLayout,
  manifest: Manifest,
  { staged, nowMs }: { staged: readonly (NamedContent | BlobReference)[]; nowMs: () => number },
): Promise<string> {
  const temporary = join(layout.temporary, temporaryName())
  try {
    await mkdir(temporary, { mode: 0o700 })
    const blobs: StagedBlob[] = []
    for (const [index, one] of staged.entries()) {
      checkBlobName(one.name)
      blobs.push(
        'content' in one ? await writeContent(temporary, `${index}.blob`, one) : lightBlob(one),
      )
    }
    const stagedAt = new Date(nowMs()).toISOString()
    const timed = { ...manifest, timing: { ...manifest.timing, stagedAt } }
    const draft = encodeDraft({ manifest: timed, blobs })
    await writeWhole(join(temporary, DRAFT), join(temporary, temporaryName()), draft)
    await syncDirectory(temporary)
    await rename(temporary, join(layout.staged, await nextName(layout, manifest, blobs, nowMs())))
    await syncDirectory(layout.staged)
    return stagedAt
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined)
    if (isCatalogError(cause)) throw cause
    // What the content throws is the caller's own; only the disk's errors have a system's number.
    if (!(cause instanceof Error && 'errno' in cause)) throw cause
    throw diskFailure(cause, `Staging step ${manifest.step} of the job "${manifest.job}"`)
  }
}

/** Reads a staged checkpoint; undefined when it cannot be one. */
export async function readStaged(
  layout: SpoolLayout,
  name: StagedName,
): Promise<StagedDraft | undefined> {
  const bytes = await readBoundedFile(join(layout.staged, name.text, DRAFT), FILE_MAX_BYTES)
  return bytes === undefined ? undefined : parseDraft(bytes)
}

/** Reads the manifest of a checkpoint that was uploaded and not seen to be registered. */
export async function readSealed(
  layout: SpoolLayout,
  name: StagedName,
): Promise<Manifest | undefined> {
  const bytes = await readBoundedFile(join(layout.staged, name.text, SEALED), FILE_MAX_BYTES)
  return bytes === undefined ? undefined : parseSealed(new TextDecoder().decode(bytes))
}

/** Keeps the manifest before it is registered, so that a crash registers these very versions. */
export async function writeSealed(
  layout: SpoolLayout,
  name: StagedName,
  manifest: string,
): Promise<void> {
  await writeBeside(layout, name, SEALED, Buffer.from(manifest))
}

/** Sets a checkpoint aside for good, with the reason; its bytes stay for a person to look at. */
export async function setStagedAside(
  layout: SpoolLayout,
  name: StagedName,
  { code, message }: CatalogError,
): Promise<void> {
  await writeBeside(layout, name, PROBLEM, Buffer.from(JSON.stringify({ code, detail: message })))
}

/** Removes a checkpoint whose bytes are elsewhere: from its name first, so that no half of it is found. */
export async function removeStaged(layout: SpoolLayout, name: StagedName): Promise<void> {
  const temporary = join(layout.temporary, temporaryName())
  await rename(join(layout.staged, name.text), temporary)
  await syncDirectory(layout.staged)
  await rm(temporary, { recursive: true, force: true })
}

async function writeBeside(
  layout: SpoolLayout,
  name: StagedName,
  file: string,
  bytes: Buffer,
): Promise<void> {
  const folder = join(layout.staged, name.text)
  await writeWhole(join(folder, file), join(layout.temporary, temporaryName()), bytes)
  await syncDirectory(folder)
}

async function nextName(
  layout: SpoolLayout,
  manifest: Manifest,
  blobs: readonly StagedBlob[],
  nowMs: number,
): Promise<string> {
  const { namespace, job, partition = '' } = manifest
  const others = sortedStagedNames(await readdir(layout.staged))
  const last = others.reduce((largest, { sequence }) => Math.max(largest, sequence), 0)
  const sizeBytes = blobs.reduce((sum, blob) => sum + ('file' in blob ? blob.sizeBytes : 0), 0)
  const lineKey = lineKeyOf({ namespace, job, partition })
  return makeStagedName(nextSequence(last, nowMs), lineKey, sizeBytes)
}

async function writeContent(
  folder: string,
  file: string,
  { name, content }: NamedContent,
): Promise<StagedBlob> {
  const hash = createHash('sha256')
  const handle = await open(join(folder, file), 'wx', 0o600)
  try {
    let sizeBytes = 0
    for await (const piece of piecesOf(content)) {
      await writeFully(handle, piece, sizeBytes)
      hash.update(piece)
      sizeBytes += piece.length
    }
    await handle.sync()
    return { name, sizeBytes, digest: `sha256:${hash.digest('hex')}`, file }
  } finally {
    await handle.close()
  }
}

async function* piecesOf(content: BlobContent): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content
  else yield* content
}

function lightBlob({ name, sizeBytes, digest, uri, versionId }: BlobReference): StagedBlob {
  return { name, sizeBytes, digest, light: { uri, versionId } }
}
