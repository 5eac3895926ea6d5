import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { openCatalog } from '../../server/compose.ts'
import { parseConfig } from '../../server/config.ts'
import { readBucketsFile } from '../../server/read-buckets-file.ts'
import { openBlobStores } from '../../server/store/blob-stores.ts'

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'cairn-buckets-'))

function fileOf(content: unknown): string {
  const file = join(newFolder(), 'buckets.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

describe('the file of buckets', () => {
  test('names buckets with their connection, and folders', () => {
    const file = fileOf({
      buckets: [
        { bucket: 'flights', prefix: 'states/', region: 'eu-central-1' },
        {
          name: 'lab',
          bucket: 'lab-states',
          endpoint: 'http://127.0.0.1:7070',
          pathStyle: true,
          requestChecksums: 'WHEN_REQUIRED',
        },
        { name: 'scratch', folder: '/srv/blobs', region: 'north' },
        { name: 'beside', folder: 'blobs', namespaces: ['lab-*', 'pricing'] },
        { bucket: 'closed', namespaces: ['pricing'] },
      ],
    })
    assert.deepEqual(readBucketsFile(file), [
      {
        kind: 's3',
        name: 'flights',
        bucket: 'flights',
        prefix: 'states/',
        pathStyle: false,
        region: 'eu-central-1',
      },
      {
        kind: 's3',
        name: 'lab',
        bucket: 'lab-states',
        prefix: '',
        pathStyle: true,
        endpoint: 'http://127.0.0.1:7070',
        requestChecksums: 'WHEN_REQUIRED',
      },
      { kind: 'disk', name: 'scratch', folder: '/srv/blobs', region: 'north' },
      {
        kind: 'disk',
        name: 'beside',
        folder: join(file, '../blobs'),
        namespaces: ['lab-*', 'pricing'],
      },
      {
        kind: 's3',
        name: 'closed',
        bucket: 'closed',
        prefix: '',
        pathStyle: false,
        namespaces: ['pricing'],
      },
    ])
  })

  test('that cannot be understood refuses to start, and the refusal names the file', async () => {
    const wrong = [
      '{',
      '{}',
      { buckets: [] },
      { buckets: [{}] },
      { buckets: [{ name: 'no-place' }] },
      { buckets: [{ folder: '/srv/blobs' }] },
      { buckets: [{ name: 'both', folder: '/srv/blobs', bucket: 'flights' }] },
      { buckets: [{ name: 'odd', folder: '/srv/blobs', pathStyle: true }] },
      { buckets: [{ bucket: 'No Bucket' }] },
      { buckets: [{ bucket: 'flights', endpoint: 'http://user:secret@host' }] },
      { buckets: [{ bucket: 'flights', secret: 'x' }] },
      { buckets: [{ bucket: 'flights', namespaces: [] }] },
      { buckets: [{ bucket: 'flights', namespaces: ['pricing/daily'] }] },
      { buckets: [{ name: 'odd', folder: '/srv/blobs', namespaces: 'pricing' }] },
      {
        buckets: [
          { name: 'one', folder: '/srv/blobs' },
          { name: 'one', folder: '/srv/other' },
        ],
      },
      {
        buckets: [
          { name: 'one', folder: '/srv/blobs' },
          { name: 'two', folder: '/srv/../srv/blobs/' },
        ],
      },
    ]
    for (const content of wrong) {
      const env = { CAIRN_DATA_DIR: newFolder(), CAIRN_BUCKETS_FILE: fileOf(content) }
      await assert.rejects(
        openCatalog(parseConfig(env)),
        { code: 'CONFIG_INVALID', message: /CAIRN_BUCKETS_FILE/ },
        JSON.stringify(content),
      )
    }
    const missing = { CAIRN_DATA_DIR: newFolder(), CAIRN_BUCKETS_FILE: '/no/such/file' }
    await assert.rejects(openCatalog(parseConfig(missing)), { code: 'CONFIG_INVALID' })
  })
})

describe('stores are found by the URI of an object', () => {
  const root = newFolder()
  const stores = openBlobStores([
    { kind: 'disk', name: 'outer', folder: root },
    { kind: 'disk', name: 'inner', folder: join(root, 'objects', 'inner') },
  ])
  const uriOf = (...parts: string[]): string => pathToFileURL(join(root, ...parts)).href

  test('the longest place that fits is meant', () => {
    assert.deepEqual(stores.namesFor('any'), ['outer', 'inner'])
    assert.equal(stores.find(uriOf('objects', 'ab', 'x'), 'any').name, 'outer')
    const inner = stores.find(uriOf('objects', 'inner', 'objects', 'ab', 'x'), 'any')
    assert.equal(inner.name, 'inner')
    assert.equal(stores.named('inner', 'any'), inner.store)
  })

  test('whatever is elsewhere is refused before anything is asked', () => {
    for (const uri of [
      's3://flights/model.bin',
      'https://example.com/x',
      'file:///etc/passwd',
      uriOf('other', 'x'),
      `${uriOf('objects')}-beside/ab/x`,
    ]) {
      assert.throws(() => stores.find(uri, 'any'), { code: 'BUCKET_NOT_ALLOWED' }, uri)
    }
    assert.throws(() => stores.named('third', 'any'), { code: 'BUCKET_NOT_ALLOWED' })
  })
})

describe('a bucket that lists namespaces is closed to all others', () => {
  const stores = openBlobStores(
    [
      { name: 'all', prefix: '' },
      { name: 'pricing', prefix: 'pricing/', namespaces: ['pricing', 'pricing-*'] },
    ].map((place) => ({ kind: 's3', bucket: 'states', pathStyle: false, ...place })),
  )

  test('its objects and its name are refused, and the refusal says what to change', () => {
    const uri = 's3://states/pricing/model.bin'
    assert.equal(stores.find(uri, 'pricing').name, 'pricing')
    assert.equal(stores.find(uri, 'pricing-eu').name, 'pricing')
    for (const namespace of ['airline', 'pricin', 'the-pricing']) {
      const refusal = {
        code: 'BUCKET_NOT_ALLOWED',
        message: new RegExp(`not open to the namespace "${namespace}": .*CAIRN_BUCKETS_FILE`),
        detail: { buckets: ['all'] },
      }
      assert.throws(() => stores.find(uri, namespace), refusal)
      assert.throws(() => stores.named('pricing', namespace), refusal)
      assert.deepEqual(stores.namesFor(namespace), ['all'])
    }
  })

  test('no name that a store may take for a path leads into it', () => {
    for (const uri of [
      's3://states/open/../pricing/model.bin',
      's3://states/./pricing/model.bin',
    ]) {
      assert.throws(() => stores.find(uri, 'airline'), { code: 'BUCKET_NOT_ALLOWED' }, uri)
    }
    assert.equal(stores.find('s3://states/..pricing/a..b', 'airline').name, 'all')
  })
})
