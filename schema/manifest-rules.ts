import { CatalogError } from './errors.ts'
import type { Manifest, Shard } from './manifest.ts'

/**
 * Most checkpoints that one delta chain may need, the full one included: each is a fetch on the way back, and a plan of
 * a thousand is still made in a fraction of a second.
 */
export const CHAIN_MAX_LENGTH = 1_024

/** Most bytes of a URI in UTF-8: twice the longest key of an S3 object. */
const URI_MAX_BYTES = 2_048

/**
 * What a manifest must satisfy by itself, before anything recorded is looked at.
 *
 * @throws {BASE_REQUIRED} a delta names no base, or a full checkpoint names one
 * @throws {SHARDS_INCOMPLETE} ranks are missing, repeated or beyond the world size
 * @throws {INVALID_REQUEST} two blobs of a shard share a name, or a seed has neither seed nor state
 */
export function checkManifest(manifest: Manifest): void {
  checkKind(manifest)
  checkRanks(manifest)
  for (const shard of manifest.shards) checkShard(shard)
}

/**
 * Whether a manifest names a base exactly if it needs one.
 *
 * @throws {BASE_REQUIRED}
 */
export function checkKind(manifest: Pick<Manifest, 'kind' | 'base'>): void {
  if (manifest.kind === 'delta' && manifest.base === undefined) {
    throw new CatalogError(
      'BASE_REQUIRED',
      'A delta must name its base: set "base" to the digest of the checkpoint it changes.',
    )
  }
  if (manifest.kind === 'full' && manifest.base !== undefined) {
    throw new CatalogError(
      'BASE_REQUIRED',
      'A full checkpoint has no base: drop "base", or set "kind" to "delta".',
    )
  }
}

function checkRanks(manifest: Manifest): void {
  const worldSize = manifest.worldSize ?? manifest.shards.length
  const ranks = new Set(manifest.shards.map((shard) => shard.rank))
  if (ranks.size !== manifest.shards.length) {
    throw new CatalogError(
      'SHARDS_INCOMPLETE',
      'Two shards have the same rank: list each worker once.',
    )
  }
  const missing: number[] = []
  for (let rank = 0; rank < worldSize && missing.length < 10; rank += 1) {
    if (!ranks.has(rank)) missing.push(rank)
  }
  if (missing.length > 0 || ranks.size !== worldSize) {
    throw new CatalogError(
      'SHARDS_INCOMPLETE',
      `A checkpoint of ${worldSize} workers needs the ranks 0 to ${worldSize - 1}, each once; ` +
        `${ranks.size} were sent. Register it when every worker has finished.`,
      { detail: { worldSize, missingRanks: missing } },
    )
  }
}

/**
 * What one worker's part must satisfy by itself.
 *
 * @throws {INVALID_REQUEST} a URI has too many bytes, two blobs share a name, or a seed has neither seed nor state
 */
export function checkShard(shard: Shard): void {
  for (const { name, uri, copies = [] } of shard.blobs) {
    for (const place of [uri, ...copies.map((copy) => copy.uri)]) checkUri(name, place)
  }
  const names = new Set(shard.blobs.map((blob) => blob.name))
  if (names.size !== shard.blobs.length) {
    throw new CatalogError(
      'INVALID_REQUEST',
      `Two blobs of rank ${shard.rank} have the same name: names are unique within a shard.`,
    )
  }
  for (const seed of shard.seeds ?? []) {
    if (seed.seed === undefined && seed.stateBlob === undefined) {
      throw new CatalogError(
        'INVALID_REQUEST',
        `The seed of ${seed.generator} on rank ${shard.rank} has neither "seed" nor "stateBlob": give one.`,
      )
    }
    if (seed.stateBlob !== undefined && !names.has(seed.stateBlob)) {
      throw new CatalogError(
        'INVALID_REQUEST',
        `The seed of ${seed.generator} on rank ${shard.rank} points at the blob "${seed.stateBlob}", which the shard does not list.`,
      )
    }
  }
}

/** The schema counts characters, of which each may have four bytes; entries hold a few URIs within their 64 KiB. */
function checkUri(name: string, uri: string): void {
  if (uri.length * 3 <= URI_MAX_BYTES) return
  const sizeBytes = new TextEncoder().encode(uri).length
  if (sizeBytes <= URI_MAX_BYTES) return
  throw new CatalogError(
    'INVALID_REQUEST',
    `The URI of the blob "${name}" has ${sizeBytes} bytes, and ${URI_MAX_BYTES} is the most: give the object a shorter key.`,
  )
}
