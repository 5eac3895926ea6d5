import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3'
import { CatalogError } from '../../schema/errors.ts'
import type { ListedVersion } from './blob-store.ts'
import { callS3, type S3Target } from './s3-client.ts'

/** The most that a store lists at once. */
const PAGE_MAX_COUNT = 1_000

/**
 * Every version and delete marker under the bucket's prefix: by key in the order of its bytes, and for one key
 * from newest to oldest, as the store has them.
 *
 * @throws {INVALID_CURSOR} the marker is none of a listing
 */
export async function* listS3Versions(
  target: S3Target,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ListedVersion> {
  const { bucket, prefix, client } = target
  let marker = after === undefined ? undefined : parseMarker(after)
  for (;;) {
    const command = new ListObjectVersionsCommand({
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: PAGE_MAX_COUNT,
      ...(marker === undefined ? {} : { KeyMarker: marker.key, VersionIdMarker: marker.versionId }),
    })
    const page = await callS3(target, { signal }, (options) => client.send(command, options))
    yield* merged(page, bucket)
    if (page.IsTruncated !== true) return
    const { NextKeyMarker: key, NextVersionIdMarker: versionId } = page
    if (key === undefined || versionId === undefined || isSame(marker, { key, versionId })) {
      throw new CatalogError(
        'STORE_UNSUITABLE',
        `The bucket ${bucket} does not say where its list of versions goes on.`,
      )
    }
    marker = { key, versionId }
  }
}

interface Marker {
  readonly key: string
  readonly versionId: string
}

const isSame = (one: Marker | undefined, other: Marker): boolean =>
  one?.key === other.key && one.versionId === other.versionId

/** Versions and markers come as two lists in the same order; one list of both. */
function* merged(
  { Versions: versions = [], DeleteMarkers: markers = [] }: ListObjectVersionsCommandOutput,
  bucket: string,
): Generator<ListedVersion> {
  const rows = [
    ...versions.map((one) => ({ ...one, isDeleteMarker: false })),
    ...markers.map((one) => ({ ...one, Size: 0, isDeleteMarker: true })),
  ].flatMap(({ Key: key, VersionId: versionId, LastModified, Size, isDeleteMarker }) =>
    key === undefined || versionId === undefined
      ? []
      : [
          {
            key,
            versionId,
            atMs: LastModified?.getTime() ?? 0,
            sizeBytes: Size ?? 0,
            isDeleteMarker,
          },
        ],
  )
  rows.sort(
    (one, other) =>
      Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)) || other.atMs - one.atMs,
  )
  for (const { key, versionId, atMs, sizeBytes, isDeleteMarker } of rows) {
    yield {
      uri: `s3://${bucket}/${key}`,
      versionId,
      sizeBytes,
      lastModified: new Date(atMs).toISOString(),
      isDeleteMarker,
      marker: JSON.stringify([key, versionId]),
    }
  }
}

function parseMarker(text: string): Marker {
  try {
    const found: unknown = JSON.parse(text)
    if (Array.isArray(found) && found.length === 2) {
      const [key, versionId] = found as unknown[]
      if (typeof key === 'string' && typeof versionId === 'string') return { key, versionId }
    }
  } catch {
    // Told below.
  }
  throw new CatalogError('INVALID_CURSOR', 'The marker is none that a listing of versions gave.')
}
