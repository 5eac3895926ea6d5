import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { outcomeOf } from '../client.ts'
import { behavioursIn, behavioursOf, type Behaviour, type Place } from './behaviour.ts'
import { putText } from './versions.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')

/** Signs as the catalog does: without a checksum that nobody has computed yet. */
const signing = (place: Place): Place['client'] =>
  place.clientWith({
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })

const own = behavioursOf('versioned', {
  'a bucket without lifecycle rules says so': async (place) => {
    const ask = new GetBucketLifecycleConfigurationCommand({ Bucket: place.Bucket })
    assert.equal(await outcomeOf(place.client.send(ask)), '404 NoSuchLifecycleConfiguration')
  },
  'lifecycle rules are told as they were set': async (place) => {
    const { client, Bucket } = place
    const rule = {
      ID: 'old',
      Status: 'Enabled' as const,
      Filter: { Prefix: 'states/' },
      NoncurrentVersionExpiration: { NoncurrentDays: 30 },
    }
    const LifecycleConfiguration = { Rules: [rule] }
    await client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }),
    )
    const { Rules } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))
    assert.equal(Rules?.length, 1)
    assert.equal(Rules[0]?.NoncurrentVersionExpiration?.NoncurrentDays, 30)
    assert.equal(Rules[0]?.Filter?.Prefix, 'states/')
  },
  'a bucket tells how it encrypts, and so does an object': async (place) => {
    const { client, Bucket } = place
    const told = await client.send(new GetBucketEncryptionCommand({ Bucket }))
    const rule = told.ServerSideEncryptionConfiguration?.Rules?.[0]
    assert.equal(rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm, 'AES256')
    await putText(place, 'a', 'x')
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: place.key('a') }))
    assert.equal(head.ServerSideEncryption, 'AES256')
  },
})

const any = behavioursIn('versioned', {
  'a bucket says whether it has versions': async (place) => {
    const { client, Bucket } = place
    await client.send(new HeadBucketCommand({ Bucket }))
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket }))
    assert.equal(Status, 'Enabled')
  },
  'a presigned URL reads one version without keys': async (place) => {
    const VersionId = await putText(place, 'a', 'one')
    await putText(place, 'a', 'two')
    const get = new GetObjectCommand({ Bucket: place.Bucket, Key: place.key('a'), VersionId })
    const url = await getSignedUrl(signing(place), get, { expiresIn: 60 })
    const response = await fetch(url)
    assert.equal(await response.text(), 'one')
    const other = await fetch(url.replace(encodeURIComponent(VersionId), 'null'))
    assert.equal(other.status, 403)
  },
  'a presigned upload bound to a SHA256 takes no other content': async (place) => {
    const ChecksumSHA256 = sha256('expected')
    const put = new PutObjectCommand({ Bucket: place.Bucket, Key: place.key('a'), ChecksumSHA256 })
    const unhoistableHeaders = new Set(['x-amz-checksum-sha256'])
    const url = await getSignedUrl(signing(place), put, { expiresIn: 60, unhoistableHeaders })
    const send = async (body: string): Promise<number> => {
      const headers = { 'x-amz-checksum-sha256': ChecksumSHA256 }
      const response = await fetch(url, { method: 'PUT', body, headers })
      await response.arrayBuffer()
      return response.status
    }
    assert.equal(await send('another'), 400)
    assert.equal(await send('expected'), 200)
  },
  'a presigned upload by a client with default checksums takes only an empty body': async (
    place,
  ) => {
    const put = new PutObjectCommand({ Bucket: place.Bucket, Key: place.key('a') })
    const url = await getSignedUrl(place.client, put, { expiresIn: 60 })
    const response = await fetch(url, { method: 'PUT', body: 'anything' })
    await response.arrayBuffer()
    assert.equal(response.status, 400)
  },
})

/** What a bucket says of itself, and URLs that need no keys. */
export const settingBehaviours: readonly Behaviour[] = [...own, ...any]
