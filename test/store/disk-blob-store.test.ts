import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { openDiskStore } from '../../client-sdk/node.ts'
import { openDiskBlobStore, uriPrefixOf } from '../../server/store/disk-blob-store.ts'

const never = new AbortController().signal

async function openBoth() {
  const folder = join(await mkdtemp(join(tmpdir(), 'cairn-disk-')), 'blobs')
  const job = await openDiskStore({ directory: folder })
  return { folder, job, server: openDiskBlobStore(folder) }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

describe("the server's end of the disk store", () => {
  test('sees and reads what a job has put', async () => {
    const { job, server } = await openBoth()
    const content = Buffer.alloc(600_000, 'cairn')
    const blob = await job.put('model.bin', content)
    const found = await server.stat(blob, never)
    assert.equal(found.sizeBytes, content.length)
    assert.equal(found.isArchived || found.legalHold, false)
    assert.deepEqual(await collect(server.read(blob, never)), content)
  })

  test('knows the place of a folder that is not there yet, and of one behind a link', async () => {
    const parent = await realpath(await mkdtemp(join(tmpdir(), 'cairn-disk-')))
    const folder = join(parent, 'later')
    const before = uriPrefixOf(folder)
    const blob = await (await openDiskStore({ directory: folder })).put('a', Buffer.from('a'))
    assert.ok(blob.uri.startsWith(before))
    const link = join(parent, 'link')
    await symlink(folder, link)
    assert.equal(uriPrefixOf(link), before)
    assert.equal((await openDiskBlobStore(link).stat(blob, never)).sizeBytes, 1)
  })

  test('removes one version, and says so when it was gone already', async () => {
    const { job, server } = await openBoth()
    const [one, other] = [
      await job.put('a', Buffer.from('1')),
      await job.put('b', Buffer.from('2')),
    ]
    assert.equal(await server.remove(one, never), 'removed')
    assert.equal(await server.remove(one, never), 'absent')
    await assert.rejects(server.stat(one, never), { code: 'BLOB_NOT_FOUND' })
    await assert.rejects(collect(server.read(one, never)), { code: 'BLOB_NOT_FOUND' })
    assert.equal((await server.stat(other, never)).sizeBytes, 1)
  })

  test('touches nothing that the store did not write', async () => {
    const { folder, job, server } = await openBoth()
    const blob = await job.put('a', Buffer.from('a'))
    const secret = join(folder, 'secret')
    await writeFile(secret, 'secret')
    const version = 'ab'.repeat(32)
    const planted = join(folder, 'objects', 'ab', version)
    await mkdir(join(planted, '..'), { recursive: true })
    await symlink(secret, planted)
    const uri = pathToFileURL(planted).href
    for (const object of [
      { uri: pathToFileURL(secret).href, versionId: version },
      { uri: blob.uri, versionId: version },
      { uri: `${blob.uri}/../../../secret`, versionId: blob.versionId },
      { uri: 'file://elsewhere/x', versionId: blob.versionId },
    ]) {
      await assert.rejects(server.stat(object, never), { code: 'BLOB_NOT_FOUND' }, object.uri)
      await assert.rejects(server.remove(object, never), { code: 'BLOB_NOT_FOUND' }, object.uri)
      await assert.rejects(collect(server.read(object, never)), { code: 'BLOB_NOT_FOUND' })
    }
    await assert.rejects(server.stat({ uri, versionId: version }, never), {
      code: 'BLOB_NOT_FOUND',
    })
    // A link is not followed: reading it fails as the disk does, and says nothing of the bytes.
    await assert.rejects(collect(server.read({ uri, versionId: version }, never)), {
      code: 'STORE_UNAVAILABLE',
    })
  })

  test('a store that is away says nothing of its objects', async () => {
    const { folder, job, server } = await openBoth()
    const blob = await job.put('a', Buffer.from('a'))
    await rm(folder, { recursive: true })
    for (const call of [
      () => server.stat(blob, never),
      () => server.remove(blob, never),
      () => collect(server.read(blob, never)),
    ]) {
      await assert.rejects(call(), { code: 'STORE_UNAVAILABLE' })
    }
    await assert.rejects(
      async () => {
        for await (const _ of server.listVersions(undefined, never)) assert.fail('it is away')
      },
      { code: 'STORE_UNAVAILABLE' },
    )
  })

  test('lists every version in order, and goes on behind a marker', async () => {
    const { folder, job, server } = await openBoth()
    const blobs = []
    for (let n = 0; n < 40; n += 1) blobs.push(await job.put('blob', Buffer.from(`content ${n}`)))
    await writeFile(join(folder, 'objects', 'notes.txt'), 'no object')
    const expected = blobs.map((blob) => blob.versionId).toSorted()
    const listed = []
    for await (const version of server.listVersions(undefined, never)) listed.push(version)
    assert.deepEqual(
      listed.map((version) => version.versionId),
      expected,
    )
    const middle = listed[17]
    assert.ok(middle)
    const rest = []
    for await (const version of server.listVersions(middle.marker, never)) rest.push(version)
    assert.deepEqual(rest, listed.slice(18))
    const known = blobs.find((blob) => blob.versionId === middle.versionId)
    assert.equal(middle.uri, known?.uri)
    assert.equal(middle.sizeBytes, known?.sizeBytes)
  })

  test('an aborted call ends', async () => {
    const { job, server } = await openBoth()
    const blob = await job.put('a', Buffer.alloc(1_000_000))
    const aborted = AbortSignal.abort(new Error('enough'))
    await assert.rejects(server.stat(blob, aborted), /enough/)
    await assert.rejects(server.remove(blob, aborted), /enough/)
    await assert.rejects(collect(server.read(blob, aborted)), /enough/)
    assert.equal((await server.stat(blob, never)).sizeBytes, 1_000_000)
  })
})
