import assert from 'node:assert/strict'
import type { Grade } from '../../../schema/checkpoint.ts'
import type { Digest } from '../../../schema/digest.ts'
import { sampleBlob } from '../../harness/samples.ts'
import { answered, refused } from '../../register/scene.ts'
import type { Action } from './actions.ts'
import { newest, UNKNOWN, type Play } from './play.ts'
import { chainOf, standingOf, type World } from './world.ts'

/** Opens a restore and reports how it ended; what that says of bytes is evidence, and nothing else is. */
export async function restore(
  { scene, happenings }: Play,
  world: World,
  { pick, ending }: Action & { kind: 'restore' },
): Promise<void> {
  const known = newest([...world.checkpoints.values()], pick)
  const begun = { checkpoint: known?.checkpoint ?? UNKNOWN, ownership: 'no-claim' }
  const answer = await scene.post('/restores', begun)
  if (known === undefined) {
    refused(answer, 'CHECKPOINT_NOT_FOUND')
    return
  }
  const { restore: id, openedIndex } = answered(answer, 201)
  assert.equal(openedIndex, world.size)
  happenings.push({ kind: 'restore.opened' })
  const chain = chainOf(world, known)
  const last = chain.at(-1) ?? known
  const { rank = 0, blobs = [] } = last.manifest.shards[0] ?? {}
  const [{ name, uri, versionId } = sampleBlob('none')] = blobs
  const code = ending === 'lost' ? 'DIGEST_DIFFERS' : 'STORE_UNAVAILABLE'
  const failure = { checkpoint: last.checkpoint, code, rank, name, uri, versionId, message: 'No.' }
  const isDone = ending === 'succeeded'
  const body = {
    outcome: isDone ? 'succeeded' : 'failed',
    checked: isDone,
    bytes: 1,
    durationMs: 1,
    ...(isDone ? {} : { failures: [failure] }),
  }
  const closed = answered(await scene.post(`/restores/${id}/outcome`, body), 200)
  assert.equal(closed.closedIndex, world.size + 1)
  happenings.push({ kind: 'restore.recorded' })
  const record = (checkpoint: Digest, finding: Grade, outcome: string): void => {
    happenings.push({ kind: 'evidence.recorded', checkpoint, finding, outcome })
  }
  if (ending === 'lost') record(last.checkpoint, 'verified', 'failed')
  if (!isDone) return
  for (const link of chain) {
    const { grade, failing } = standingOf(link)
    if (link !== known && grade === 'restored' && !failing) continue
    record(link.checkpoint, 'restored', 'passed')
  }
}
