import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import type { BlobReference } from '../../client-sdk/api.ts'
import type { BlobStore } from '../../client-sdk/blob-store.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { openDiskStore, restore } from '../../client-sdk/node.ts'
import { openS3Store, type S3StoreOptions } from '../../client-sdk/s3.ts'
import { parseS3Uri } from '../../client-sdk/stores/s3/s3-uri.ts'
import { clientOf } from '../s3/client.ts'
import { onEachServer } from '../s3/each-server.ts'
import type { S3Server } from '../s3/servers/s3-server.ts'
import { planOf } from './restore-fixture.ts'
import { contentOf, joined, MIB, readAll } from './s3-fixture.ts'

const folder = await mkdtemp(join(tmpdir(), 'cairn-stores-'))
after(() => rm(folder, { recursive: true, force: true }))

/** A store that is held to the port's contract. */
interface Subject {
  readonly name: string
  open(): Promise<BlobStore>
  /** Destroys the bytes of one reference, behind the store's back. */
  destroy(reference: BlobReference): Promise<void>
}

describe('the disk store', () => {
  holdToContract({
    name: 'disk',
    open: () => openDiskStore({ directory: join(folder, 'disk') }),
    destroy: ({ uri }) => rm(fileURLToPath(uri)),
  })
})

onEachServer('the S3 store', ({ name, server }) => {
  holdToContract({
    name,
    open: async () => await openS3Store(await optionsOn(server())),
    destroy: async ({ uri, versionId }) => {
      const { bucket = '', key = '' } = parseS3Uri(uri) ?? {}
      const input = { Bucket: bucket, Key: key, VersionId: versionId }
      await clientOf(server()).send(new DeleteObjectCommand(input))
    },
  })

  it('goes on with an upload that was interrupted, and sends no part again', async () => {
    const client = clientOf(server())
    const sent: string[] = []
    client.middlewareStack.add(
      (next, context) => async (args) => {
        sent.push(context.commandName ?? '')
        return await next(args)
      },
      { name: 'count', step: 'initialize' },
    )
    const options = { ...(await optionsOn(server())), client, partBytes: 5 * MIB }
    const store = await openS3Store({ ...options, journal: join(folder, `journal-${name}`) })
    async function* broken() {
      yield* contentOf(16 * MIB)
      throw new TypeError('the job ended')
    }
    await assert.rejects(store.put('state', broken()), TypeError)
    const isPart = (command: string): boolean => command === 'UploadPartCommand'
    const sentCount = sent.filter(isPart).length
    sent.length = 0
    const reference = await store.put('state', contentOf(21 * MIB))
    assert.ok(!sent.includes('CreateMultipartUploadCommand'))
    // The fifth part has one mebibyte.
    assert.equal(sentCount + sent.filter(isPart).length, 5)
    assert.equal(digestOf(await readAll(store, reference)), reference.digest)
    client.destroy()
  })

  it('refuses a bucket without versions, with the command that turns them on', async (t) => {
    const place = await server().newBucket('unversioned')
    if (place === undefined) return t.skip('it gives no unversioned bucket')
    const store = await openS3Store({ ...(await optionsOn(server())), ...place })
    await assert.rejects(store.put('blob', Buffer.from('x')), {
      code: 'STORE_UNSUITABLE',
      message: /aws s3api put-bucket-versioning --bucket \S+ .*Status=Enabled/,
    })
  })
})

async function optionsOn(server: S3Server): Promise<S3StoreOptions> {
  const { endpoint, region, credentials } = server
  const place = await server.newBucket('versioned')
  assert.ok(place !== undefined)
  return { endpoint, region, credentials, ...place, partBytes: 5 * MIB }
}

