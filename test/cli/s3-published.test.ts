import assert from 'node:assert/strict'
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startS3Double, type S3Double } from '../s3/double/s3-double.ts'
import { openWorkplace, type Workplace } from './command-fixture.ts'

describe('a log that is published to a bucket', () => {
  let place: Workplace
  let double: S3Double
  let variables: Readonly<Record<string, string>>
  let key = ''
  const log = 's3://public/logs/default'
  const ask = (...words: readonly string[]) => place.ask(words, { variables })
  const at = (name: string): string => join(place.directory, name)

  before(async () => {
    place = openWorkplace()
    double = await startS3Double()
    double.createBucket('public')
    const { endpoint, region, credentials } = double
    const bucket = { bucket: 'public', region, endpoint, pathStyle: true }
    writeFileSync(at('buckets.json'), JSON.stringify({ buckets: [bucket] }))
    variables = {
      CAIRN_BUCKETS_FILE: 'buckets.json',
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }
  })
  after(async () => {
    await place.remove()
    await double.stop()
  })

  it('is published by a server that is told so, and verified without it', async () => {
    const server = await place.serve([], {
      variables: { ...variables, CAIRN_PUBLISH_FOLDER: 's3://public/logs' },
    })
    const reach = { CAIRN_URL: server.ready.url, CAIRN_TOKEN: server.ready.token ?? '' }
    const { keys } = await place.ask(['log', 'keys'], { variables: reach })
    key = keys[0]
    await place.ask(['jobs', 'declare', 'nightly'], { variables: reach })
    await server.end('SIGTERM')
    const found = await ask('log', 'verify', '--folder', log, '--key', key)
    assert.deepEqual([found.ok, found.findings], [true, []])
    assert.equal(found.checkedCount, found.head.size)
  })

  it('is published by hand, and a database that was set back is repaired from it', async () => {
    copyFileSync(at('.cairn/catalog.sqlite'), at('yesterday.sqlite'))
    const server = await place.serve([], { variables })
    const reach = { CAIRN_URL: server.ready.url, CAIRN_TOKEN: (await ask('token')).token }
    await place.ask(['jobs', 'declare', 'hourly'], { variables: reach })
    await server.end('SIGTERM')
    const { published } = await ask('log', 'publish', '--folder', 's3://public/logs')
    assert.equal(published.length, 1)
    for (const end of ['-wal', '-shm']) rmSync(at(`.cairn/catalog.sqlite${end}`), { force: true })
    copyFileSync(at('yesterday.sqlite'), at('.cairn/catalog.sqlite'))
    const repaired = await ask('log', 'repair', '--folder', log)
    assert.deepEqual(
      [repaired.complete, repaired.size, repaired.from],
      [true, published[0].size, published[0].before],
    )
  })

  it('says what is wrong with a place', async () => {
    const elsewhere = await place.run(['log', 'publish', '--folder', 's3://elsewhere/logs'], {
      variables,
    })
    assert.equal(elsewhere.code, 5, elsewhere.stderr)
    assert.match(elsewhere.stderr, /BUCKET_NOT_ALLOWED.*CAIRN_BUCKETS_FILE/)
    const odd = await place.run(['log', 'verify', '--folder', 's3://', '--key', key], { variables })
    assert.equal(odd.code, 2)
    const nothing = ['log', 'verify', '--folder', 's3://public/none', '--key', key]
    const empty = await place.run(nothing, { variables })
    assert.equal(empty.code, 8)
    assert.match(empty.stdout, /tile-missing/)
  })
})
