import { after, before, beforeEach } from 'node:test'
import { parseS3Uri } from '../../client-sdk/stores/s3/s3-uri.ts'
import type { Dialect } from '../../migrations/dialect.ts'
import { digestOf } from '../../schema/digest.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { Run } from '../../schema/run.ts'
import { openTestCatalog } from '../harness/catalog.ts'
import { declareScene, type Scene } from '../register/scene.ts'
import type { S3Double } from '../s3/double/s3-double.ts'
import { startS3Double } from '../s3/double/s3-double.ts'
import { configWithBuckets, useCredentials } from '../s3/open-store.ts'

export type Blob = Manifest['shards'][number]['blobs'][number]

/** A catalog over a strict S3 double with the buckets `states`, `replica` and `unusual`. */
export interface BlobScene {
  readonly scene: Scene
  readonly double: S3Double
  /** Stores bytes as a job would have, and gives the reference. */
  store(key: string, text: string, bucket?: string): Blob
  /** Registers a checkpoint with these blobs. */
  save(run: Run, step: number, blobs: readonly Blob[]): Promise<Digest>
  /** What a blob's version is called behind the store's back. */
  nameOf(blob: Pick<Blob, 'uri' | 'versionId'>): { bucket: string; key: string; versionId: string }
}

/** Within a suite: opens one before its tests and closes it after them; faults end with each test. */
export function useBlobScene(dialect: Dialect): () => BlobScene {
  let opened: BlobScene | undefined
  before(async () => {
    const double = await startS3Double()
    useCredentials(double)
    double.createBucket('states', { lock: true })
    double.createBucket('replica')
    double.createBucket('unusual')
    const buckets = ['states', 'replica', 'unusual'].map((bucket) => ({ bucket }))
    const config = await configWithBuckets(dialect, double, buckets)
    const scene = await declareScene(await openTestCatalog(dialect, config), 'airline')
    opened = sceneOver(scene, double)
  })
  beforeEach(() => {
    opened?.double.faults.clear()
    opened?.double.traffic.reset()
  })
  after(async () => {
    await opened?.scene.at.close()
    await opened?.double.stop()
  })
  return () => {
    if (opened === undefined) throw new Error('the suite has not begun')
    return opened
  }
}

function sceneOver(scene: Scene, double: S3Double): BlobScene {
  return {
    scene,
    double,
    store: (key, text, bucket = 'states') => ({
      name: key.split('/').at(-1) ?? key,
      uri: `s3://${bucket}/${key}`,
      versionId: double.behindTheBack.store(bucket, key, Buffer.from(text)),
      sizeBytes: Buffer.byteLength(text),
      digest: digestOf(text),
    }),
    save: (run, step, blobs) => scene.save(run, step, { shards: [{ rank: 0, blobs }] }),
    nameOf: ({ uri, versionId }) => {
      const { bucket, key } = parseS3Uri(uri) ?? { bucket: '', key: '' }
      return { bucket, key, versionId }
    },
  }
}
