import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { ReservedManifest } from '../../schema/reservation.ts'
import type { Run } from '../../schema/run.ts'
import { abandonExpired } from '../../server/register/abandon-expired.ts'
import { dialects, openTestCatalog, type Called } from '../harness/catalog.ts'
import { idOf, sampleBlob, sampleManifest, sampleReserved } from '../harness/samples.ts'
import { holding } from '../log/drafts.ts'
import { answered, itemsOf, refused, sceneIn, unproven, useScene, type Scene } from './scene.ts'

const LEASE_MS = 60_000

/** What a rank puts; `content` makes it another one. */
const shardOf = (rank: number, content = '') => ({
  blobs: [sampleBlob(`shard-${rank}.bin`, `${rank} ${content}`)],
  seeds: [{ generator: 'numpy.pcg64', seed: rank }],
})

function callsOf(scene: Scene) {
  const at = (reservation: string, rest = ''): string => `/reservations/${reservation}${rest}`
  return {
    reserve: (manifest: ReservedManifest, leaseSeconds?: number) =>
      scene.post('/reservations', {
        manifest,
        ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
      }),
    put: (reservation: string, rank: number | string, body: unknown = shardOf(Number(rank))) =>
      scene.put(at(reservation, `/shards/${rank}`), body),
    keep: (reservation: string, body = {}) => scene.post(at(reservation, '/keep-alive'), body),
    finalize: (reservation: string, body = {}) => scene.post(at(reservation, '/finalize'), body),
    abandon: (reservation: string, body = {}) => scene.post(at(reservation, '/abandon'), body),
    get: (reservation: string, query = '') => scene.get(at(reservation, query)),
    shards: (reservation: string, query = '') => scene.get(at(reservation, `/shards${query}`)),
    list: (query: string) => scene.get(`/reservations${query}`),
  }
}

/** The manifest that the catalog has to make. */
const assembled = (reserved: ReservedManifest): Manifest => ({
  ...reserved,
  shards: Array.from({ length: reserved.worldSize }, (_, rank) => ({ rank, ...shardOf(rank) })),
})

