import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { BucketFeature } from '../../schema/bucket.ts'
import type { PinnedObject } from '../../server/store/blob-store.ts'
import type { S3BlobStore } from '../../server/store/s3-blob-store.ts'
import { clientOf } from './client.ts'
import type { StoreName } from './deviations.ts'
import { onEachServer } from './each-server.ts'
import { openTestStore, useCredentials } from './open-store.ts'
import type { BucketKind } from './servers/s3-server.ts'

const never = new AbortController().signal

/** What a probe does not find proven in a bucket with object lock, where it is not everything. */
const unproven: Readonly<Record<StoreName, readonly BucketFeature[]>> = {
  aws: [],
  double: [],
  versitygw: [],
  'ceph-rgw': [
    'sha256-check',
    'sha256-attestation',
    'crc64nvme-attestation',
    'conditional-create',
    'conditional-create-race',
    'conditional-replace',
    'trailing-checksum-upload',
    'object-attributes',
    'presigned-upload-check',
  ],
}

onEachServer('the server’s end of a store', ({ name, server }) => {
  interface Place {
    readonly store: S3BlobStore
    put(key: string, text: string, members?: object): Promise<PinnedObject>
    cover(key: string): Promise<void>
  }
  const inBucket = async (
    kind: BucketKind,
    check: (place: Place) => Promise<void>,
  ): Promise<void> => {
    const at = await server().newBucket(kind)
    if (at === undefined) return
    useCredentials(server())
    const { bucket, prefix } = at
    const client = clientOf(server())
    const store = openTestStore(server(), bucket)
    const put: Place['put'] = async (key, text, members = {}) => {
      const object = { Bucket: bucket, Key: `${prefix}${key}` }
      const command = new PutObjectCommand({ ...object, Body: text, ...members })
      const { VersionId } = await client.send(command)
      return { uri: `s3://${bucket}/${object.Key}`, versionId: VersionId ?? 'null' }
    }
    const cover = async (key: string): Promise<void> => {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${prefix}${key}` }))
    }
    try {
      await check({ store, put, cover })
    } finally {
      store.close()
      client.destroy()
    }
  }
  const textOf = async (store: S3BlobStore, object: PinnedObject): Promise<string> => {
    const pieces: Uint8Array[] = []
    for await (const piece of store.read(object, never)) pieces.push(piece)
    return Buffer.concat(pieces).toString()
  }

  test('stats, reads and presigns the pinned version, under newer ones and a marker', () =>
    inBucket('versioned', async ({ store, put, cover }) => {
      const first = await put('model.bin', 'first')
      await put('model.bin', 'second one')
      await cover('model.bin')
      const { sizeBytes, isArchived, legalHold } = await store.stat(first, never)
      assert.deepEqual(
        { sizeBytes, isArchived, legalHold },
        { sizeBytes: 5, isArchived: false, legalHold: false },
      )
      assert.equal(await textOf(store, first), 'first')
      const url = (await store.presign?.(first, 60)) ?? ''
      assert.equal(await (await fetch(url)).text(), 'first')
    }))

  test('removes one version, and says so of one that is gone', () =>
    inBucket('versioned', async ({ store, put }) => {
      const first = await put('model.bin', 'first')
      const second = await put('model.bin', 'second')
      assert.equal(await store.remove(first, never), 'removed')
      assert.equal(await store.remove(first, never), 'absent')
      await assert.rejects(store.stat(first, never), { code: 'BLOB_NOT_FOUND' })
      await assert.rejects(textOf(store, first), { code: 'BLOB_NOT_FOUND' })
      assert.equal(await textOf(store, second), 'second')
      assert.equal(await store.remove(second, never), 'removed')
      await assert.rejects(store.stat(second, never), { code: 'BLOB_NOT_FOUND' })
    }))

  test('leaves a locked version, and knows why', () =>
    inBucket('locked', async ({ store, put }) => {
      const object = await put('model.bin', 'locked', {
        ContentMD5: createHash('md5').update('locked').digest('base64'),
        ObjectLockMode: 'GOVERNANCE',
        ObjectLockRetainUntilDate: new Date(Date.now() + 60_000),
      })
      assert.equal((await store.stat(object, never)).lock?.mode, 'GOVERNANCE')
      await assert.rejects(store.remove(object, never), { code: 'BLOB_LOCKED' })
      assert.equal(await textOf(store, object), 'locked')
    }))

  test('lists every version once, across pages and from any marker on', () =>
    inBucket('versioned', async ({ store, put }) => {
      for (let turn = 0; turn < 3; turn += 1) {
        for (const key of ['a', 'b', 'c']) await put(key, `${key}${turn}`)
      }
      const all = []
      for await (const one of store.listVersions(undefined, never)) all.push(one)
      assert.equal(new Set(all.map((one) => one.versionId)).size, 9)
      assert.equal(all.length, 9)
      for (const [place, { marker }] of all.entries()) {
        const rest = []
        for await (const one of store.listVersions(marker, never)) rest.push(one.versionId)
        assert.deepEqual(
          rest,
          all.slice(place + 1).map((one) => one.versionId),
        )
      }
    }))

  test('proves by a probe what this store can do, and leaves nothing but what it has locked', () =>
    inBucket('locked', async ({ store }) => {
      const found = await store.probe('probe', never)
      const missing = found.features.filter(({ result }) => result !== 'proven')
      assert.deepEqual(
        missing.map(({ feature }) => feature),
        unproven[name],
        JSON.stringify(missing, undefined, 1),
      )
      assert.equal(found.versioning, 'enabled')
      assert.ok(found.leftovers <= 1)
    }))
})
