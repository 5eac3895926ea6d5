import { outcomeOf, type BlobFault } from '../../schema/blob-standing.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { RestoreFailure } from '../../schema/restore.ts'

/** A blob that no place has, and what that is evidence of. */
export interface LostBlob {
  readonly checkpoint: Digest
  readonly finding: 'present' | 'verified'
  readonly fault: BlobFault
}

/**
 * What failures of a restore say of checkpoints, one blob for each, wrong bytes before missing ones: only what is missing, or of another size or digest,
 * and only where every place of the blob failed so. Pure.
 */
export function weighFailures(
  failures: readonly RestoreFailure[],
  manifests: ReadonlyMap<Digest, Manifest>,
): readonly LostBlob[] {
  const lost = new Map<Digest, LostBlob>()
  const byBlob = Map.groupBy(
    failures.filter(({ code }) => outcomeOf(code) === 'failed'),
    ({ checkpoint, rank, name }) => [checkpoint, rank, name].join('\n'),
  )
  for (const [first, ...others] of byBlob.values()) {
    if (first === undefined || lost.get(first.checkpoint)?.finding === 'verified') continue
    const { checkpoint, ...fault } = first
    const blob = manifests
      .get(checkpoint)
      ?.shards.find(({ rank }) => rank === fault.rank)
      ?.blobs.find(({ name }) => name === fault.name)
    if (blob === undefined) continue
    const tried = [first, ...others]
    const isLost = [blob, ...(blob.copies ?? [])].every(({ uri, versionId }) =>
      tried.some((one) => one.uri === uri && one.versionId === versionId),
    )
    if (!isLost) continue
    const differs = tried.some(({ code }) => code === 'DIGEST_DIFFERS')
    if (!differs && lost.has(checkpoint)) continue
    lost.set(checkpoint, { checkpoint, finding: differs ? 'verified' : 'present', fault })
  }
  return [...lost.values()]
}
