import type { BlobReference } from './blob-reference.ts'
import { digestOf, type Digest } from './digest.ts'
import type { Manifest } from './manifest.ts'

/** An object version that a manifest points at. */
export type ReferredObject = Pick<BlobReference, 'uri' | 'versionId' | 'sizeBytes'>

/** Every object version that a manifest, or some of its shards, points at, once each. */
export function objectsOf(manifest: Pick<Manifest, 'shards'>): ReadonlyMap<Digest, ReferredObject> {
  const objects = new Map<Digest, ReferredObject>()
  for (const { blobs } of manifest.shards) {
    for (const { sizeBytes, copies = [], ...blob } of blobs) {
      for (const { uri, versionId } of [blob, ...copies]) {
        const object = { uri, versionId, sizeBytes }
        objects.set(objectId(object), object)
      }
    }
  }
  return objects
}

/** One name for an object version, of fixed length: a URI and a version may have 3 KiB. */
export function objectId({ uri, versionId }: Pick<ReferredObject, 'uri' | 'versionId'>): Digest {
  // Neither may hold a line break.
  return digestOf(`${uri}\n${versionId}`)
}

/** Sum of the sizes that a manifest declares, each object once. */
export function declaredBytes(manifest: Manifest): number {
  let bytes = 0
  for (const { sizeBytes } of objectsOf(manifest).values()) bytes += sizeBytes
  return bytes
}
