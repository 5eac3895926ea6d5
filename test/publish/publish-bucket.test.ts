import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { openS3Tiles } from '../../client-sdk/s3.ts'
import { auditLog } from '../../client-sdk/verify/audit-log.ts'
import type { Dialect } from '../../migrations/dialect.ts'
import { openBucketTarget } from '../../server/publish/bucket-target.ts'
import type { PublishedLog } from '../../server/publish/publish-log.ts'
import { publishAll } from '../../server/publish/publisher.ts'
import type { PublishTarget } from '../../server/publish/tile-sink.ts'
import { dialects, openTestCatalog } from '../harness/catalog.ts'
import { answered, declareScene, type Scene } from '../register/scene.ts'
import { clientOf } from '../s3/client.ts'
import { onEachServer } from '../s3/each-server.ts'
import { configWithBuckets, useCredentials } from '../s3/open-store.ts'
import type { S3Server } from '../s3/servers/s3-server.ts'
import { logKeysOf, NAMESPACE } from '../witness/deployment.ts'

/** A catalog that publishes to a bucket which somebody has probed. */
interface Published {
  readonly scene: Scene
  readonly bucket: string
  /** Where a target publishes to. */
  readonly uri: string
  openTarget(): PublishTarget
  publish(target?: PublishTarget): Promise<readonly PublishedLog[]>
  /** Asserts that the bucket has a whole log; gives its size. */
  audited(): Promise<number>
  growTo(size: number): Promise<void>
  /** Versions of each key of the log, by what follows its prefix. */
  keys(): Promise<readonly string[]>
  put(path: string, text: string): Promise<void>
}

async function openPublished(
  context: TestContext,
  server: S3Server,
  dialect: Dialect,
): Promise<Published> {
  const at = await server.newBucket('versioned')
  assert.ok(at)
  const { bucket, prefix } = at
  useCredentials(server)
  const config = await configWithBuckets(dialect, server, [
    { bucket, name: 'public', ...(prefix === '' ? {} : { prefix }) },
  ])
  const scene = await declareScene(await openTestCatalog(dialect, config), NAMESPACE)
  const client = clientOf(server)
  context.after(async () => {
    await scene.at.close()
    client.destroy()
  })
  answered(await scene.post('/buckets/public/probe', {}), 201)
  const { db, signer, cosignatures, blobs } = scene.at.catalog.context
  const [uri, place] = [`s3://${bucket}/${prefix}logs`, `${prefix}logs/${NAMESPACE}/`]
  const openTarget = (): PublishTarget => openBucketTarget({ uri, blobs, db })
  return {
    scene,
    bucket,
    uri,
    openTarget,
    publish: async (target = openTarget()) => {
      const failures: unknown[] = []
      const onFailure = (error: unknown): void => void failures.push(error)
      const signal = new AbortController().signal
      const done = await publishAll({ db, signer, cosignatures, target, onFailure }, signal)
      target.close()
      if (failures.length > 0) await Promise.reject(failures[0])
      return done
    },
    audited: async () => {
      const { endpoint, region, credentials } = server
      const tiles = openS3Tiles({ endpoint, region, credentials, bucket, prefix: place })
      const [key] = logKeysOf(scene.at)
      assert.ok(key)
      const verdict = await auditLog(tiles, { keys: [key] })
      assert.deepEqual(verdict.findings, [])
      return verdict.checkedCount
    },
    growTo: async (size) => {
      const from = await scene.size()
      const jobs = Array.from({ length: size - from }, (_, one) =>
        scene.put(`/jobs/job-${from + one}`, {}),
      )
      for (const job of await Promise.all(jobs)) answered(job, 200)
    },
    keys: async () => {
      const command = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: place })
      const { Versions = [] } = await client.send(command)
      return Versions.map(({ Key = '' }) => Key.slice(place.length))
    },
    put: async (path, text) => {
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: `${place}${path}`, Body: text }),
      )
    },
  }
}

