import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { encodeCursor } from '../../schema/cursor.ts'
import type { ErrorCode } from '../../schema/errors.ts'
import type { Reconciliation } from '../../schema/reconciliation.ts'
import { readCsv } from '../../server/verify/read-csv.ts'
import { compareUris } from '../../server/verify/rules.ts'
import { sortLines } from '../../server/verify/sort-lines.ts'
import { dialects, START_MS } from '../harness/catalog.ts'
import { answered, itemsOf, refused } from '../register/scene.ts'
import { oddKeys } from '../s3/odd-keys.ts'
import { useBlobScene } from './blob-scene.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const SCHEMA = 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag'
const MANIFEST = 's3://replica/inventory/2026-11-24T00-00Z/manifest.json'

for (const dialect of dialects) {
  describe(`reconciling with an S3 Inventory, on ${dialect}`, () => {
    const at = useBlobScene(dialect)
    const path = '/buckets/unusual/reconciliations'
    const put = (uri: string, bytes: Uint8Array): void => {
      const { bucket, key } = at().nameOf({ uri, versionId: '' })
      at().double.behindTheBack.store(bucket, key, bytes)
    }
    const reconcile = async (body: object): Promise<Reconciliation> => {
      let called = await at().scene.post(path, body)
      for (let turn = 0; called.status === 202 && turn < 100; turn += 1) {
        called = await at().scene.post(path, {
          ...body,
          reconciliation: called.body.reconciliation,
        })
      }
      return answered(called, 200)
    }
    /** Writes an inventory as S3 would; what differs from it is said. */
    const write = (rows: readonly (readonly string[])[], manifest: object = {}): void => {
      const texts = rows.map((row) =>
        row.map((field) => `"${field.replaceAll('"', '""')}"`).join(','),
      )
      // Two files, so that no one of them is all.
      const half = Math.ceil(texts.length / 2)
      const files = [texts.slice(0, half), texts.slice(half)].map((lines, place) => {
        const bytes = gzipSync(`${lines.join('\n')}\n`)
        const key = `inventory/data/${place}.csv.gz`
        put(`s3://replica/${key}`, bytes)
        const MD5checksum = createHash('md5').update(bytes).digest('hex')
        return { key, size: bytes.length, MD5checksum }
      })
      const whole = {
        sourceBucket: 'unusual',
        destinationBucket: 'arn:aws:s3:::replica',
        version: '2016-11-30',
        creationTimestamp: String(START_MS + DAY_MS),
        fileFormat: 'CSV',
        fileSchema: SCHEMA,
        files,
        ...manifest,
      }
      put(MANIFEST, Buffer.from(JSON.stringify(whole)))
    }
    const encode = (key: string): string => encodeURIComponent(key).replaceAll('%20', '+')
    const rowOf = (uri: string, versionId: string, size: number): readonly string[] => {
      const { bucket, key } = at().nameOf({ uri, versionId })
      const moment = new Date(START_MS).toISOString()
      return [bucket, encode(key), versionId, 'true', 'false', String(size), moment, 'etag']
    }

    test('compares what it lists, and calls nothing missing that is newer', async () => {
      const { run } = await at().scene.open('listed')
      const blobs = oddKeys.map((key, place) => ({
        ...at().store(key, `content ${place}`, 'unusual'),
        name: String(place),
      }))
      const old = await at().save(run, 1, blobs)
      at().scene.at.advance(3 * DAY_MS)
      const late = at().store('late', 'late', 'unusual')
      await at().save(run, 2, [late])
      const [gone, ...there] = blobs
      assert.ok(gone)
      const marker = ['unusual', 'marker', 'v1', 'true', 'true', '', '2026-11-23T00:00:00.000Z', '']
      const orphan = rowOf('s3://unusual/orphan', 'v2', 7)
      // In no order of keys, as S3 may write it.
      const rows = there.map(({ uri, versionId, sizeBytes }) => rowOf(uri, versionId, sizeBytes))
      write([orphan, ...rows.toReversed(), marker])
      at().double.traffic.reset()
      const found = await reconcile({ inventory: MANIFEST })
      assert.deepEqual(found.counts, {
        versions: there.length + 1,
        references: blobs.length + 1,
        missing: 1,
        sizeDiffers: 0,
        orphans: 1,
        orphanBytes: 7,
        abandoned: 0,
        newer: 1,
        young: 0,
      })
      assert.deepEqual(
        found.disagreements.map(({ kind, uri, checkpoint }) => [kind, uri, checkpoint]),
        [
          ['missing', gone.uri, old],
          ['orphan', 's3://unusual/orphan', undefined],
        ],
      )
      const createdAt = new Date(START_MS + DAY_MS).toISOString()
      assert.deepEqual(found.inventory, { uri: MANIFEST, createdAt })
      const [{ entry }] = itemsOf(await at().scene.get(`/entries?after=${(found.index ?? 0) - 1}`))
      assert.deepEqual([entry.inventory, entry.counts], [found.inventory, found.counts])
      assert.equal(at().double.traffic.count('ListObjectVersions'), 0)
      const scope = { list: 'reconciliation', namespace: 'airline', bucket: 'unusual' }
      const from = ['', gone.uri] as const
      const after = encodeCursor({ ...scope, inventory: MANIFEST }, from)
      const rest = await reconcile({ inventory: MANIFEST, after })
      assert.deepEqual(
        [rest.counts.missing, rest.counts.references],
        [0, [...blobs, late].filter(({ uri }) => compareUris(uri, gone.uri) > 0).length],
      )
      const other = encodeCursor({ ...scope, inventory: '' }, from)
      refused(await at().scene.post(path, { inventory: MANIFEST, after: other }), 'INVALID_CURSOR')
    })

    test('of one that cannot be compared says what to do, and records nothing', async () => {
      const size = await at().scene.size()
      const row = rowOf('s3://unusual/a', 'v', 1)
      const refuse = async (
        manifest: object,
        code: ErrorCode,
        message: RegExp,
        rows: readonly (readonly string[])[] = [row],
      ): Promise<void> => {
        write(rows, manifest)
        const called = await at().scene.post(path, { inventory: MANIFEST })
        refused(called, code)
        assert.match(called.body.detail, message)
      }
      await refuse({ fileFormat: 'ORC' }, 'INVALID_REQUEST', /output format .* to CSV/)
      await refuse({ fileFormat: 'Parquet' }, 'INVALID_REQUEST', /output format .* to CSV/)
      await refuse({ fileSchema: 'Bucket, Key, Size' }, 'INVALID_REQUEST', /include all versions/)
      await refuse({ sourceBucket: 'replica' }, 'INVALID_REQUEST', /lists the bucket replica/)
      await refuse({ creationTimestamp: 'now' }, 'INVALID_REQUEST', /no manifest/)
      const late = String(Number.MAX_SAFE_INTEGER)
      await refuse({ creationTimestamp: late }, 'INVALID_REQUEST', /no manifest/)
      await refuse({ files: [] }, 'INVALID_REQUEST', /lists no file/)
      await refuse({ fileSchema: `${SCHEMA}, Key` }, 'INVALID_REQUEST', /a column twice/)
      await refuse({ files: [{ key: 'a' }] }, 'INVALID_REQUEST', /without key, size/)
      await refuse({ destinationBucket: 'arn:aws:s3:::x' }, 'BUCKET_NOT_ALLOWED', /s3:\/\/x\//)
      const MD5checksum = '0'.repeat(32)
      const files = [{ key: 'inventory/data/0.csv.gz', size: 1, MD5checksum }]
      await refuse({ files }, 'BLOB_CORRUPT', /size or MD5 differs/)
      await refuse({}, 'BLOB_CORRUPT', /row 1 has 7 of 8 fields/, [row.slice(1)])
      await refuse({}, 'BLOB_CORRUPT', /not URL-encoded/, [row.with(1, '%zz')])
      for (const odd of ['many', '-5', '1.5', '0x10', '']) {
        await refuse({}, 'BLOB_CORRUPT', /no such Size/, [row.with(5, odd)])
      }
      await refuse({}, 'BLOB_CORRUPT', /no such IsDeleteMarker/, [row.with(4, 'TRUE')])
      await refuse({}, 'BLOB_CORRUPT', /no such LastModifiedDate/, [row.with(6, 'lately')])
      put(MANIFEST, Buffer.from('{'))
      refused(await at().scene.post(path, { inventory: MANIFEST }), 'INVALID_REQUEST')
      const nowhere = { inventory: 's3://replica/none.json' }
      refused(await at().scene.post(path, nowhere), 'BLOB_NOT_FOUND')
      const closed = { inventory: 's3://elsewhere/manifest.json' }
      refused(await at().scene.post(path, closed), 'BUCKET_NOT_ALLOWED')
      assert.equal(await at().scene.size(), size)
    })
  })
}

test('CSV is read as RFC 4180 has it, wherever its pieces end', async () => {
  const text = 'a,"b ""c"", \n",\r\n"",é😀,"d"\n'
  const bytes = Buffer.from(text)
  for (let length = 1; length < bytes.length; length += 1) {
    const rows = []
    const pieces = async function* () {
      for (let from = 0; from < bytes.length; from += length)
        yield bytes.subarray(from, from + length)
    }
    for await (const row of readCsv(pieces(), { name: 'x', fieldCount: 3 })) rows.push(row)
    assert.deepEqual(rows, [
      ['a', 'b "c", \n', ''],
      ['', 'é😀', 'd'],
    ])
  }
  for (const [wrong, message] of [
    ['a,b', /has 2 of 3 fields/],
    ['a,b,c,d', /more than 3 fields/],
    ['a"b,c,d', /quote inside/],
    ['"a"b,c,d', /behind the quote/],
    ['"a,b,c', /ends inside quotes/],
    ['\xff,b,c', /no UTF-8/],
    [`${'a'.repeat(5_000)},b,c`, /field of over/],
    ['"'.repeat(20_000), /field of over/],
  ] as const) {
    const read = async (): Promise<void> => {
      const pieces = (async function* () {
        yield Buffer.from(wrong, 'latin1')
      })()
      for await (const _ of readCsv(pieces, { name: 'x', fieldCount: 3 })) continue
    }
    await assert.rejects(read(), { code: 'BLOB_CORRUPT', message })
  }
})

test('more lines than are sorted at a time come out in order, each once', async () => {
  const count = 160_000
  const lines = async function* () {
    for (let place = 0; place < count; place += 1) {
      yield [String((place * 7919) % count).padStart(6, '0'), place] as const
    }
  }
  let next = 0
  for await (const [uri] of sortLines(lines())) {
    assert.equal(uri, String(next).padStart(6, '0'))
    next += 1
  }
  assert.equal(next, count)
})
