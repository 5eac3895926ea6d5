import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Digest } from '../../schema/digest.ts'
import { digestOf } from '../../schema/digest.ts'
import type { Reconciliation } from '../../schema/reconciliation.ts'
import type { ListedVersion } from '../../server/store/blob-store.ts'
import { matchVersions } from '../../server/verify/match-versions.ts'
import type { Reference } from '../../server/verify/sort-references.ts'
import { dialects } from '../harness/catalog.ts'
import { sampleManifest, sampleReserved } from '../harness/samples.ts'
import { answered, itemsOf, refused } from '../register/scene.ts'
import { oddKeys } from '../s3/odd-keys.ts'
import { useBlobScene, type Blob } from './blob-scene.ts'

const DAY_MS = 24 * 60 * 60 * 1000

for (const dialect of dialects) {
  describe(`reconciling a bucket, on ${dialect}`, () => {
    const at = useBlobScene(dialect)
    const reconcile = async (bucket: string, body: object = {}): Promise<Reconciliation> => {
      const path = `/buckets/${bucket}/reconciliations`
      let called = await at().scene.post(path, body)
      for (let turn = 0; called.status === 202 && turn < 100; turn += 1) {
        const { reconciliation } = called.body
        called = await at().scene.post(path, { ...body, reconciliation })
      }
      return answered(called, 200)
    }

    test('finds pointers whose version is gone or another, and versions that nobody points at', async () => {
      at().double.createBucket('replica')
      const { run } = await at().scene.open('both-ways')
      const [kept, gone, resized] = ['kept', 'gone', 'resized'].map((key) =>
        at().store(key, key, 'replica'),
      ) as [Blob, Blob, Blob]
      const copied = at().store('copied', 'copied')
      const { uri, versionId } = at().store('copied', 'copied', 'replica')
      const copies = [{ uri, versionId }]
      const digest = await at().save(run, 1, [
        kept,
        gone,
        { ...resized, sizeBytes: 1 },
        { ...copied, copies },
      ])
      // A newer version of a name that is pointed at, and another name: both orphans once they are old.
      const newer = at().store('kept', 'newer', 'replica')
      const orphan = at().store('a/orphan', 'orphan', 'replica')
      at().double.behindTheBack.destroyVersion(at().nameOf(gone))
      const withdrawn = at().store('withdrawn', 'withdrawn', 'replica')
      const tombstoned = await at().save(run, 2, [withdrawn])
      answered(await at().scene.tombstone(tombstoned), 201)

      const young = await reconcile('replica')
      assert.deepEqual([young.counts.young, young.counts.orphans, young.counts.missing], [2, 0, 1])
      at().scene.at.advance(3 * DAY_MS)
      const found = await reconcile('replica')
      assert.deepEqual(found.counts, {
        versions: 6,
        references: 5,
        missing: 1,
        sizeDiffers: 1,
        orphans: 2,
        orphanBytes: newer.sizeBytes + orphan.sizeBytes,
        abandoned: 0,
        young: 0,
      })
      assert.deepEqual(
        found.disagreements.map(({ kind, uri: where, checkpoint }) => [kind, where, checkpoint]),
        [
          ['orphan', orphan.uri, undefined],
          ['missing', gone.uri, digest],
          ['orphan', newer.uri, undefined],
          ['size-differs', resized.uri, digest],
        ],
      )
      const entries = itemsOf(await at().scene.get(`/entries?after=${(found.index ?? 0) - 1}`))
      assert.equal(entries[0].entry.kind, 'bucket.reconciled')
      assert.deepEqual(entries[0].entry.counts, found.counts)
      assert.equal(entries[0].entry.examples.length, 4)
      // It demotes nothing by itself; a look does.
      assert.equal(
        answered(await at().scene.latest('both-ways'), 200).checkpoint.checkpoint,
        digest,
      )
    })

    test('names what an abandoned reservation left behind, and calls nothing an orphan that may still be finalized', async () => {
      at().double.createBucket('replica')
      const reserve = async (job: string, key: string) => {
        const { run } = await at().scene.open(job)
        const body = { manifest: sampleReserved(run, 1, 2), leaseSeconds: 3600 }
        const { reservation } = answered(await at().scene.post('/reservations', body), 201)
        const blob = at().store(key, key, 'replica')
        const put = `/reservations/${reservation}/shards/0`
        answered(await at().scene.put(put, { blobs: [blob] }), 200)
        return { run, reservation, blob }
      }
      const left = await reserve('left', 'left')
      const again = await reserve('left-and-used', 'used')
      for (const { reservation } of [left, again]) {
        answered(await at().scene.post(`/reservations/${reservation}/abandon`, {}), 200)
      }
      // The worker's bytes are those of a checkpoint that was registered without the others.
      await at().save(again.run, 2, [again.blob])
      const open = await reserve('open', 'open')
      const { counts, disagreements } = await reconcile('replica', { minAgeSeconds: 0 })
      assert.deepEqual([counts.orphans, counts.abandoned], [1, 1])
      const orphans = disagreements.filter(({ kind }) => kind === 'orphan')
      assert.deepEqual(
        orphans.map(({ uri, reservation }) => [uri, reservation]),
        [[left.blob.uri, left.reservation]],
      )
      const listed = itemsOf(await at().scene.get('/reservations?state=abandoned'))
      assert.deepEqual(
        listed.map((one: { reservation: string }) => one.reservation),
        [again.reservation, left.reservation],
      )
      const { blobs } = answered(await at().scene.get(`/reservations/${left.reservation}`), 200)
      assert.deepEqual(blobs, [left.blob])
      assert.equal(
        answered(await at().scene.get(`/reservations/${open.reservation}`), 200).state,
        'open',
      )
    })

    test('takes keys as they are, whatever is in them', async () => {
      const { run } = await at().scene.open('odd-keys')
      const blobs = oddKeys.map((key, place) => ({
        ...at().store(key, `content ${place}`, 'unusual'),
        name: String(place),
      }))
      const digest = await at().save(run, 1, blobs)
      const path = `/checkpoints/${digest}/verify`
      assert.equal(
        answered(await at().scene.post(path, { depth: 'verified' }), 200).outcome,
        'passed',
      )
      const [first, ...rest] = blobs
      assert.ok(first)
      at().double.behindTheBack.destroyVersion(at().nameOf(first))
      const { counts, disagreements } = await reconcile('unusual')
      assert.deepEqual(
        [counts.references, counts.versions, counts.missing, counts.orphans, counts.young],
        [blobs.length, rest.length, 1, 0, 0],
      )
      assert.deepEqual(
        disagreements.map(({ uri }) => uri),
        [first.uri],
      )
      const long = { ...first, uri: `s3://unusual/${'雪'.repeat(1_000)}` }
      const manifest = sampleManifest(run, 2, { shards: [{ rank: 0, blobs: [long] }] })
      refused(await at().scene.register(manifest), 'INVALID_REQUEST')
    })

    test('records as many examples as an entry holds, however long their keys are in it', async () => {
      const { bucket } = at().nameOf(at().store('plain', 'plain', 'replica'))
      for (let place = 0; place < 20; place += 1) {
        const key = `${'\u0001'.repeat(900)}${place}`
        at().double.behindTheBack.store(bucket, key, Buffer.from('x'))
      }
      const { counts } = await reconcile('replica', { minAgeSeconds: 0 })
      assert.ok(counts.orphans >= 20)
    })

    test('of a bucket that cannot be listed to its end records nothing', async () => {
      const size = await at().scene.size()
      at().double.faults.add(
        { kind: 'error', code: 'AccessDenied' },
        { operation: 'ListObjectVersions' },
      )
      refused(await at().scene.post('/buckets/replica/reconciliations', {}), 'BUCKET_ACCESS_DENIED')
      refused(
        await at().scene.post('/buckets/replica/reconciliations', { after: 'bm9uZQ' }),
        'INVALID_CURSOR',
      )
      refused(await at().scene.post('/buckets/nowhere/reconciliations', {}), 'BUCKET_NOT_ALLOWED')
      assert.equal(await at().scene.size(), size)
    })

    test('of 100,000 objects sorts more pointers than it keeps, and goes on where one was cut off', async () => {
      at().double.createBucket('states')
      const { run } = await at().scene.open('many')
      const blobs: Blob[] = []
      for (let place = 0; place < 100_000; place += 1) {
        blobs.push(at().store(`many/${(place * 7919) % 100_000}`, String(place % 10)))
      }
      const referred = blobs.slice(0, 99_990)
      for (let step = 0; step < 100; step += 1) {
        const shard = { rank: 0, blobs: referred.slice(step * 1000, step * 1000 + 1000) }
        const named = shard.blobs.map((blob, place) => ({ ...blob, name: String(place) }))
        const manifest = sampleManifest(run, step, { shards: [{ ...shard, blobs: named }] })
        answered(await at().scene.register(manifest), 201)
      }
      for (const blob of referred.slice(0, 5)) {
        at().double.behindTheBack.destroyVersion(at().nameOf(blob))
      }
      at().scene.at.advance(3 * DAY_MS)
      const found = await reconcile('states')
      assert.deepEqual(
        [found.counts.references, found.counts.missing, found.counts.orphans],
        // One more points at a version that was in the bucket before.
        [99_991, 6, 10],
      )

      const path = '/buckets/states/reconciliations'
      const broken = at().double.faults.add(
        { kind: 'error', code: 'AccessDenied' },
        { operation: 'ListObjectVersions', skips: 90 },
      )
      // Slow enough that somebody hears how far it is.
      const slow = at().double.faults.add(
        { kind: 'delay', ms: 60 },
        { operation: 'ListObjectVersions' },
      )
      let cut = await at().scene.post(path, {})
      let next = ''
      for (let turn = 0; cut.status === 202 && turn < 100; turn += 1) {
        next = cut.body.next ?? next
        cut = await at().scene.post(path, { reconciliation: cut.body.reconciliation })
      }
      broken.lift()
      slow.lift()
      refused(cut, 'BUCKET_ACCESS_DENIED')
      assert.notEqual(next, '')
      const rest = await reconcile('states', { after: next })
      assert.ok(rest.counts.versions < found.counts.versions - 10_000)
      const whole = found.disagreements.map(({ kind, uri }) => `${kind} ${uri}`)
      const part = rest.disagreements.map(({ kind, uri }) => `${kind} ${uri}`)
      assert.deepEqual(part, part.length === 0 ? [] : whole.slice(-part.length))
    })
  })
}