/** A target that ends after so many files, or does something before a head is put. */
function disturbed(
  target: PublishTarget,
  {
    fileCount = Number.POSITIVE_INFINITY,
    beforeHead,
  }: {
    readonly fileCount?: number
    readonly beforeHead?: () => Promise<void>
  },
): PublishTarget {
  let left = fileCount
  const takeOne = (): void => {
    if (left === 0) throw new Error('killed')
    left -= 1
  }
  return {
    ...target,
    sinkOf: (namespace) => {
      const sink = target.sinkOf(namespace)
      return {
        ...sink,
        add: async (files) => {
          for (const file of files) {
            takeOne()
            await sink.add([file])
          }
        },
        replaceHead: async (bytes) => {
          takeOne()
          await beforeHead?.()
          return sink.replaceHead(bytes)
        },
      }
    },
  }
}

onEachServer('publishing a log to a bucket', ({ name, server }) => {
  for (const dialect of dialects) {
    test(`adds what the log has grown by, the head last, on ${dialect}`, async (context) => {
      const at = await openPublished(context, server(), dialect)
      const { run } = await at.scene.open('nightly')
      const digest = await at.scene.save(run, 1)
      for (const size of [10, 256, 300]) {
        await at.growTo(size)
        const [published] = await at.publish()
        assert.equal(published?.size, size)
        assert.equal(await at.audited(), size)
      }
      const keys = await at.keys()
      // What is there for good is put once, whatever it was published with; the head has a version a time.
      assert.equal(new Set(keys).size + 2, keys.length)
      assert.equal(keys.filter((key) => key === 'checkpoint').length, 3)
      assert.ok(keys.includes(`documents/${digest.replace(':', '/')}`))
      // Partial tiles of older heads went when the full one was there.
      assert.deepEqual(
        keys.filter((key) => key.startsWith('tile/0/')),
        ['tile/0/000', 'tile/0/001.p/44'],
      )
      const again = await at.publish()
      assert.deepEqual(again, [{ namespace: NAMESPACE, before: 300, size: 300 }])
    })

    test(`is a whole log wherever it is cut off, and goes on from there, on ${dialect}`, async (context) => {
      const at = await openPublished(context, server(), dialect)
      await at.growTo(40)
      await at.publish()
      await at.growTo(270)
      // Bundle and tile of each, one tile above, the head.
      for (let fileCount = 0; fileCount < 6; fileCount += 1) {
        await assert.rejects(at.publish(disturbed(at.openTarget(), { fileCount })), /killed/)
        assert.equal(await at.audited(), 40)
      }
      await at.publish(disturbed(at.openTarget(), { fileCount: 6 }))
      assert.equal(await at.audited(), 270)
    })

    test(`of two followers none puts an older head over a newer one, on ${dialect}`, async (context) => {
      const at = await openPublished(context, server(), dialect)
      let overtakenCount = 0
      for (const size of [20, 40]) {
        await at.growTo(size)
        const beforeHead = async (): Promise<void> => {
          if (overtakenCount * 20 >= size) return
          overtakenCount += 1
          await at.growTo(size + 10)
          assert.equal((await at.publish())[0]?.size, size + 10)
        }
        const done = await at.publish(disturbed(at.openTarget(), { beforeHead }))
        assert.equal(done[0]?.size, size + 10)
        assert.equal(await at.audited(), size + 10)
      }
      assert.equal(overtakenCount, 2)
      assert.equal((await at.keys()).filter((key) => key === 'checkpoint').length, 2)
    })
  }

  test('replaces nothing that is there with other bytes, where a condition is proven', async (context) => {
    // Ceph takes no condition in a versioned bucket.
    if (name === 'ceph-rgw') return
    const at = await openPublished(context, server(), 'sqlite')
    await at.growTo(10)
    await at.put('tile/0/000.p/10', 'something else')
    await assert.rejects(at.publish(), { code: 'CONFIG_INVALID', message: /with other bytes/ })
    assert.ok(!(await at.keys()).includes('checkpoint'))
  })

  test('goes to buckets of the configuration only', async (context) => {
    const at = await openPublished(context, server(), 'sqlite')
    const { db, blobs } = at.scene.at.catalog.context
    await at.growTo(10)
    for (const uri of ['s3://elsewhere/logs', `s3://${at.bucket}-2/logs`]) {
      const target = openBucketTarget({ uri, blobs, db })
      await assert.rejects(at.publish(target), { code: 'BUCKET_NOT_ALLOWED' })
    }
    for (const uri of ['s3://', 's3://b/a b', `s3://${at.bucket}/a/../b`, 's3://u:p@host/x']) {
      assert.throws(() => openBucketTarget({ uri, blobs, db }), { code: 'CONFIG_INVALID' })
    }
  })
})
