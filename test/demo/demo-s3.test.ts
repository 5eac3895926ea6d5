import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, test } from 'node:test'
import { ListBucketsCommand } from '@aws-sdk/client-s3'
import { runDemo, type DemoOptions } from '../../client-sdk/cli/demo/run-demo.ts'
import { findCephRgw } from '../../client-sdk/cli/demo/s3/ceph-rgw.ts'
import { findVersitygw } from '../../client-sdk/cli/demo/s3/versitygw.ts'
import { screenOf } from '../../client-sdk/cli/screen.ts'
import { clientOf } from '../s3/client.ts'
import { startS3Double } from '../s3/double/s3-double.ts'
import { useCredentials } from '../s3/open-store.ts'

/** The demonstration's folders go here, so that a leftover is seen. */
const directory = mkdtempSync(join(tmpdir(), 'cairn-test-demo-s3-'))
process.env['TMPDIR'] = directory
after(() => rmSync(directory, { recursive: true, force: true }))

/** The short form of the demonstration; what it told, and its page. */
async function runShort(
  variables: NodeJS.ProcessEnv,
  s3: DemoOptions['s3'],
): Promise<{ readonly told: string; readonly page: string; readonly isAsPromised: boolean }> {
  let told = ''
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      told += String(chunk)
      done()
    },
  })
  const screen = screenOf(output, {})
  const screens = { output, errors: output, outputScreen: screen, errorScreen: screen }
  const session = { variables, json: false, ...screens }
  const partitions = ['10-14']
  const report = await runDemo({ session, seed: 5, partitions, rowsPerSecond: 100_000, s3 })
  assert.ok(report)
  return { told, page: report.text(screen), isAsPromised: report.hasFindings === false }
}

function assertShown({ told, page, isAsPromised }: Awaited<ReturnType<typeof runShort>>): void {
  assert.ok(isAsPromised, page)
  assert.match(told, /SIGKILL at step \d+, attempt 1; latest good: \d+/)
  assert.match(
    told,
    /verify +step \d+ failed: BLOB_NOT_FOUND; latest good: \d+, .* EVIDENCE_FAILED/,
  )
  assert.match(told, /dry run .*drop NOT_SELECTED/)
  assert.match(told, /sweep +[1-9]\d* object versions removed/)
  assert.match(page, /✔ A sweep removes the versions that nothing needs, and no other/)
  assert.deepEqual(readdirSync(directory), [])
}

test('the states of the demonstration may be at any S3, and nothing is left there', async () => {
  const double = await startS3Double()
  const client = clientOf(double)
  try {
    useCredentials(double)
    const { endpoint } = double
    assertShown(await runShort({ ...process.env, CAIRN_S3_BUCKET: '' }, { endpoint }))
    assert.deepEqual((await client.send(new ListBucketsCommand())).Buckets ?? [], [])
  } finally {
    client.destroy()
    await double.stop()
  }
})

const { AWS_ENDPOINT_URL_S3: _, AWS_ENDPOINT_URL: __, CAIRN_S3_BUCKET: ___, ...env } = process.env
const isMissing =
  findVersitygw(env) === undefined && findCephRgw(env) === undefined
    ? 'neither versitygw nor Ceph is installed'
    : false

test('it starts a real S3 where there is one, and ends it', { skip: isMissing }, async () => {
  const shown = await runShort(env, {})
  assert.match(shown.told, /kept in S3: (?:versitygw|ceph-rgw), started for this/)
  assertShown(shown)
})

test('without any S3 it says how to get one', async () => {
  await assert.rejects(runShort({ PATH: '/nowhere' }, {}), {
    code: 'CONFIG_INVALID',
    message: /Give an endpoint, .*CAIRN_S3_BUCKET.*versitygw.*radosgw/,
  })
  const variables = { PATH: '/nowhere', CAIRN_VERSITYGW: '/nowhere/versitygw' }
  await assert.rejects(runShort(variables, {}), {
    code: 'CONFIG_INVALID',
    message: /CAIRN_VERSITYGW names \/nowhere\/versitygw/,
  })
  assert.deepEqual(readdirSync(directory), [])
})