test('any listing and any pointers, walked side by side, give what comparing them as sets gives', async () => {
  const item = fc.record({
    key: fc.integer({ min: 0, max: 12 }),
    version: fc.integer({ min: 0, max: 2 }),
  })
  const places = fc.uniqueArray(item, { selector: ({ key, version }) => `${key}/${version}` })
  const uriOf = (key: number): string => `s3://b/${String(key).padStart(2, '0')}`
  await fc.assert(
    fc.asyncProperty(places, places, async (there, wanted) => {
      const byKey = (left: { key: number }, right: { key: number }): number => left.key - right.key
      const listed = there.toSorted(byKey).map(({ key, version }): ListedVersion => ({
        uri: uriOf(key),
        versionId: `v${version}`,
        sizeBytes: 1,
        lastModified: '2026-01-01T00:00:00.000Z',
        isDeleteMarker: false,
        marker: String(key),
      }))
      const references = wanted.toSorted(byKey).map(({ key, version }): Reference => ({
        uri: uriOf(key),
        versionId: `v${version}`,
        sizeBytes: 1,
        checkpoint: digestOf('c') satisfies Digest,
        isWanted: true,
        at: '2026-01-01T00:00:00.000Z',
      }))
      const told: string[] = []
      for await (const { disagreements } of matchVersions(from(listed), from(references), {
        youngMs: Date.now(),
      })) {
        told.push(...disagreements.map(({ kind, uri, versionId }) => `${kind} ${uri} ${versionId}`))
      }
      const nameOf = ({ uri, versionId }: { uri: string; versionId: string }): string =>
        `${uri} ${versionId}`
      const [held, asked] = [new Set(listed.map(nameOf)), new Set(references.map(nameOf))]
      const expected = [
        ...[...asked].filter((name) => !held.has(name)).map((name) => `missing ${name}`),
        ...[...held].filter((name) => !asked.has(name)).map((name) => `orphan ${name}`),
      ]
      assert.deepEqual(told.toSorted(), expected.toSorted())
    }),
  )
})

async function* from<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}
