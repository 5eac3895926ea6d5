import assert from 'node:assert/strict'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { outcomeOf } from '../client.ts'
import { behavioursIn, behavioursOf, type Behaviour, type Place } from './behaviour.ts'

/** Stores text under a key of the place, and gives back its version id. */
export async function putText(place: Place, name: string, text: string): Promise<string> {
  const { client, Bucket } = place
  const put = new PutObjectCommand({ Bucket, Key: place.key(name), Body: text })
  const { VersionId } = await client.send(put)
  return VersionId ?? 'none'
}

/** Reads a version as text; what is on top if none is named. */
export async function readText(place: Place, name: string, VersionId?: string): Promise<string> {
  const { client, Bucket } = place
  const get = new GetObjectCommand({ Bucket, Key: place.key(name), VersionId })
  const { Body } = await client.send(get)
  return (await Body?.transformToString()) ?? ''
}

const statusOf = async (call: Promise<unknown>): Promise<number | undefined> => {
  try {
    await call
    return 200
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error
    return error.$metadata.httpStatusCode
  }
}

/** A version that has existed and is destroyed. */
async function destroyedVersion(place: Place, name: string): Promise<string> {
  await putText(place, name, 'kept')
  const VersionId = await putText(place, name, 'gone')
  const { client, Bucket } = place
  await client.send(new DeleteObjectCommand({ Bucket, Key: place.key(name), VersionId }))
  return VersionId
}

/** Three versions of three keys, and a marker; keys and ids in the order of a listing. */
async function threeTimesThree(place: Place): Promise<readonly string[]> {
  const expected: string[] = []
  for (const name of ['a', 'b', 'c']) {
    const ids: string[] = []
    for (const text of ['1', '2', '3']) ids.unshift(await putText(place, name, text))
    expected.push(...ids.map((id) => `${place.key(name)} ${id}`))
  }
  const marker = new DeleteObjectCommand({ Bucket: place.Bucket, Key: place.key('c') })
  await place.client.send(marker)
  return expected
}

/** More pages than there are versions: where a store does not get on, the listing ends here. */
const PAGES_MAX = 12

async function listInPages(
  place: Place,
  MaxKeys: number,
): Promise<{
  readonly found: readonly string[]
  readonly markers: ReadonlySet<string | undefined>
}> {
  const found: string[] = []
  const markers = new Set<string | undefined>()
  let after: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {}
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const list = { Bucket: place.Bucket, Prefix: place.prefix, MaxKeys, ...after }
    const listed = await place.client.send(new ListObjectVersionsCommand(list))
    found.push(...(listed.Versions ?? []).map((one) => `${one.Key} ${one.VersionId}`))
    for (const one of listed.DeleteMarkers ?? []) markers.add(one.VersionId)
    if (listed.IsTruncated !== true) break
    after = { KeyMarker: listed.NextKeyMarker, VersionIdMarker: listed.NextVersionIdMarker }
  }
  return { found, markers }
}

