import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { openS3Reader } from '../../client-sdk/s3.ts'
import { formatS3Uri } from '../../client-sdk/stores/s3/s3-uri.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { joined, readAll } from '../client-sdk/s3-fixture.ts'
import { clientOf } from './client.ts'
import { onEachServer } from './each-server.ts'
import { oddKeys } from './odd-keys.ts'
import { openTestStore, useCredentials } from './open-store.ts'

const never = new AbortController().signal

onEachServer('keys as they are', ({ server }) => {
  test('server and SDK take the URI of an object for the same key, whatever is in it', async () => {
    const at = await server().newBucket('versioned')
    assert.ok(at)
    useCredentials(server())
    const { bucket, prefix } = at
    const client = clientOf(server())
    const store = openTestStore(server(), bucket)
    const reader = openS3Reader({ client })
    try {
      const wanted = new Map<string, string>()
      for (const name of oddKeys) {
        const Key = `${prefix}${name}`
        const put = new PutObjectCommand({ Bucket: bucket, Key, Body: name })
        const { VersionId: versionId = 'null' } = await client.send(put)
        wanted.set(formatS3Uri({ bucket, key: Key }), versionId)
      }
      for (const [place, [uri, versionId]] of [...wanted].entries()) {
        const text = oddKeys[place] ?? ''
        const [sizeBytes, digest] = [Buffer.byteLength(text), digestOf(text)]
        assert.equal((await store.stat({ uri, versionId }, never)).sizeBytes, sizeBytes)
        assert.equal(String(await joined(store.read({ uri, versionId }, never))), text)
        const named = store.readNamed?.(uri, never)
        assert.equal(named && String(await joined(named)), text)
        const url = (await store.presign?.({ uri, versionId }, 60)) ?? ''
        assert.equal(await (await fetch(url)).text(), text)
        const reference = { name: 'odd', uri, versionId, sizeBytes, digest }
        assert.equal(String(await readAll(reader, reference)), text)
      }
      const listed = new Map<string, string>()
      for await (const one of store.listVersions(undefined, never)) {
        listed.set(one.uri, one.versionId)
      }
      assert.deepEqual(
        [...listed],
        [...wanted].toSorted(([left], [right]) =>
          Buffer.compare(Buffer.from(left), Buffer.from(right)),
        ),
      )
      for (const [uri, versionId] of wanted) {
        assert.equal(await store.remove({ uri, versionId }, never), 'removed')
      }
    } finally {
      store.close()
      client.destroy()
    }
  })
})
