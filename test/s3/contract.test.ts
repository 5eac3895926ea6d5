import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { S3Client } from '@aws-sdk/client-s3'
import { clientOf } from './client.ts'
import type { Behaviour, Place } from './contract/behaviour.ts'
import { checksumBehaviours } from './contract/checksums.ts'
import { conditionBehaviours } from './contract/conditions.ts'
import { lockBehaviours } from './contract/locks.ts'
import { multipartBehaviours } from './contract/multipart.ts'
import { settingBehaviours } from './contract/settings.ts'
import { versionBehaviours } from './contract/versions.ts'
import { deviations } from './deviations.ts'
import { onEachServer } from './each-server.ts'
import type { S3Server, TestBucket } from './servers/s3-server.ts'

const behaviours: readonly Behaviour[] = [
  ...versionBehaviours,
  ...checksumBehaviours,
  ...conditionBehaviours,
  ...multipartBehaviours,
  ...lockBehaviours,
  ...settingBehaviours,
]

onEachServer('S3 as Cairn needs it', ({ name, server }) => {
  for (const behaviour of behaviours) {
    const deviation = deviations[name][behaviour.name]
    test(deviation === undefined ? behaviour.name : `not here: ${behaviour.name}`, async (t) => {
      const found = await server().newBucket(behaviour.bucket)
      if (found === undefined) return t.skip(`it gives no ${behaviour.bucket} bucket`)
      if (behaviour.needsOwnBucket && found.prefix !== '') return t.skip('it needs a new bucket')
      const checked = checkIn(server(), found, behaviour)
      if (deviation === undefined) return checked
      return deviates(t, checked, deviation)
    })
  }
})

test('a deviation names a store’s failure at something that is checked', () => {
  const names = new Set(behaviours.map((one) => one.name))
  assert.equal(names.size, behaviours.length)
  const unknown = Object.values(deviations).flatMap((one) =>
    Object.keys(one).filter((name) => !names.has(name)),
  )
  assert.deepEqual(unknown, [])
})

async function checkIn(server: S3Server, at: TestBucket, behaviour: Behaviour): Promise<void> {
  const clients: S3Client[] = []
  const clientWith: Place['clientWith'] = (settings) => {
    const client = clientOf(server, settings)
    clients.push(client)
    return client
  }
  try {
    await behaviour.check({
      client: clientWith({}),
      clientWith,
      Bucket: at.bucket,
      prefix: at.prefix,
      key: (name) => at.prefix + name,
    })
  } finally {
    for (const client of clients) client.destroy()
  }
}

/** Passes where the store fails: the list must say no more than what is true. */
async function deviates(t: TestContext, checked: Promise<void>, reason: string): Promise<void> {
  await assert.rejects(checked, () => true, `it does this now; take it off the list: ${reason}`)
  t.diagnostic(reason)
}
