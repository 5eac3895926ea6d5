import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openHeadFolder } from '../../client-sdk/stores/head-folder.ts'
import { openTileFolder } from '../../client-sdk/stores/tile-folder.ts'
import { auditLog } from '../../client-sdk/verify/audit-log.ts'
import { openHttpTiles, type HttpTilesOptions } from '../../client-sdk/verify/http-tiles.ts'
import { newSigner, smallEntries, tileLogOf, writeFolder } from './tile-log.ts'

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cairn-tiles-'))
  context.after(() => rm(path, { recursive: true, force: true }))
  return path
}

const log = tileLogOf(smallEntries(700))

test('a log in a folder passes the audit', async (context) => {
  const directory = await folder(context)
  await writeFolder(directory, log.files)
  const verdict = await auditLog(openTileFolder({ directory }), { keys: [log.key] })
  assert.deepEqual(verdict.findings, [])
  assert.equal(verdict.checkedCount, 700)
})

test('a folder answers undefined for what is not there, and reads nothing else', async (context) => {
  const directory = await folder(context)
  await mkdir(join(directory, 'log'))
  await writeFile(join(directory, 'secret'), 'secret')
  await writeFile(join(directory, 'log', 'tile'), 'a file where a folder should be')
  const source = openTileFolder({ directory: join(directory, 'log') })
  assert.equal(await source.read('checkpoint'), undefined)
  assert.equal(await source.read('tile/0/000'), undefined)
  for (const path of ['../secret', '/etc/passwd', 'tile/0/../../../secret', 'tile', '']) {
    await assert.rejects(async () => source.read(path), { code: 'INVALID_REQUEST' })
  }
})

test('a file in a folder that is larger than it can be is not read', async (context) => {
  const directory = await folder(context)
  await mkdir(join(directory, 'tile', '0'), { recursive: true })
  await writeFile(join(directory, 'tile', '0', '000'), new Uint8Array(8_193))
  const source = openTileFolder({ directory })
  await assert.rejects(source.read('tile/0/000'), { code: 'BODY_TOO_LARGE' })
})

/** A log behind a `fetch` that answers from memory and remembers what it was asked. */
function served(overrides: Partial<HttpTilesOptions> = {}) {
  const requests: Request[] = []
  const source = openHttpTiles({
    url: 'https://log.example/v1/namespaces/flights/log/',
    fetch: (input, init) => {
      const request = new Request(input, init)
      requests.push(request)
      const path = new URL(request.url).pathname.replace('/v1/namespaces/flights/log/', '')
      const bytes = log.files.get(path)
      return Promise.resolve(
        bytes === undefined
          ? new Response('no such file', { status: 404 })
          : new Response(Uint8Array.from(bytes)),
      )
    },
    ...overrides,
  })
  return { source, requests }
}

test('a log over HTTP passes the audit, and the token goes with each request', async () => {
  const { source, requests } = served({ token: 'a-token' })
  const verdict = await auditLog(source, { keys: [log.key] })
  assert.deepEqual(verdict.findings, [])
  assert.equal(requests.length, log.files.size)
  assert.equal(requests[0]?.url, 'https://log.example/v1/namespaces/flights/log/checkpoint')
  assert.ok(requests.every((one) => one.headers.get('authorization') === 'Bearer a-token'))
  assert.ok(requests.every((one) => one.redirect === 'manual'))
})

test('a public log is read without a token; what it lacks is undefined', async () => {
  const { source, requests } = served()
  assert.equal(await source.read('tile/5/000'), undefined)
  assert.equal(requests[0]?.headers.get('authorization'), null)
})

test('answers that are neither a file nor its absence are failures', async () => {
  const answering = (answer: () => Promise<Response>) => served({ fetch: answer }).source
  for (const status of [302, 401, 403, 500, 503]) {
    const source = answering(() => Promise.resolve(new Response(null, { status })))
    await assert.rejects(source.read('checkpoint'), { code: 'CONNECTION_FAILED' })
  }
  const unreachable = answering(() => Promise.reject(new TypeError('fetch failed')))
  await assert.rejects(unreachable.read('checkpoint'), { code: 'CONNECTION_FAILED' })
  const large = answering(() => Promise.resolve(new Response(new Uint8Array(8_193))))
  await assert.rejects(large.read('tile/0/000'), { code: 'BODY_TOO_LARGE' })
  await assert.rejects(large.read('../else'), { code: 'INVALID_REQUEST' })
})

test('an answer that never comes ends at the deadline', async () => {
  const source = openHttpTiles({
    url: 'https://log.example',
    timeoutMs: 1,
    fetch: (_input, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
      }),
  })
  await assert.rejects(source.read('checkpoint'), { code: 'CONNECTION_FAILED' })
})

test('a URL that is none, or that holds credentials, is refused without being quoted', () => {
  for (const url of ['log', 'ftp://log.example', 'https://me:secret@log.example', 'https://l/?q']) {
    assert.throws(
      () => openHttpTiles({ url }),
      (error: Error) => !error.message.includes('secret') && error.message.includes('"url"'),
    )
  }
})

test('a folder of heads remembers across openings, by key, and leaves nothing half written', async (context) => {
  const directory = join(await folder(context), 'heads')
  const memory = await openHeadFolder({ directory })
  const other = newSigner().key
  assert.equal(await memory.load(log.key), undefined)
  await memory.save(log.key, log.headAt(200))
  await memory.save(log.key, log.headAt(300))
  await memory.save(other, 'another log')
  const again = await openHeadFolder({ directory })
  assert.equal(await again.load(log.key), log.headAt(300))
  assert.equal(await again.load(other), 'another log')
  const names = await readdir(directory)
  assert.equal(names.length, 2)
  assert.ok(names.every((name) => /^[0-9a-f]{64}\.head$/.test(name)))
})
