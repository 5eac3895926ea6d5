import { after } from 'node:test'
import type { S3StoreOptions } from '../../client-sdk/s3.ts'
import type { BlobReference } from '../../client-sdk/api.ts'
import type { BlobReader } from '../../client-sdk/node.ts'
import { startS3Double, type S3Double, type S3DoubleOptions } from '../s3/double/s3-double.ts'

export const MIB = 1024 * 1024

/** A double for a whole file of tests, and options of stores over its buckets that make no test wait. */
export async function s3Fixture(options: S3DoubleOptions = {}): Promise<{
  readonly double: S3Double
  /** A new bucket, and how to open it. */
  newBucket(bucket?: Parameters<S3Double['createBucket']>[1]): S3StoreOptions
}> {
  const double = await startS3Double(options)
  after(() => double.stop())
  let bucketCount = 0
  return {
    double,
    newBucket: (bucketOptions) => {
      bucketCount += 1
      const bucket = `states-${bucketCount}`
      double.createBucket(bucket, bucketOptions)
      double.faults.clear()
      double.traffic.reset()
      const { endpoint, region, credentials } = double
      const connection = { endpoint, region, credentials, random: () => 0 }
      return { ...connection, bucket, prefix: 'jobs/fares', partBytes: 5 * MIB }
    },
  }
}

/** All bytes that a store has for a reference, from an offset on. */
export async function readAll(
  store: BlobReader,
  reference: BlobReference,
  offsetBytes?: number,
): Promise<Buffer> {
  return await joined(store.read(reference, offsetBytes))
}

/** All pieces as one. */
export async function joined(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Content that no two mebibytes of are alike, in pieces that no part ends with. */
export async function* contentOf(sizeBytes: number, pieceBytes = 700_001): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < sizeBytes; offset += pieceBytes) {
    await Promise.resolve()
    const piece = Buffer.alloc(Math.min(pieceBytes, sizeBytes - offset))
    for (let at = 0; at + 8 <= piece.length; at += 4096) piece.writeDoubleLE(offset + at, at)
    yield piece
  }
}
