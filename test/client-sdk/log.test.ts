import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CatalogClient } from '../../client-sdk/index.ts'
import { fakeFetch, json, problem, type Respond } from './fake-fetch.ts'

function clientOver(respond: Respond) {
  const { fetch, requests } = fakeFetch(respond)
  const url = 'http://catalog.test'
  const client = new CatalogClient({ url, namespace: 'n', token: 't', fetch, retries: 0 })
  return { client, asked: () => requests.map((request) => request.url.pathname), requests }
}

test('the files of a log are read under their C2SP paths, slashes and all', async () => {
  const { client, asked, requests } = clientOver(() => new Response(Uint8Array.of(1, 2)))
  const source = client.log.tiles()
  for (const path of ['checkpoint', 'tile/0/x001/x234/067.p/8', 'tile/entries/000']) {
    assert.deepEqual(await source.read(path), Uint8Array.of(1, 2))
  }
  assert.deepEqual(asked(), [
    '/v1/namespaces/n/log/checkpoint',
    '/v1/namespaces/n/log/tile/0/x001/x234/067.p/8',
    '/v1/namespaces/n/log/tile/entries/000',
  ])
  assert.deepEqual(new Set(requests.map(({ headers }) => headers.get('accept'))), new Set(['*/*']))
})

test('a path that no log has, or that leads elsewhere, is not asked for', async () => {
  const { client, asked } = clientOver(() => new Response())
  const source = client.log.tiles()
  for (const path of ['', 'entries', '../keys', 'tiles/0/000']) {
    await assert.rejects(source.read(path), { code: 'INVALID_REQUEST' })
  }
  for (const path of ['tile/', 'tile/../../keys', 'tile/0/..', 'tile/0//000', 'tile/./000']) {
    await assert.rejects(source.read(path), { code: 'INVALID_NAME' })
  }
  await source.read('tile/0/000?x#y%2e')
  assert.deepEqual(asked(), ['/v1/namespaces/n/log/tile/0/000%3Fx%23y%252e'])
})

test('a tile that the log has not got is none, and any other failure is one', async () => {
  const { client } = clientOver(({ url }) =>
    url.pathname.endsWith('000') ? problem(404, 'TILE_NOT_FOUND') : problem(403, 'FORBIDDEN'),
  )
  const source = client.log.tiles()
  assert.equal(await source.read('tile/0/000'), undefined)
  await assert.rejects(source.read('tile/entries/001'), { code: 'FORBIDDEN' })
})

test('proofs, keys and receipts are asked for by name', async () => {
  const { client, requests } = clientOver(() => json({}))
  await client.log.keys()
  await client.log.inclusion({ index: 0, size: 2 })
  await client.log.consistency({ from: 1, to: 2 })
  await client.log.receipt(`sha256:${'0'.repeat(64)}`)
  assert.deepEqual(
    requests.map(({ url }) => url.pathname.slice('/v1/namespaces/n'.length) + url.search),
    [
      '/log/keys',
      '/log/proofs/inclusion?index=0&size=2',
      '/log/proofs/consistency?from=1&to=2',
      `/checkpoints/sha256:${'0'.repeat(64)}/receipt`,
    ],
  )
})
