import type { Digest, Manifest } from '../api.ts'

/** One blob of a staged checkpoint: in its folder, or an object of this machine's light store. */
export interface StagedBlob {
  readonly name: string
  readonly sizeBytes: number
  readonly digest: Digest
  /** Name of the file in the checkpoint's folder. */
  readonly file?: string
  readonly light?: { readonly uri: string; readonly versionId: string }
}

/** A staged checkpoint: its manifest as it will be, but for the blobs that are staged. */
export interface StagedDraft {
  readonly manifest: Manifest
  readonly blobs: readonly StagedBlob[]
}

const FILE = /^\d{1,5}\.blob$/
const DIGEST = /^sha256:[0-9a-f]{64}$/

/** The bytes of a draft's file. */
export function encodeDraft(draft: StagedDraft): Buffer {
  return Buffer.from(JSON.stringify({ format: 1, ...draft }))
}

/** Reads a draft's file; undefined when it is none. The catalog checks the manifest itself. */
export function parseDraft(bytes: Uint8Array): StagedDraft | undefined {
  try {
    const fields = Object(JSON.parse(new TextDecoder().decode(bytes))) as Readonly<
      Record<string, unknown>
    >
    const { format, manifest, blobs } = fields
    if (format !== 1 || !isManifest(manifest) || !Array.isArray(blobs)) return undefined
    if (!blobs.every(isStagedBlob)) return undefined
    return { manifest, blobs }
  } catch {
    return undefined
  }
}

/** Reads the canonical text of a manifest whose bytes are durable; undefined when it is none. */
export function parseSealed(text: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(text)
    return isManifest(manifest) ? manifest : undefined
  } catch {
    return undefined
  }
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false
  if (!('namespace' in value && 'job' in value && 'run' in value)) return false
  if (!('attempt' in value && 'step' in value && 'shards' in value)) return false
  const { namespace, job, run, attempt, step, shards } = value
  return (
    [namespace, job, run].every((name) => typeof name === 'string') &&
    [attempt, step].every((count) => Number.isSafeInteger(count)) &&
    Array.isArray(shards)
  )
}

function isStagedBlob(value: unknown): value is StagedBlob {
  if (typeof value !== 'object' || value === null) return false
  if (!('name' in value && 'sizeBytes' in value && 'digest' in value)) return false
  const { name, sizeBytes, digest } = value
  if (typeof name !== 'string' || !Number.isSafeInteger(sizeBytes)) return false
  if (typeof digest !== 'string' || !DIGEST.test(digest)) return false
  if ('file' in value) return typeof value.file === 'string' && FILE.test(value.file)
  if (!('light' in value) || typeof value.light !== 'object' || value.light === null) return false
  if (!('uri' in value.light && 'versionId' in value.light)) return false
  return typeof value.light.uri === 'string' && typeof value.light.versionId === 'string'
}
