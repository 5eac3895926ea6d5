import type { S3Client } from '@aws-sdk/client-s3'
import type { CheckpointSummary } from '../../../api.ts'
import type { Setting } from '../setting.ts'
import type { ReleaseStory } from './bytes-story.ts'
import { hasVersion, type PinnedVersion } from './demo-bucket.ts'
import type { DemoS3 } from './open-demo-s3.ts'

/** Versions that the store is asked for at a time. */
const TOGETHER_COUNT = 8

/** What the store itself has of the versions of some checkpoints, and what it should. */
export async function askStore(
  { catalog }: Setting,
  { client }: DemoS3,
  checkpoints: readonly CheckpointSummary[],
): Promise<Pick<ReleaseStory, 'neededCount' | 'missing' | 'freeCount' | 'remaining'>> {
  const needed = new Map<string, PinnedVersion>()
  const free = new Map<string, PinnedVersion>()
  for (const { checkpoint, tombstoned } of checkpoints) {
    const { manifest } = await catalog.checkpoints.manifest(checkpoint)
    for (const blob of manifest.shards.flatMap(({ blobs }) => blobs)) {
      const versions = tombstoned ? free : needed
      versions.set(`${blob.uri} ${blob.versionId}`, blob)
    }
  }
  for (const name of needed.keys()) free.delete(name)
  const kept = await findThere(client, needed)
  return {
    neededCount: needed.size,
    missing: [...needed.keys()].filter((name) => !kept.has(name)),
    freeCount: free.size,
    remaining: [...(await findThere(client, free))],
  }
}

async function findThere(
  client: S3Client,
  versions: ReadonlyMap<string, PinnedVersion>,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  const all = [...versions]
  for (let from = 0; from < all.length; from += TOGETHER_COUNT) {
    const together = all.slice(from, from + TOGETHER_COUNT)
    await Promise.all(
      together.map(async ([name, version]) => {
        if (await hasVersion(client, version)) found.add(name)
      }),
    )
  }
  return found
}
