import assert from 'node:assert/strict'
import { chmod, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { BlobReference } from '../../client-sdk/api.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { openDiskReader, openDiskStore, type BlobReader } from '../../client-sdk/node.ts'
import { diskFailure } from '../../client-sdk/stores/disk-durable.ts'
import { thisProcess } from '../../client-sdk/stores/disk-owner.ts'
import { makeFolder } from './spool-fixture.ts'

const bytes = Buffer.from('the state of step 7')

async function readAll(store: BlobReader, reference: BlobReference, offset?: number) {
  const pieces: Uint8Array[] = []
  for await (const piece of store.read(reference, offset)) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function filesUnder(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

test('what is put comes back under a pinned reference', async (t) => {
  const directory = await makeFolder(t)
  const store = await openDiskStore({ directory })
  const reference = await store.put('weights/model.bin', bytes)
  const hex = digestOf(bytes).slice('sha256:'.length)
  assert.deepEqual(reference, {
    name: 'weights/model.bin',
    uri: pathToFileURL(join(directory, 'objects', hex.slice(0, 2), hex)).href,
    versionId: hex,
    sizeBytes: bytes.length,
    digest: digestOf(bytes),
  })
  assert.deepEqual(await readAll(store, reference), bytes)
  assert.deepEqual(await readAll(store, reference, 4), bytes.subarray(4))
  assert.deepEqual(await readAll(store, reference, bytes.length), Buffer.alloc(0))
  assert.equal((await stat(fileURLToPath(reference.uri))).mode & 0o777, 0o444)
})

test('pieces of any size give the same object as the whole, and a repeat keeps one', async (t) => {
  const directory = await makeFolder(t)
  const store = await openDiskStore({ directory })
  async function* pieces() {
    for (const byte of bytes) {
      await Promise.resolve()
      yield Uint8Array.of(byte)
    }
  }
  const whole = await store.put('a', bytes)
  assert.deepEqual(await store.put('a', pieces()), whole)
  assert.deepEqual(await store.put('a', bytes), whole)
  assert.deepEqual(await filesUnder(directory), [whole.versionId])
})

test('a blob of no bytes and one larger than a piece are kept', async (t) => {
  const store = await openDiskStore({ directory: await makeFolder(t) })
  for (const content of [Buffer.alloc(0), Buffer.alloc(1_000_000, 'abc')]) {
    const reference = await store.put('blob', content)
    assert.equal(digestOf(await readAll(store, reference)), reference.digest)
  }
})

test('puts of the same bytes at once all succeed', async (t) => {
  const directory = await makeFolder(t)
  const stores = await Promise.all([openDiskStore({ directory }), openDiskStore({ directory })])
  const puts = [...stores, ...stores, ...stores].map((store) => store.put('blob', bytes))
  const references = await Promise.all(puts)
  assert.equal(new Set(references.map(({ uri }) => uri)).size, 1)
  assert.equal((await filesUnder(directory)).length, 1)
})

test('a rotten object is written anew by the next put of its bytes', async (t) => {
  const store = await openDiskStore({ directory: await makeFolder(t) })
  const reference = await store.put('blob', bytes)
  const path = fileURLToPath(reference.uri)
  await chmod(path, 0o644)
  await writeFile(path, 'x'.repeat(bytes.length))
  await store.put('blob', bytes)
  assert.deepEqual(await readFile(path), bytes)
})

test('content that breaks off leaves nothing, and its error is the caller’s own', async (t) => {
  const directory = await makeFolder(t)
  const store = await openDiskStore({ directory })
  async function* broken() {
    yield bytes
    await Promise.resolve()
    throw new TypeError('the model is gone')
  }
  await assert.rejects(store.put('blob', broken()), TypeError)
  assert.deepEqual(await filesUnder(directory), [])
})

test('an object that is gone is not found', async (t) => {
  const store = await openDiskStore({ directory: await makeFolder(t) })
  const reference = await store.put('blob', bytes)
  await rm(fileURLToPath(reference.uri))
  await assert.rejects(readAll(store, reference), { code: 'BLOB_NOT_FOUND' })
})

test('a reference to anything but an object of this store is refused', async (t) => {
  const store = await openDiskStore({ directory: await makeFolder(t) })
  const other = await openDiskStore({ directory: await makeFolder(t) })
  const reference = await store.put('blob', bytes)
  const foreign = await other.put('blob', bytes)
  const path = fileURLToPath(reference.uri)
  const secret = join(dirname(path), 'secret')
  await writeFile(secret, 'secret')
  const uris = [
    foreign.uri,
    'file:///etc/passwd',
    `${reference.uri}/../secret`,
    pathToFileURL(secret).href,
    'file://elsewhere/objects/aa',
    'file:///%00',
    's3://bucket/key',
  ]
  for (const uri of uris) {
    const read = readAll(store, { ...reference, uri })
    await assert.rejects(read, { code: 'BLOB_NOT_FOUND' }, uri)
  }
  const unpinned = readAll(store, { ...reference, versionId: '../../../secret' })
  await assert.rejects(unpinned, { code: 'BLOB_NOT_FOUND' })
})

test('an object that is a symbolic link is not followed', async (t) => {
  const folder = await makeFolder(t)
  const store = await openDiskStore({ directory: join(folder, 'store') })
  const reference = await store.put('blob', bytes)
  const path = fileURLToPath(reference.uri)
  await writeFile(join(folder, 'secret'), 'secret')
  await rm(path)
  await symlink(join(folder, 'secret'), path)
  await assert.rejects(readAll(store, reference), { code: 'STORE_FAILED' })
})

test('a reader without a folder reads objects of any disk store and nothing else', async (t) => {
  const store = await openDiskStore({ directory: await makeFolder(t) })
  const reference = await store.put('blob', bytes)
  const reader = openDiskReader()
  assert.deepEqual(await readAll(reader, reference), bytes)
  const stray = readAll(reader, { ...reference, uri: 'file:///etc/hostname' })
  await assert.rejects(stray, { code: 'BLOB_NOT_FOUND' })
})

test('a store reached through a link makes the references of its true place', async (t) => {
  const folder = await makeFolder(t)
  const store = await openDiskStore({ directory: join(folder, 'store') })
  await symlink(join(folder, 'store'), join(folder, 'link'))
  const linked = await openDiskStore({ directory: join(folder, 'link') })
  assert.deepEqual(await linked.put('blob', bytes), await store.put('blob', bytes))
})

test('what a crash left half written is removed on opening', async (t) => {
  const directory = await makeFolder(t)
  await openDiskStore({ directory })
  const { started, scope } = thisProcess
  const leftover = `${2 ** 30}.${started}.${scope}.${'0'.repeat(16)}.tmp`
  await writeFile(join(directory, 'tmp', leftover), bytes)
  await openDiskStore({ directory })
  assert.deepEqual(await readdir(join(directory, 'tmp')), [])
})

test('names that a manifest could not carry are refused before anything is written', async (t) => {
  const directory = await makeFolder(t)
  const store = await openDiskStore({ directory })
  for (const name of ['', 'a\nb', 'x'.repeat(513), '\ud800']) {
    await assert.rejects(store.put(name, bytes), { code: 'INVALID_NAME' })
  }
  assert.deepEqual(await filesUnder(directory), [])
})

test('a full disk says so and says what to do', () => {
  const cause = Object.assign(new Error('write'), { code: 'ENOSPC' })
  const error = diskFailure(cause, 'Writing the blob "a"')
  assert.equal(error.code, 'STORE_FAILED')
  assert.equal(
    error.message,
    'Writing the blob "a" failed (ENOSPC); the disk is full: make room and repeat.',
  )
  assert.deepEqual(error.detail, { errno: 'ENOSPC' })
  assert.equal(error.cause, cause)
})
