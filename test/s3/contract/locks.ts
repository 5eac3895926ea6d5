import assert from 'node:assert/strict'
import {
  DeleteObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3'
import { outcomeOf } from '../client.ts'
import { behavioursIn, behavioursOf, type Behaviour, type Place } from './behaviour.ts'
import { putText, readText } from './versions.ts'

/** How long tests lock: longer than a test, short enough to leave nothing behind for long. */
const LOCK_MS = 60_000

const until = (ms = LOCK_MS): Date => new Date(Math.ceil((Date.now() + ms) / 1000) * 1000)

interface Locked {
  readonly Bucket: string
  readonly Key: string
  readonly VersionId: string | undefined
}

/** A version that is locked from its first moment. */
async function putLocked(
  place: Place,
  ObjectLockMode: 'GOVERNANCE' | 'COMPLIANCE',
): Promise<Locked> {
  const object = { Bucket: place.Bucket, Key: place.key('a') }
  const { VersionId } = await place.client.send(
    new PutObjectCommand({
      ...object,
      Body: 'locked',
      ObjectLockMode,
      ObjectLockRetainUntilDate: until(),
    }),
  )
  return { ...object, VersionId }
}

const remove = (place: Place, object: Locked, bypass = false): Promise<string> =>
  outcomeOf(
    place.client.send(
      new DeleteObjectCommand({
        ...object,
        ...(bypass ? { BypassGovernanceRetention: true } : {}),
      }),
    ),
  )

const hold = async (place: Place, object: Locked, Status: 'ON' | 'OFF'): Promise<void> => {
  await place.client.send(new PutObjectLegalHoldCommand({ ...object, LegalHold: { Status } }))
}

async function lockByDefault(place: Place): Promise<void> {
  const { client, Bucket } = place
  const DefaultRetention = { Mode: 'GOVERNANCE' as const, Days: 1 }
  const ObjectLockConfiguration = {
    ObjectLockEnabled: 'Enabled' as const,
    Rule: { DefaultRetention },
  }
  await client.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }))
}

/** Locks and holds of single versions. */
export const lockBehaviours: readonly Behaviour[] = [
  ...behavioursIn('locked', {
    'a head tells the mode and the end of a lock': async (place) => {
      const object = await putLocked(place, 'GOVERNANCE')
      const head = await place.client.send(new HeadObjectCommand(object))
      assert.equal(head.ObjectLockMode, 'GOVERNANCE')
      const leftMs = (head.ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now()
      assert.ok(leftMs > 0 && leftMs <= LOCK_MS + 1000)
      const { Retention } = await place.client.send(new GetObjectRetentionCommand(object))
      assert.equal(Retention?.Mode, 'GOVERNANCE')
    },
    'a version under GOVERNANCE is destroyed only by who bypasses it': async (place) => {
      const object = await putLocked(place, 'GOVERNANCE')
      assert.equal(await remove(place, object), '403 AccessDenied')
      assert.equal(await readText(place, 'a', object.VersionId), 'locked')
      assert.equal(await remove(place, object, true), 'ok')
    },
    'a version under COMPLIANCE is destroyed by nobody': async (place) => {
      const object = await putLocked(place, 'COMPLIANCE')
      assert.equal(await remove(place, object), '403 AccessDenied')
      assert.equal(await remove(place, object, true), '403 AccessDenied')
    },
    'a lock under COMPLIANCE is made longer and never shorter': async (place) => {
      const object = await putLocked(place, 'COMPLIANCE')
      const change = (RetainUntilDate: Date): Promise<string> => {
        const Retention = { Mode: 'COMPLIANCE' as const, RetainUntilDate }
        return outcomeOf(
          place.client.send(
            new PutObjectRetentionCommand({
              ...object,
              Retention,
              BypassGovernanceRetention: true,
            }),
          ),
        )
      }
      assert.equal(await change(until(2 * LOCK_MS)), 'ok')
      assert.equal(await change(until(LOCK_MS)), '403 AccessDenied')
    },
    'a legal hold bars the destruction until it is lifted': async (place) => {
      const VersionId = await putText(place, 'a', 'held')
      const object = { Bucket: place.Bucket, Key: place.key('a'), VersionId }
      await hold(place, object, 'ON')
      const head = await place.client.send(new HeadObjectCommand(object))
      assert.equal(head.ObjectLockLegalHoldStatus, 'ON')
      const { LegalHold } = await place.client.send(new GetObjectLegalHoldCommand(object))
      assert.equal(LegalHold?.Status, 'ON')
      assert.equal(await remove(place, object), '403 AccessDenied')
      await hold(place, object, 'OFF')
      assert.equal(await remove(place, object), 'ok')
    },
    'a lock does not stop new versions and markers': async (place) => {
      const object = await putLocked(place, 'GOVERNANCE')
      await putText(place, 'a', 'newer')
      const { Bucket, Key } = object
      assert.equal(
        await outcomeOf(place.client.send(new DeleteObjectCommand({ Bucket, Key }))),
        'ok',
      )
      assert.equal(await readText(place, 'a', object.VersionId), 'locked')
      assert.equal(await remove(place, object, true), 'ok')
    },
    'a lock that ends in the past is refused': async (place) => {
      const put = {
        Bucket: place.Bucket,
        Key: place.key('a'),
        Body: 'x',
        ObjectLockMode: 'GOVERNANCE' as const,
        ObjectLockRetainUntilDate: until(-LOCK_MS),
      }
      assert.match(await outcomeOf(place.client.send(new PutObjectCommand(put))), /^400 /)
    },
  }),
  ...behavioursOf('locked', {
    'a bucket with locks says so, and its versioning cannot be suspended': async (place) => {
      const { client, Bucket } = place
      const told = await client.send(new GetObjectLockConfigurationCommand({ Bucket }))
      assert.equal(told.ObjectLockConfiguration?.ObjectLockEnabled, 'Enabled')
      const VersioningConfiguration = { Status: 'Suspended' as const }
      const suspend = new PutBucketVersioningCommand({ Bucket, VersioningConfiguration })
      assert.match(await outcomeOf(client.send(suspend)), /^4\d\d InvalidBucketState$/)
    },
    'a default lock of the bucket is that of new versions': async (place) => {
      const { Bucket } = place
      await lockByDefault(place)
      const VersionId = await putText(place, 'a', 'by default')
      const object = { Bucket, Key: place.key('a'), VersionId }
      assert.equal(await remove(place, object), '403 AccessDenied')
      assert.equal(await remove(place, object, true), 'ok')
    },
    'a default lock of the bucket is told by a head of the version': async (place) => {
      const { client, Bucket } = place
      await lockByDefault(place)
      const VersionId = await putText(place, 'a', 'by default')
      const object = { Bucket, Key: place.key('a'), VersionId }
      const head = await client.send(new HeadObjectCommand(object))
      assert.equal(head.ObjectLockMode, 'GOVERNANCE')
    },
  }),
  ...behavioursIn('versioned', {
    'a bucket without locks refuses them, and has no lock configuration': async (place) => {
      const { client, Bucket } = place
      const ask = new GetObjectLockConfigurationCommand({ Bucket })
      assert.equal(await outcomeOf(client.send(ask)), '404 ObjectLockConfigurationNotFoundError')
      const put = {
        Bucket,
        Key: place.key('a'),
        Body: 'x',
        ObjectLockMode: 'GOVERNANCE' as const,
        ObjectLockRetainUntilDate: until(),
      }
      assert.equal(await outcomeOf(client.send(new PutObjectCommand(put))), '400 InvalidRequest')
    },
  }),
]