function holdToContract({ name, open, destroy }: Subject): void {
  it('gives back what was put, whole and from any offset', async () => {
    const store = await open()
    for (const sizeBytes of [0, 1, 1_000_000, 5 * MIB, 5 * MIB + 1]) {
      const content = await joined(contentOf(sizeBytes))
      const reference = await store.put('a/b.bin', content)
      assert.equal(reference.name, 'a/b.bin')
      assert.equal(reference.sizeBytes, sizeBytes)
      assert.equal(reference.digest, digestOf(content))
      assert.match(reference.versionId, /^(?!null$)[!-~]{1,1024}$/)
      assert.deepEqual(await readAll(store, reference), content)
      const offset = Math.floor(sizeBytes / 2)
      assert.deepEqual(await readAll(store, reference, offset), content.subarray(offset))
    }
  })

  it('gives the same digest for a stream, in pieces of any size', async () => {
    const store = await open()
    const hash = createHash('sha256')
    for await (const piece of contentOf(11 * MIB)) hash.update(piece)
    for (const pieceBytes of [64_000, 16 * MIB]) {
      const reference = await store.put('blob', contentOf(11 * MIB, pieceBytes))
      assert.equal(reference.sizeBytes, 11 * MIB)
      assert.equal((await readAll(store, reference)).length, 11 * MIB)
      assert.equal(digestOf(await readAll(store, reference)), reference.digest)
    }
  })

  it('takes what is known of a content beforehand', async () => {
    const store = await open()
    const content = Buffer.alloc(2 * MIB, 'known')
    const known = { sizeBytes: content.length, digest: digestOf(content) }
    async function* stream() {
      yield content
    }
    const reference = await store.put('blob', stream(), { known })
    assert.deepEqual(await store.put('blob', content).then(({ digest }) => digest), known.digest)
    assert.deepEqual(await readAll(store, reference), content)
    const wrong = { ...known, digest: digestOf('another') }
    for (const given of [stream(), content]) {
      await assert.rejects(store.put('blob', given, { known: wrong }), { code: 'BLOB_CORRUPT' })
    }
  })

  it('ends a put whose signal fires, and does not wait for its content', async () => {
    const store = await open()
    const stop = new AbortController()
    async function* endless() {
      yield Buffer.alloc(MIB)
      stop.abort()
      await new Promise(() => undefined)
    }
    const put = store.put('blob', endless(), { signal: stop.signal })
    await assert.rejects(put, { code: 'ABORTED' })
  })

  it('refuses names that no manifest could carry', async () => {
    const store = await open()
    for (const wrong of ['', 'a\nb', 'x'.repeat(513), '\ud800']) {
      await assert.rejects(store.put(wrong, Buffer.from('x')), { code: 'INVALID_NAME' })
    }
  })

  it('hands on what the content throws', async () => {
    const store = await open()
    async function* broken() {
      yield Buffer.from('x')
      throw new TypeError('the model is gone')
    }
    await assert.rejects(store.put('blob', broken()), TypeError)
  })

  it('is what a plan is restored from, and goes on where a restore stopped', async () => {
    const store = await open()
    const content = await joined(contentOf(6 * MIB))
    const reference = await store.put('model.bin', content)
    const plan = planOf([{ name: 'model.bin', bytes: content }])
    const stages = plan.stages.map((stage) => ({
      ...stage,
      blobs: stage.blobs.map((blob) => ({ ...blob, ...reference })),
    }))
    const into = join(folder, `restored-${name.replaceAll(' ', '-')}`)
    const stop = new AbortController()
    const stopped = restore(
      { ...plan, stages },
      {
        into,
        stores: [store],
        signal: stop.signal,
        onProgress: ({ bytesDone }) => bytesDone > 2 * MIB && stop.abort(),
      },
    )
    await assert.rejects(stopped, { code: 'ABORTED' })
    const state = await restore({ ...plan, stages }, { into, stores: [store] })
    assert.equal(state.bytesFetched + state.bytesReused, content.length)
    assert.ok(state.bytesReused > 0)
  })

  it('says that bytes are gone', async () => {
    const store = await open()
    const reference = await store.put('blob', Buffer.from('to be destroyed'))
    await destroy(reference)
    await assert.rejects(readAll(store, reference), { code: 'BLOB_NOT_FOUND' })
  })
}
