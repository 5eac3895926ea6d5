import assert from 'node:assert/strict'
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { outcomeOf } from '../client.ts'
import { behavioursIn, type Behaviour, type Place } from './behaviour.ts'
import { putText } from './versions.ts'

/** Writers of a race: enough that a store that only looks first lets two of them through. */
const RACERS = 8

/** A conditional write of text; what the store answered. */
async function putIf(
  place: Place,
  name: string,
  condition: { readonly IfNoneMatch?: string; readonly IfMatch?: string },
): Promise<string> {
  const put = { Bucket: place.Bucket, Key: place.key(name), Body: name, ...condition }
  return outcomeOf(place.client.send(new PutObjectCommand(put)))
}

const checks: Readonly<Record<string, Behaviour['check']>> = {
  'If-None-Match writes what is not there, and refuses what is': async (place) => {
    assert.equal(await putIf(place, 'a', { IfNoneMatch: '*' }), 'ok')
    assert.equal(await putIf(place, 'a', { IfNoneMatch: '*' }), '412 PreconditionFailed')
  },
  'of several writers with If-None-Match exactly one wins': async (place) => {
    const racing = Array.from({ length: RACERS }, () => putIf(place, 'a', { IfNoneMatch: '*' }))
    const outcomes = await Promise.all(racing)
    assert.equal(outcomes.filter((one) => one === 'ok').length, 1, outcomes.join(', '))
    const others = outcomes.filter((one) => one !== 'ok')
    assert.ok(
      others.every((one) => /^(?:412|409) /.test(one)),
      outcomes.join(', '),
    )
  },
  'If-Match refuses a state that is no longer on top': async (place) => {
    const put = { Bucket: place.Bucket, Key: place.key('a'), Body: 'one' }
    const { ETag } = await place.client.send(new PutObjectCommand(put))
    assert.ok(ETag !== undefined)
    assert.equal(await putIf(place, 'a', { IfMatch: ETag }), 'ok')
    assert.equal(await putIf(place, 'a', { IfMatch: ETag }), '412 PreconditionFailed')
  },
}

const inBoth = [...behavioursIn('unversioned', checks), ...behavioursIn('versioned', checks)].map(
  (one) => ({ ...one, name: `${one.name} (${one.bucket})` }),
)

const hidden = behavioursIn('versioned', {
  'a key that a marker hides counts as absent to If-None-Match': async (place) => {
    await putText(place, 'a', 'one')
    const hide = new DeleteObjectCommand({ Bucket: place.Bucket, Key: place.key('a') })
    await place.client.send(hide)
    assert.equal(await putIf(place, 'a', { IfNoneMatch: '*' }), 'ok')
  },
})

/** Conditional writes. */
export const conditionBehaviours: readonly Behaviour[] = [...inBoth, ...hidden]
