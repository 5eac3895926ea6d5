import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Digest } from '../../schema/digest.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { followBlobs } from '../../server/follow-blobs.ts'
import { probeNewBuckets } from '../../server/verify/probe-new-buckets.ts'
import { verifyDue, type DueWalk, type Slice } from '../../server/verify/verify-due.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, itemsOf } from '../register/scene.ts'
import { useBlobScene } from './blob-scene.ts'

const HOUR_MS = 60 * 60 * 1000

for (const dialect of dialects) {
  describe(`verification by policy, on ${dialect}`, () => {
    const at = useBlobScene(dialect)
    const read: number[] = []
    const options = {
      signal: new AbortController().signal,
      pace: async (bytes: number) => void read.push(bytes),
    }
    const newWalk = (): DueWalk => ({ postponed: new Map() })
    const slice = (walk: DueWalk): Promise<Slice> =>
      verifyDue(at().scene.at.catalog.context, walk, options)
    /** Slices until a pass has ended; how many checkpoints they looked at. */
    const pass = async (walk: DueWalk): Promise<number> => {
      let count = 0
      for (let turn = 0; turn < 50; turn += 1) {
        const { checkedCount, isPassEnded } = await slice(walk)
        count += checkedCount
        if (isPassEnded) return count
      }
      throw new Error('a pass does not end')
    }
    const declare = async (job: string, grade: string): Promise<void> => {
      const verification = { everySeconds: 3600, grade }
      answered(await at().scene.put(`/policies/${job}`, { verification }), 200)
      answered(await at().scene.put(`/jobs/${job}`, { policy: job }), 200)
    }
    const lookOf = async (digest: Digest): Promise<readonly string[]> =>
      itemsOf(await at().scene.get(`/checkpoints/${digest}/history`))
        .slice(1)
        .map(({ entry }: any) => `${entry.finding} ${entry.outcome} ${entry.actor}`) // oxlint-disable-line typescript/no-explicit-any

    test('nothing is looked at that no policy asks for', async () => {
      const { run } = await at().scene.open('quiet')
      await at().save(run, 1, [at().store('quiet.bin', 'quiet')])
      assert.equal(await pass(newWalk()), 0)
      assert.equal(at().double.traffic.count(), 0)
    })

    test('a few at a time, each once in its time, and new ones first', async () => {
      await declare('due', 'verified')
      const { run } = await at().scene.open('due')
      const digests: Digest[] = []
      for (let step = 1; step <= 6; step += 1) {
        digests.push(await at().save(run, step, [at().store(`due/${step}.bin`, `state ${step}`)]))
      }
      const walk = newWalk()
      const first = await slice(walk)
      assert.deepEqual(first, { checkedCount: 4, isPassEnded: false })
      // A server that starts anew goes on with what is left: the log says what was done.
      assert.equal(await pass(newWalk()), 2)
      for (const digest of digests)
        assert.deepEqual(await lookOf(digest), ['verified passed cairn'])
      assert.ok(read.includes('state 1'.length))
      assert.equal(await pass(newWalk()), 0)

      at().scene.at.advance(HOUR_MS)
      const late = await at().save(run, 7, [at().store('due/7.bin', 'state 7')])
      const next = newWalk()
      await slice(next)
      assert.deepEqual(await lookOf(late), ['verified passed cairn'])
      await pass(next)
      assert.equal((await lookOf(digests[0] as Digest)).length, 2)
    })

    test('what is gone is found, and what cannot be looked at is left alone for a while', async () => {
      await declare('gone', 'present')
      const { run } = await at().scene.open('gone')
      const blob = at().store('gone.bin', 'gone')
      const digest = await at().save(run, 1, [blob])
      const walk = newWalk()
      const denied = at().double.faults.add({ kind: 'error', code: 'AccessDenied' })
      assert.ok((await pass(walk)) >= 1)
      const { hits } = denied
      assert.equal(await pass(walk), 0)
      assert.equal(denied.hits, hits)
      denied.lift()
      assert.deepEqual(await lookOf(digest), [])
      at().double.behindTheBack.destroyVersion(at().nameOf(blob))
      at().scene.at.advance(HOUR_MS)
      await pass(walk)
      assert.deepEqual(await lookOf(digest), ['present failed cairn'])
      assert.equal((await at().scene.latest('gone')).status, 404)
    })

    test('two servers at once record what passed once', async () => {
      await declare('twice', 'present')
      const { run } = await at().scene.open('twice')
      const digest = await at().save(run, 1, [at().store('twice.bin', 'twice')])
      await Promise.all([pass(newWalk()), pass(newWalk())])
      assert.deepEqual(await lookOf(digest), ['present passed cairn'])
    })

    test('a bucket is probed when a namespace first uses it, and not again', async () => {
      const { context } = at().scene.at.catalog
      const { run } = await at().scene.open('first-use')
      await at().save(run, 1, [at().store('first.bin', 'first')])
      const namespace = 'airline' as NamespaceName
      const first = await probeNewBuckets(context, namespace, undefined)
      assert.deepEqual(first.buckets, ['states'])
      const again = await probeNewBuckets(context, namespace, first.upTo)
      assert.deepEqual(again, { upTo: first.upTo, buckets: [] })
      const [, states] = itemsOf(await at().scene.get('/buckets'))
      assert.equal(states.probe.actor, 'cairn')
    })

    test('what follows beside the requests ends when it is told to', async () => {
      const follower = followBlobs(at().scene.at.catalog, 1)
      await follower.close()
    })
  })
}