for (const dialect of dialects) {
  describe(`reservations on ${dialect}`, () => {
    const scene = useScene(dialect)
    const calls = () => callsOf(scene())
    const open = async (job: string): Promise<Run> => (await scene().open(job)).run
    const reserve = async (manifest: ReservedManifest): Promise<string> =>
      answered(await calls().reserve(manifest), 201).reservation
    /** An open run, and a reservation of three workers for its step 1. */
    const begin = async (job: string) => {
      const run = await open(job)
      const manifest = sampleReserved(run, 1, 3)
      return { run, manifest, id: await reserve(manifest) }
    }
    const sweep = () =>
      abandonExpired(scene().at.catalog.context, (error) => assert.fail(String(error)))

    /** Calls in this order, which the log takes together. */
    const inOneBatch = async <const Asked extends readonly (() => Promise<Called>)[]>(
      asked: Asked,
    ): Promise<{ readonly [Place in keyof Asked]: Called }> => {
      const { log } = scene().at.catalog.context
      const { command, begun, release } = holding(scene().namespace)
      const held = log.append(command)
      await begun
      const called: Promise<Called>[] = []
      for (const ask of asked) {
        called.push(ask())
        while (log.waitingCount() < called.length) await setImmediate()
      }
      release()
      await held
      return (await Promise.all(called)) as { readonly [Place in keyof Asked]: Called }
    }

    test('shards come in any order, and the checkpoint has them in that of their ranks', async () => {
      const { run, manifest, id } = await begin('order')
      const expected = assembled(manifest)
      for (const [place, rank] of [2, 0, 1].entries()) {
        refused(await calls().finalize(id), 'SHARDS_INCOMPLETE')
        refused(await scene().latest('order'), 'NO_GOOD_CHECKPOINT')
        const put = answered(await calls().put(id, rank), 200)
        assert.equal(put.digest, digestOf(canonicalize(expected.shards[rank])))
        assert.deepEqual([put.shardCount, put.complete], [place + 1, place === 2])
      }
      const receipt = answered(await calls().finalize(id), 201)
      assert.equal(receipt.checkpoint, idOf(expected))
      assert.deepEqual(answered(await calls().finalize(id), 200), receipt)
      const stored = await scene().get(`/checkpoints/${receipt.checkpoint}/manifest`)
      assert.deepEqual(answered(stored, 200), expected)
      assert.equal((await scene().latest('order')).body.checkpoint.checkpoint, receipt.checkpoint)
      const ended = answered(await calls().get(id), 200)
      assert.deepEqual(
        [ended.state, ended.checkpoint, ended.endedIndex, ended.run],
        ['finalized', receipt.checkpoint, receipt.index, run.run],
      )
      assert.deepEqual(itemsOf(await calls().shards(id)), [])
      // Workers that come late, and repeat themselves.
      assert.equal(answered(await calls().put(id, 1), 200).complete, true)
      refused(await calls().put(id, 1, shardOf(1, 'other')), 'SHARD_CONFLICT')
      assert.equal(answered(await calls().keep(id), 200).leaseUntil, undefined)
      refused(await calls().abandon(id), 'RESERVATION_ENDED')
    })

    test('what comes in one batch sees what came before it', async () => {
      const run = await open('batch')
      const reserved = sampleReserved(run, 1, 1)
      const id = await reserve(reserved)
      const [put, end, again, repeat] = await inOneBatch([
        () => calls().put(id, 0),
        () => calls().finalize(id),
        () => calls().put(id, 0),
        () => calls().finalize(id),
      ])
      assert.equal(answered(put, 200).complete, true)
      assert.equal(answered(again, 200).digest, put.body.digest)
      assert.equal(answered(end, 201).checkpoint, idOf(assembled(reserved)))
      assert.deepEqual(answered(repeat, 200), end.body)
      assert.deepEqual(itemsOf(await calls().shards(id)), [])
      // Given up and reserved again at once: the old shards stay, and are none of the new one's.
      const next = { ...reserved, step: 2 }
      const first = await reserve(next)
      answered(await calls().put(first, 0), 200)
      const [given, second] = await inOneBatch([
        () => calls().abandon(first),
        () => calls().reserve(next),
      ])
      answered(given, 200)
      const { reservation, shardCount } = answered(second, 201)
      assert.notEqual(reservation, first)
      assert.equal(shardCount, 0)
      assert.equal(itemsOf(await calls().shards(first)).length, 1)
    })

    test('who is missing can be asked', async () => {
      const { id } = await begin('missing')
      answered(await calls().put(id, 1), 200)
      const status = answered(await calls().get(id), 200)
      assert.deepEqual([status.state, status.shardCount, status.missing], ['open', 1, [0, 2]])
      const facts = refused(await calls().finalize(id), 'SHARDS_INCOMPLETE')
      assert.deepEqual(facts.missingRanks, [0, 2])
      const [only] = itemsOf(await calls().shards(id))
      assert.deepEqual([only.rank, only.blobs], [1, shardOf(1).blobs])
    })

    test('a rank puts one shard; another one is a conflict that names both', async () => {
      const { id } = await begin('ranks')
      const first = answered(await calls().put(id, 0), 200)
      assert.deepEqual(answered(await calls().put(id, 0), 200), first)
      const facts = refused(await calls().put(id, 0, shardOf(0, 'other')), 'SHARD_CONFLICT')
      const second = digestOf(canonicalize({ rank: 0, ...shardOf(0, 'other') }))
      assert.deepEqual(facts, { rank: 0, first: first.digest, second })
      refused(await calls().put(id, 3), 'RANK_OUT_OF_RANGE')
      refused(await calls().put(id, '01', shardOf(1)), 'RANK_OUT_OF_RANGE')
      refused(await calls().put(id, '-1', shardOf(1)), 'RANK_OUT_OF_RANGE')
      const twice = { blobs: [sampleBlob('a'), sampleBlob('a')] }
      refused(await calls().put(id, 1, twice), 'INVALID_REQUEST')
      const { versionId: _, ...unpinned } = sampleBlob('a')
      refused(await calls().put(id, 1, { blobs: [unpinned] }), 'UNPINNED_BLOB')
    })

    test('every worker may reserve, with the same members and world size', async () => {
      const { manifest, id } = await begin('again')
      assert.equal(answered(await calls().reserve(manifest), 200).reservation, id)
      const smaller = { ...manifest, worldSize: 2 }
      const sizes = refused(await calls().reserve(smaller), 'WORLD_SIZE_MISMATCH')
      assert.deepEqual(sizes, { reservation: id, declared: 3, asked: 2 })
      for (const asked of [
        calls().put(id, 0, { ...shardOf(0), worldSize: 4 }),
        calls().keep(id, { worldSize: 4 }),
        calls().finalize(id, { worldSize: 4 }),
      ]) {
        refused(await asked, 'WORLD_SIZE_MISMATCH')
      }
      const other = { ...manifest, parameters: { rate: 1 } }
      const facts = refused(await calls().reserve(other), 'RESERVATION_CONFLICT')
      assert.deepEqual(facts, {
        reservation: id,
        first: digestOf(canonicalize(manifest)),
        second: digestOf(canonicalize(other)),
      })
      const crowd = await Promise.all(
        [1, 2, 3].map(() => calls().reserve({ ...manifest, step: 2 })),
      )
      assert.deepEqual(statuses(crowd), [200, 200, 201])
      assert.equal(new Set(crowd.map(({ body }) => body.reservation)).size, 1)
    })

    test('signs of life keep a lease, and silence ends it', async () => {
      const { manifest, id } = await begin('silence')
      scene().at.advance(LEASE_MS - 1)
      answered(await calls().put(id, 0), 200)
      scene().at.advance(LEASE_MS - 1)
      answered(await calls().keep(id), 200)
      scene().at.advance(LEASE_MS)
      const size = await scene().size()
      refused(await calls().put(id, 1), 'RESERVATION_EXPIRED')
      assert.equal(await scene().size(), size + 1)
      for (const asked of [calls().put(id, 1), calls().keep(id), calls().finalize(id)]) {
        refused(await asked, 'RESERVATION_EXPIRED')
      }
      assert.equal(await scene().size(), size + 1)
      const left = answered(await calls().get(id), 200)
      assert.deepEqual(
        [left.state, left.reason, left.shardCount, left.blobs, left.missing],
        ['abandoned', 'expired', 1, shardOf(0).blobs, [1, 2]],
      )
      assert.equal(left.blobBytes, shardOf(0).blobs[0]?.sizeBytes)
      const next = answered(await calls().reserve(manifest), 201)
      assert.notEqual(next.reservation, id)
      assert.equal(next.shardCount, 0)
    })

    test('what nobody touches any more is recorded, and names what it left behind', async () => {
      const { run, id } = await begin('orphans')
      answered(await calls().put(id, 2), 200)
      // Those of other tests.
      await sweep()
      scene().at.advance(LEASE_MS - 1)
      assert.equal(await sweep(), 0)
      scene().at.advance(1)
      assert.ok((await sweep()) >= 1)
      assert.equal(await sweep(), 0)
      const [left] = itemsOf(await calls().list(`?run=${run.run}&state=abandoned`))
      assert.deepEqual([left.reservation, left.endedBy], [id, 'cairn'])
      assert.deepEqual(left.blobs, shardOf(2).blobs)
      assert.deepEqual(itemsOf(await calls().list(`?run=${run.run}&state=open`)), [])
      const before = `?run=${run.run}&state=open&asOf=${left.endedIndex - 1}`
      assert.equal(itemsOf(await calls().list(before))[0].reservation, id)
      refused(await scene().latest('orphans'), 'NO_GOOD_CHECKPOINT')
    })

    test('a reservation ends after its longest life, however it is kept alive', async () => {
      const { run } = await begin('long')
      const leaseSeconds = 3_600
      const reserved = await calls().reserve(sampleReserved(run, 9, 1), leaseSeconds)
      const { reservation } = answered(reserved, 201)
      for (let hour = 0; hour < 24; hour += 1) {
        answered(await calls().keep(reservation), 200)
        scene().at.advance(leaseSeconds * 1_000 - 1)
      }
      answered(await calls().keep(reservation), 200)
      scene().at.advance(24)
      refused(await calls().keep(reservation), 'RESERVATION_EXPIRED')
    })

    test('a newer attempt, and the end of a run, end what they reserved', async () => {
      const { id } = await begin('fenced')
      for (const rank of [0, 1, 2]) answered(await calls().put(id, rank), 200)
      const { run: newer } = await scene().open('fenced')
      refused(await calls().finalize(id), 'ATTEMPT_FENCED')
      refused(await calls().put(id, 0), 'ATTEMPT_FENCED')
      const fenced = answered(await calls().get(id), 200)
      assert.deepEqual([fenced.reason, fenced.blobCount], ['fenced', 3])
      const last = await reserve(sampleReserved(newer, 1, 1))
      answered(await scene().post(`/runs/${newer.run}/close`, { outcome: 'failed' }), 200)
      refused(await calls().put(last, 0), 'RUN_CLOSED')
      refused(await calls().reserve(sampleReserved(newer, 2, 1)), 'RUN_CLOSED')
    })

    test('what a registration would refuse is refused when reserving, and again at the end', async () => {
      const run = await open('checks')
      const reserved = sampleReserved(run, 5, 1)
      const nowhere = digestOf('nowhere')
      for (const [code, members] of [
        ['BASE_REQUIRED', { kind: 'delta' }],
        ['BASE_NOT_FOUND', { kind: 'delta', base: nowhere }],
        ['ENVIRONMENT_NOT_FOUND', { environment: nowhere }],
        ['RUN_MISMATCH', { attempt: 2 }],
        ['RUN_MISMATCH', { namespace: 'railway' }],
        ['RUN_NOT_FOUND', { run: 'nobody' }],
        ['INVALID_REQUEST', { worldSize: 0 }],
        ['UNKNOWN_PROPERTY', { shards: [] }],
      ] as const) {
        const asked = { ...reserved, ...members } as ReservedManifest
        refused(await calls().reserve(asked), code)
      }
      const id = await reserve(reserved)
      const later = await reserve({ ...reserved, step: 7 })
      answered(await calls().put(id, 0), 200)
      answered(await calls().put(later, 0), 200)
      answered(await calls().finalize(later), 201)
      refused(await calls().finalize(id), 'STEP_REGRESSION')
      refused(
        await calls().reserve({ ...reserved, step: 7, labels: { a: 'b' } }),
        'REGISTRATION_CONFLICT',
      )
      assert.equal(
        answered(await calls().reserve({ ...reserved, step: 7 }), 200).state,
        'finalized',
      )
    })

    test('the same manifest registered without the reservation leaves nothing behind', async () => {
      const { manifest, id } = await begin('beside')
      for (const rank of [0, 1, 2]) answered(await calls().put(id, rank), 200)
      const direct = answered(await scene().register(assembled(manifest)), 201)
      assert.deepEqual(answered(await calls().finalize(id), 200), direct)
      assert.deepEqual(answered(await calls().finalize(id), 200), direct)
      const ended = answered(await calls().get(id), 200)
      assert.deepEqual(
        [ended.reason, ended.checkpoint, ended.blobCount, ended.blobs],
        ['superseded', direct.checkpoint, 0, undefined],
      )
    })

    test('giving up is recorded once', async () => {
      const { id, manifest } = await begin('given-up')
      answered(await calls().put(id, 0), 200)
      const note = 'Out of memory.'
      const first = answered(await calls().abandon(id, { note }), 200)
      assert.deepEqual(answered(await calls().abandon(id), 200), first)
      const { state, reason, note: said, blobs } = unproven(first)
      assert.deepEqual([state, reason, said, blobs], ['abandoned', 'asked', note, shardOf(0).blobs])
      refused(await calls().put(id, 1), 'RESERVATION_ENDED')
      assert.notEqual(await reserve(manifest), id)
    })

    test('what nobody reserved is RESERVATION_NOT_FOUND', async () => {
      for (const asked of [
        calls().get('nobody'),
        calls().put('nobody', 0),
        calls().keep('nobody'),
        calls().finalize('nobody'),
        calls().abandon('nobody'),
        calls().shards('nobody'),
      ]) {
        refused(await asked, 'RESERVATION_NOT_FOUND')
      }
    })

    test('two servers assemble one checkpoint', async () => {
      const { manifest, id } = await begin('two')
      const second = await openTestCatalog(dialect, scene().at.config)
      try {
        const others = callsOf(sceneIn(second, scene().namespace))
        const shift = scene().at.catalog.context.nowMs() - second.catalog.context.nowMs()
        second.advance(shift)
        const puts = [calls().put(id, 0), others.put(id, 0), others.put(id, 1), calls().put(id, 2)]
        for (const put of await Promise.all(puts)) answered(put, 200)
        const ends = await Promise.all([calls().finalize(id), others.finalize(id)])
        assert.deepEqual(statuses(ends), [200, 201])
        assert.equal(ends[0]?.body.checkpoint, idOf(assembled(manifest)))
        assert.deepEqual(ends[0]?.body.checkpoint, ends[1]?.body.checkpoint)
        // The lease has ended for both: one of them says so.
        const { id: lost } = await begin('two-lost')
        for (const at of [scene().at, second]) at.advance(LEASE_MS)
        const lates = await Promise.all([calls().put(lost, 0), others.put(lost, 1)])
        for (const late of lates) refused(late, 'RESERVATION_EXPIRED')
        const history = itemsOf(await calls().list('?job=two-lost'))
        assert.deepEqual(
          history.map((one: { state: string }) => one.state),
          ['abandoned'],
        )
      } finally {
        await second.catalog.close()
      }
    })

    test('lists come in pages', async () => {
      const run = await open('pages')
      const ids: string[] = []
      for (const step of [1, 2, 3]) ids.unshift(await reserve(sampleReserved(run, step, 2)))
      const page = answered(await calls().list('?job=pages&limit=2'), 200)
      const rest = answered(await calls().list(`?job=pages&limit=2&cursor=${page.next}`), 200)
      const found = [...page.items, ...rest.items].map(
        (one: { reservation: string }) => one.reservation,
      )
      assert.deepEqual(found, ids)
      const [id = ''] = ids
      for (const rank of [0, 1]) answered(await calls().put(id, rank), 200)
      const first = answered(await calls().shards(id, '?limit=1'), 200)
      const second = answered(await calls().shards(id, `?limit=1&cursor=${first.next}`), 200)
      const ranks = [...first.items, ...second.items].map((one: { rank: number }) => one.rank)
      assert.deepEqual([ranks, second.next], [[0, 1], null])
    })

    test('a step that is registered meanwhile by another manifest is lost cleanly', async () => {
      const { run, id } = await begin('taken')
      for (const rank of [0, 1, 2]) answered(await calls().put(id, rank), 200)
      const taken = await scene().save(run, 1)
      const facts = refused(await calls().finalize(id), 'REGISTRATION_CONFLICT')
      assert.equal(facts.checkpoint, taken)
      assert.equal(idOf(sampleManifest(run, 1)), taken)
      scene().at.advance(LEASE_MS)
      assert.ok((await sweep()) >= 1)
      assert.equal(answered(await calls().get(id), 200).reason, 'expired')
    })
  })
}

const statuses = (calls: readonly Called[]): readonly number[] =>
  calls.map(({ status }) => status).toSorted((left, right) => left - right)