const versioned = behavioursIn('versioned', {
  'each write has a version id of its own, and none is null': async (place) => {
    const ids = [await putText(place, 'a', 'one'), await putText(place, 'a', 'one')]
    assert.equal(new Set(ids).size, 2)
    for (const id of ids) assert.ok(!['null', 'none', ''].includes(id) && id.length <= 1024)
  },
  'each version is read by its id, whatever is on top': async (place) => {
    const one = await putText(place, 'a', 'one')
    const two = await putText(place, 'a', 'two')
    assert.equal(await readText(place, 'a', one), 'one')
    assert.equal(await readText(place, 'a', two), 'two')
    assert.equal(await readText(place, 'a'), 'two')
    const get = new GetObjectCommand({ Bucket: place.Bucket, Key: place.key('a'), VersionId: one })
    assert.equal((await place.client.send(get)).VersionId, one)
  },
  'a head by version id says its size and its id': async (place) => {
    const VersionId = await putText(place, 'a', 'twelve bytes')
    await putText(place, 'a', 'other')
    const head = new HeadObjectCommand({ Bucket: place.Bucket, Key: place.key('a'), VersionId })
    const found = await place.client.send(head)
    assert.deepEqual([found.ContentLength, found.VersionId], [12, VersionId])
    assert.ok(found.LastModified instanceof Date)
  },
  'a range of a version is read': async (place) => {
    const VersionId = await putText(place, 'a', '0123456789')
    const get = { Bucket: place.Bucket, Key: place.key('a'), VersionId }
    const part = await place.client.send(new GetObjectCommand({ ...get, Range: 'bytes=3-' }))
    assert.equal(await part.Body?.transformToString(), '3456789')
    assert.equal(part.ContentRange, 'bytes 3-9/10')
    const behind = new GetObjectCommand({ ...get, Range: 'bytes=10-' })
    assert.equal(await outcomeOf(place.client.send(behind)), '416 InvalidRange')
  },
  'a delete without a version id hides the key, and its versions stay': async (place) => {
    const VersionId = await putText(place, 'a', 'one')
    const object = { Bucket: place.Bucket, Key: place.key('a') }
    const gone = await place.client.send(new DeleteObjectCommand(object))
    assert.equal(gone.DeleteMarker, true)
    assert.equal(await outcomeOf(place.client.send(new GetObjectCommand(object))), '404 NoSuchKey')
    assert.equal(await readText(place, 'a', VersionId), 'one')
    const marker = { ...object, VersionId: gone.VersionId }
    await place.client.send(new DeleteObjectCommand(marker))
    assert.equal(await readText(place, 'a'), 'one')
  },
  'the version of a marker cannot be read': async (place) => {
    await putText(place, 'a', 'one')
    const object = { Bucket: place.Bucket, Key: place.key('a') }
    const { VersionId } = await place.client.send(new DeleteObjectCommand(object))
    const status = await statusOf(place.client.send(new GetObjectCommand({ ...object, VersionId })))
    assert.ok(status === 405 || status === 404, `status ${status}`)
  },
  'the version of a marker is answered 405': async (place) => {
    await putText(place, 'a', 'one')
    const object = { Bucket: place.Bucket, Key: place.key('a') }
    const { VersionId } = await place.client.send(new DeleteObjectCommand(object))
    const marked = { ...object, VersionId }
    assert.equal(await statusOf(place.client.send(new GetObjectCommand(marked))), 405)
    assert.equal(await statusOf(place.client.send(new HeadObjectCommand(marked))), 405)
  },
  'a destroyed version is a 404 for head and get': async (place) => {
    const VersionId = await destroyedVersion(place, 'a')
    const object = { Bucket: place.Bucket, Key: place.key('a'), VersionId }
    assert.equal(await statusOf(place.client.send(new GetObjectCommand(object))), 404)
    assert.equal(await statusOf(place.client.send(new HeadObjectCommand(object))), 404)
  },
  'a destroyed version is called NoSuchVersion': async (place) => {
    const VersionId = await destroyedVersion(place, 'a')
    const get = new GetObjectCommand({ Bucket: place.Bucket, Key: place.key('a'), VersionId })
    assert.equal(await outcomeOf(place.client.send(get)), '404 NoSuchVersion')
  },
  'a version id that no store would give is refused as the caller’s mistake': async (place) => {
    await putText(place, 'a', 'one')
    const object = { Bucket: place.Bucket, Key: place.key('a'), VersionId: 'no such/version?' }
    const status = await statusOf(place.client.send(new GetObjectCommand(object)))
    assert.ok(status !== undefined && status >= 400 && status < 500, `status ${status}`)
  },
  'a version is destroyed by its id, and no other': async (place) => {
    const one = await putText(place, 'a', 'one')
    const two = await putText(place, 'a', 'two')
    const object = { Bucket: place.Bucket, Key: place.key('a'), VersionId: two }
    await place.client.send(new DeleteObjectCommand(object))
    assert.equal(await readText(place, 'a', one), 'one')
    assert.equal(await readText(place, 'a'), 'one')
  },
  'a version that is gone is destroyed once more without an error': async (place) => {
    const VersionId = await destroyedVersion(place, 'a')
    const object = { Bucket: place.Bucket, Key: place.key('a'), VersionId }
    assert.equal(await outcomeOf(place.client.send(new DeleteObjectCommand(object))), 'ok')
  },
  'many versions are destroyed by one request': async (place) => {
    const Key = place.key('a')
    const Objects = []
    for (const text of ['1', '2', '3']) {
      Objects.push({ Key, VersionId: await putText(place, 'a', text) })
    }
    const remove = new DeleteObjectsCommand({ Bucket: place.Bucket, Delete: { Objects } })
    const { Deleted, Errors } = await place.client.send(remove)
    assert.deepEqual([Deleted?.length, Errors?.length ?? 0], [3, 0])
    const get = new GetObjectCommand({ Bucket: place.Bucket, Key })
    assert.equal(await outcomeOf(place.client.send(get)), '404 NoSuchKey')
  },
  'a version is copied by its id': async (place) => {
    const VersionId = await putText(place, 'a', 'one')
    await putText(place, 'a', 'two')
    const CopySource = `${place.Bucket}/${place.key('a')}?versionId=${encodeURIComponent(VersionId)}`
    const copy = { Bucket: place.Bucket, Key: place.key('b'), CopySource }
    const copied = await place.client.send(new CopyObjectCommand(copy))
    assert.equal(await readText(place, 'b', copied.VersionId), 'one')
  },
  'all versions are listed in pages, keys in order and the newest first': async (place) => {
    const expected = await threeTimesThree(place)
    const { found, markers } = await listInPages(place, 4)
    assert.deepEqual([...new Set(found)], expected)
    assert.equal(markers.size, 1)
  },
  'no version is listed twice, wherever a page ends': async (place) => {
    const expected = await threeTimesThree(place)
    for (const size of [1, 2, 3]) {
      assert.deepEqual((await listInPages(place, size)).found, expected, `pages of ${size}`)
    }
  },
  'current objects are listed in pages, without what a marker hides': async (place) => {
    for (const name of ['a', 'b', 'c', 'd']) await putText(place, name, 'x')
    const hide = new DeleteObjectCommand({ Bucket: place.Bucket, Key: place.key('b') })
    await place.client.send(hide)
    const found: (string | undefined)[] = []
    let ContinuationToken: string | undefined
    for (let page = 0; page < 10; page += 1) {
      const list = { Bucket: place.Bucket, Prefix: place.prefix, MaxKeys: 2, ContinuationToken }
      const listed = await place.client.send(new ListObjectsV2Command(list))
      found.push(...(listed.Contents ?? []).map((one) => one.Key))
      ContinuationToken = listed.NextContinuationToken
      if (listed.IsTruncated !== true) break
    }
    assert.deepEqual(
      found,
      ['a', 'c', 'd'].map((name) => place.key(name)),
    )
  },
  'keys of any letters come back as they were': async (place) => {
    for (const name of ['with space', 'plus+and%25', 'été/Ω/日本', "quote'(a)*!~", 'a&b=c;d@e:f']) {
      const VersionId = await putText(place, name, name)
      assert.equal(await readText(place, name, VersionId), name)
      const list = { Bucket: place.Bucket, Prefix: place.key(name) }
      const listed = await place.client.send(new ListObjectVersionsCommand(list))
      assert.deepEqual(
        listed.Versions?.map((one) => one.Key),
        [place.key(name)],
      )
    }
  },
})

