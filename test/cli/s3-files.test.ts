import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CatalogClient } from '../../client-sdk/client.ts'
import { openSpool, openStaging } from '../../client-sdk/node.ts'
import { openS3Store } from '../../client-sdk/s3.ts'
import { contentOf, joined, MIB } from '../client-sdk/s3-fixture.ts'
import { startS3Double, type S3Double } from '../s3/double/s3-double.ts'
import { openWorkplace, type Workplace } from './command-fixture.ts'

describe('a shell script that keeps its state in S3', () => {
  let place: Workplace
  let double: S3Double
  let variables: Readonly<Record<string, string>>
  const register =
    'register --run-file run.json --store s3://states/fares --file model.bin --step'.split(' ')

  before(async () => {
    place = openWorkplace()
    double = await startS3Double()
    double.createBucket('states')
    double.createBucket('unversioned', { versioning: 'none' })
    const { url, token = '' } = (await place.serve()).ready
    variables = {
      CAIRN_URL: url,
      CAIRN_TOKEN: token,
      AWS_ENDPOINT_URL_S3: double.endpoint,
      AWS_REGION: double.region,
      AWS_ACCESS_KEY_ID: double.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: double.credentials.secretAccessKey,
    }
    const opened = await place.ask(['resume', '--job', 'nightly'], { variables })
    writeFileSync(join(place.directory, 'run.json'), JSON.stringify(opened))
    writeFileSync(join(place.directory, 'model.bin'), await joined(contentOf(40 * MIB)))
  })
  after(async () => {
    await place.remove()
    await double.stop()
  })

  it('goes on with an upload that was killed, when the same command is given again', async () => {
    const slow = double.faults.add({ kind: 'delay', ms: 300 }, { operation: 'UploadPart' })
    const killed = place.start([...register, '10'], { variables })
    while (double.traffic.count('UploadPart') < 2) await delay(5)
    await killed.end('SIGKILL')
    slow.lift()
    const sentBefore = double.traffic.count('UploadPart')
    assert.ok(sentBefore < 5)
    const { status } = await place.ask([...register, '10'], { variables })
    assert.equal(status, 'registered')
    assert.equal(double.traffic.count('CreateMultipartUpload'), 1)
    const stored = double.traffic.requests.filter(
      (request) => request.operation === 'UploadPart' && request.status === 200,
    )
    assert.equal(new Set(stored.map(({ partNumber }) => partNumber)).size, 5)
    assert.equal(stored.length, 5, 'a part that had arrived was sent again')
    const uploads = join(place.directory, '.local', 'state', 'cairn', 'uploads')
    assert.deepEqual(readdirSync(uploads), [])
  })

  it('restores it, pinned to the version', async () => {
    const words = ['restore', 'nightly', '--into', 'state']
    const { bytesFetched, stages } = await place.ask(words, { variables })
    assert.equal(bytesFetched, 40 * MIB)
    const [{ path }] = stages[0].files
    assert.deepEqual(readFileSync(path), readFileSync(join(place.directory, 'model.bin')))
    const flags = ['--s3-endpoint', double.endpoint, '--s3-region', double.region]
    const bare = { ...variables, AWS_ENDPOINT_URL_S3: '', AWS_REGION: '' }
    const again = await place.ask(['restore', 'nightly', '--into', 'state2', ...flags], {
      variables: bare,
    })
    assert.equal(again.bytesFetched, 40 * MIB)
  })

  it('has what a killed job left staged uploaded by a flush', async () => {
    const { run } = JSON.parse(readFileSync(join(place.directory, 'run.json'), 'utf8'))
    const spool = join(place.directory, 'spool')
    const opened = await openSpool({ directory: spool })
    const staging = openStaging({ spool: opened })
    const client = new CatalogClient({
      url: 'http://127.0.0.1:1',
      namespace: run.namespace,
      token: 't',
      spool: opened,
      staging,
      store: await openS3Store({ bucket: 'states', endpoint: 'http://127.0.0.1:1', region: 'x' }),
    })
    const contents = [{ name: 'state', content: Buffer.from('staged') }]
    const handle = client.runs.handle({ ...run, partition: '' })
    await handle.checkpoint({ step: 15, contents, persistence: 'async' })
    await client.close()
    await opened.close()

    const found = await place.run(['spool', 'status', spool])
    assert.match(found.stdout, /staged +1 checkpoint, 6 B/)
    const flush = ['spool', 'flush', spool, '--store', 's3://states/fares']
    const { sentCount } = await place.ask(flush, { variables })
    assert.equal(sentCount, 0, 'it was registered with its upload')
    const { checkpoint } = await place.ask(['latest', 'nightly'], { variables })
    assert.equal(checkpoint.step, 15)
    assert.equal((await place.ask(['spool', 'status', spool])).stagedCount, 0)
  })

  it('is told how to mend a bucket without versions, and what a store is', async () => {
    const words = [...register, '20'].map((word) =>
      word.startsWith('s3:') ? 's3://unversioned' : word,
    )
    const refused = await place.run(words, { variables })
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /aws s3api put-bucket-versioning --bucket unversioned/)
    const odd = [...register, '20'].map((word) => (word.startsWith('s3:') ? 'gs://states' : word))
    const unknown = await place.run(odd, { variables })
    assert.equal(unknown.code, 2)
    assert.match(unknown.stderr, /write disk: and a folder, or s3:\/\/bucket\/prefix/)
  })
})
