import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import type { BlobReference } from '../../client-sdk/api.ts'
import { CatalogClient } from '../../client-sdk/index.ts'
import { openS3Store } from '../../client-sdk/s3.ts'
import { verifyDue, type DueWalk } from '../../server/verify/verify-due.ts'
import { dialects, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { clientOf } from './client.ts'
import { onEachServer } from './each-server.ts'
import { configWithBuckets, useCredentials } from './open-store.ts'
import type { S3Server } from './servers/s3-server.ts'

const HOUR_MS = 60 * 60 * 1000
/** More slices than a few checkpoints take. */
const SLICES_MAX_COUNT = 20

/** Carries out the scheduled verification of a catalog, until all that is due has been looked at. */
async function verifyAllDue({ catalog }: TestCatalog): Promise<void> {
  const walk: DueWalk = { postponed: new Map() }
  const options = { pace: async () => undefined, signal: new AbortController().signal }
  for (let count = 0; count < SLICES_MAX_COUNT; count += 1) {
    if ((await verifyDue(catalog.context, walk, options)).isPassEnded) return
  }
  throw new Error('the pass does not end')
}

async function deleteBehindTheBack(server: S3Server, blob: BlobReference): Promise<void> {
  const { hostname: Bucket, pathname } = new URL(blob.uri)
  const client = clientOf(server)
  try {
    const version = { Bucket, Key: pathname.slice(1), VersionId: blob.versionId }
    await client.send(new DeleteObjectCommand(version))
  } finally {
    client.destroy()
  }
}

onEachServer('a pinned version that is deleted behind the back of the catalog', ({ server }) => {
  for (const dialect of dialects) {
    describe(`with ${dialect}`, () => {
      test('demotes its checkpoint at the next verification; latest falls, and says why', async () => {
        const place = await server().newBucket('versioned')
        if (place === undefined) return
        useCredentials(server())
        const { bucket, prefix } = place
        const config = await configWithBuckets(dialect, server(), [{ bucket }])
        const at = await openTestCatalog(dialect, config)
        const { endpoint, region, credentials } = server()
        const connection = { endpoint, region, credentials, pathStyle: true }
        const store = await openS3Store({ ...connection, bucket, prefix })
        const url = 'http://localhost'
        const { fetch, token } = at
        const client = new CatalogClient({ url, namespace: 'airline', token, fetch, retries: 0 })
        try {
          await client.namespaces.declare()
          const verification = { everySeconds: 3600, grade: 'present' } as const
          await client.policies.set('looked-at', { verification })
          await client.jobs.declare('fares', { policy: 'looked-at' })
          const { run } = await client.runs.resume({ job: 'fares' })
          const saved = []
          for (const step of [1, 2]) {
            const blob = await store.put('model.bin', Buffer.from(`state ${step}`))
            const { checkpoint } = await run.checkpoint({ step, blobs: [blob] })
            saved.push({ checkpoint, blob })
          }
          const [before, late] = saved
          assert.ok(before && late)
          assert.equal(
            (await client.checkpoints.verify(late.checkpoint, 'verified')).outcome,
            'passed',
          )
          await verifyAllDue(at)
          const good = await client.recovery.latest({ job: 'fares', minGrade: 'verified' })
          assert.equal(good.checkpoint.checkpoint, late.checkpoint)

          await deleteBehindTheBack(server(), late.blob)
          at.advance(HOUR_MS)
          await verifyAllDue(at)

          const fallen = await client.recovery.latest({ job: 'fares', minGrade: 'present' })
          assert.equal(fallen.checkpoint.checkpoint, before.checkpoint)
          const [skipped] = fallen.skipped
          assert.deepEqual(
            [skipped?.checkpoint, skipped?.reason],
            [late.checkpoint, 'EVIDENCE_FAILED'],
          )
          const found = await client.checkpoints.verify(late.checkpoint, 'present')
          assert.equal(found.outcome, 'failed')
          const history = await client.checkpoints.history(late.checkpoint).toArray({ limit: 20 })
          const failures = history
            .map(({ entry }) => entry)
            .filter((entry) => entry['outcome'] === 'failed')
          assert.deepEqual(
            failures.map((entry) => entry['actor']),
            ['cairn', 'tester'],
          )
          const [scheduled] = failures.map((entry) => JSON.stringify(entry))
          assert.match(scheduled ?? '', /"code":"BLOB_NOT_FOUND"/)
          assert.ok(scheduled?.includes(late.blob.versionId))
        } finally {
          store.close()
          await client.close()
          await at.close()
        }
      })
    })
  }
})