const suspended = behavioursOf('versioned', {
  'a bucket whose versioning is suspended writes the null version': async (place) => {
    const { client, Bucket } = place
    const kept = await putText(place, 'a', 'one')
    const VersioningConfiguration = { Status: 'Suspended' as const }
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }))
    await putText(place, 'a', 'two')
    await putText(place, 'a', 'three')
    const top = await client.send(new HeadObjectCommand({ Bucket, Key: place.key('a') }))
    assert.ok(top.VersionId === undefined || top.VersionId === 'null')
    assert.equal(await readText(place, 'a', 'null'), 'three')
    assert.equal(await readText(place, 'a', kept), 'one')
  },
})

const unversioned = behavioursIn('unversioned', {
  'a bucket without versions names none, or null': async (place) => {
    assert.ok(['none', 'null'].includes(await putText(place, 'a', 'one')))
    const head = new HeadObjectCommand({ Bucket: place.Bucket, Key: place.key('a') })
    const { VersionId } = await place.client.send(head)
    assert.ok(VersionId === undefined || VersionId === 'null')
  },
  'a missing object and a missing bucket are told apart': async (place) => {
    const { client, Bucket } = place
    const key = new GetObjectCommand({ Bucket, Key: place.key('missing') })
    assert.equal(await outcomeOf(client.send(key)), '404 NoSuchKey')
    const bucket = new GetObjectCommand({ Bucket: `${Bucket}-missing`, Key: 'a' })
    assert.equal(await outcomeOf(client.send(bucket)), '404 NoSuchBucket')
  },
  'a wrong secret is refused': async (place) => {
    const { accessKeyId } = await place.client.config.credentials()
    const stranger = place.clientWith({ credentials: { accessKeyId, secretAccessKey: 'wrong' } })
    const get = new GetObjectCommand({ Bucket: place.Bucket, Key: place.key('a') })
    assert.equal(await outcomeOf(stranger.send(get)), '403 SignatureDoesNotMatch')
  },
})

/** Versions, their ids, markers and listings. */
export const versionBehaviours: readonly Behaviour[] = [...versioned, ...suspended, ...unversioned]
