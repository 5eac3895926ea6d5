import type { Manifest } from '../../schema/manifest.ts'
import { checkPlace, type LookOptions } from './check-place.ts'
import { openTally, type BlobInPlace, type Look, type Tally } from './rules.ts'

/** Blobs looked at together: a store answers many questions at once, and reads share its bandwidth. */
const BLOBS_AT_ONCE = 8

/** A blob that is done. */
type OnBlob = (blob: { readonly sizeBytes: number }) => void

/**
 * Looks at every blob of a manifest in all its places. The first blob that fails ends it: the checkpoint has
 * failed, and the rest is not worth its time.
 *
 * @throws whatever the signal was fired with
 */
export async function checkBlobs(
  manifest: Manifest,
  options: LookOptions,
  onBlob: OnBlob,
): Promise<Tally> {
  const tally = openTally()
  const failure = new AbortController()
  const signal = AbortSignal.any([options.signal, failure.signal])
  const queue = placesOf(manifest)
  const workers = Array.from({ length: BLOBS_AT_ONCE }, async () => {
    for (const places of queue) {
      if (signal.aborted) return
      const looks: Look[] = []
      for (const place of places) looks.push(await checkPlace(place, { ...options, signal }))
      if (failure.signal.aborted) return
      if (tally.add(looks) === 'failed') failure.abort()
      onBlob({ sizeBytes: places[0]?.sizeBytes ?? 0 })
    }
  })
  const results = await Promise.allSettled(workers)
  options.signal.throwIfAborted()
  const thrown = results.find((result) => result.status === 'rejected')
  // Looks that the failure itself cut short are no errors.
  if (thrown !== undefined && !failure.signal.aborted) throw thrown.reason
  return tally
}

/** Each blob in all its places, one blob after the other. */
function* placesOf(manifest: Manifest): Generator<readonly BlobInPlace[]> {
  for (const { rank, blobs } of manifest.shards) {
    for (const { copies = [], ...blob } of blobs) {
      yield [{ rank, ...blob }, ...copies.map((copy) => ({ rank, ...blob, ...copy }))]
    }
  }
}
