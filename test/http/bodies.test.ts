import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ErrorCode } from '../../schema/errors.ts'
import { DOCUMENT_MAX_BYTES } from '../../schema/entry.ts'
import { BATCH_MAX_COUNT } from '../../schema/operations/register.ts'
import { dialects, type Called } from '../harness/catalog.ts'
import { idOf, sampleManifest } from '../harness/samples.ts'
import { answered, refused, useScene } from '../register/scene.ts'
import { everyOperation, nothingRecorded, requestFor } from './requests.ts'

const json = { 'content-type': 'application/json' }

/** A JSON text in which `"MARK"` is replaced by a text that need not be JSON. */
const withMark = (value: unknown, text: string): string =>
  JSON.stringify(value).replaceAll('"MARK"', text)

/** Texts that no JSON reader may take, or that two may read differently. */
const unreadable: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['white space', ' \n\t'],
  ['half an object', '{"description":"x"'],
  ['something after the end', '{} {}'],
  ['a trailing comma', '{"description":"x",}'],
  ['single quotes', "{'description':'x'}"],
  ['a comment', '{/* x */}'],
  ['NaN', '{"labels":NaN}'],
  ['Infinity', '{"labels":-Infinity}'],
  ['a number beyond a double', '{"labels":1e999}'],
  ['a leading zero', '{"labels":01}'],
  ['a bare control character', '{"description":"a\u0001b"}'],
  ['an unknown escape', '{"description":"\\x41"}'],
  ['an escaped lone surrogate', '{"description":"\\ud800"}'],
  ['a reversed surrogate pair', '{"description":"\\udc00\\ud800"}'],
  ['a lone surrogate as a name', '{"\\udfff":1}'],
  ['the same name twice', '{"description":"a","description":"b"}'],
  ['the same name twice, once escaped', '{"description":"a","\\u0064escription":"a"}'],
  ['the same name twice within', '{"labels":{"a":"1","a":"1"}}'],
  ['a tower of arrays', '['.repeat(60_000)],
  ['a tower of objects', '{"a":'.repeat(12_000)],
  ['a closed tower', `${'['.repeat(70)}${']'.repeat(70)}`],
]

/** Bytes that are not UTF-8. */
const notUnicode: readonly (readonly [string, readonly number[]])[] = [
  ['a stray byte', [0xff]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['an encoded surrogate', [0xed, 0xa0, 0x80]],
  ['a character cut short', [0xe2, 0x82]],
  ['UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
]

for (const dialect of dialects) {
  describe(`a body on ${dialect}`, () => {
    const scene = useScene(dialect)

    /** Asserts that a request is refused, and that nothing of it was recorded. */
    const refusing = async (code: ErrorCode, ask: () => Promise<Called>): Promise<Called> => {
      const size = await scene().size()
      const called = await ask()
      refused(called, code)
      assert.equal(await scene().size(), size)
      return called
    }
    const putJob = (body: unknown, headers = {}) =>
      scene().at.call('PUT', scene().path('/jobs/fares'), body, headers)
    const postText = (text: string) => scene().post('/checkpoints', text)
    const sendBytes = async (bytes: Uint8Array<ArrayBuffer>, headers = {}): Promise<Called> => {
      const response = await scene().at.app.request(scene().path('/jobs/fares'), {
        method: 'PUT',
        headers: { authorization: `Bearer ${scene().at.token}`, ...json, ...headers },
        body: bytes,
      })
      return { status: response.status, headers: response.headers, body: await response.json() }
    }

    for (const [what, text] of unreadable) {
      test(`with ${what} is malformed JSON`, async () => {
        const { body } = await refusing('MALFORMED_JSON', () => putJob(text, json))
        assert.match(body.detail, /position \d+/)
      })
    }

    for (const [what, bytes] of notUnicode) {
      test(`with ${what} is malformed JSON`, async () => {
        const text = Buffer.from([...Buffer.from('{"description":"'), ...bytes, 0x22, 0x7d])
        await refusing('MALFORMED_JSON', () => sendBytes(text))
      })
    }

    test('of a registration that says a name twice is malformed JSON, however deep', async () => {
      const { run } = await scene().open('twice')
      const manifest = sampleManifest(run, 1, { parameters: { MARK: 1 } })
      for (const text of [
        withMark({ manifest }, '"rate":1,"rate"'),
        withMark({ manifest: { ...manifest, step: 'MARK' } }, '1,"step":2'),
        withMark({ manifest, digest: 'MARK' }, `"${idOf(manifest)}","digest":"${idOf(manifest)}"`),
        withMark({ manifest, tail: 'MARK' }, '0').replace(/"tail":0/, '"\\u006danifest":{}'),
      ]) {
        await refusing('MALFORMED_JSON', () => postText(text))
        await refusing('MALFORMED_JSON', () =>
          scene().post('/checkpoints/batch', `{"items":[${text}]}`),
        )
      }
    })

    test('of a registration is taken in any spelling of the same document', async () => {
      const { run } = await scene().open('spelling')
      const manifest = sampleManifest(run, 1, { parameters: { rate: 31_000, name: 'Zürich' } })
      const text = JSON.stringify({ manifest, digest: idOf(manifest) }, undefined, 3)
        .replace('31000', '3.10E4')
        .replace('ü', '\\u00FC')
      answered(await postText(text), 201)
      answered(await scene().register(manifest), 200)
    })

    test('with numbers that JSON cannot hold is refused', async () => {
      const { run } = await scene().open('numbers')
      const manifest = sampleManifest(run, 1, { parameters: { rate: 'MARK' } })
      const atStep = { ...manifest, step: 'MARK' }
      for (const [value, text, code] of [
        [manifest, '1e999', 'NOT_CANONICAL'],
        [manifest, '-1e999', 'NOT_CANONICAL'],
        [manifest, 'NaN', 'MALFORMED_JSON'],
        [atStep, '1e999', 'INVALID_TYPE'],
        [atStep, '1.5', 'INVALID_TYPE'],
        [atStep, '"1"', 'INVALID_TYPE'],
        [atStep, 'true', 'INVALID_TYPE'],
        [atStep, 'null', 'INVALID_TYPE'],
        [atStep, '-1', 'INVALID_REQUEST'],
        [atStep, '9007199254740992', 'INVALID_REQUEST'],
        [atStep, '1e300', 'INVALID_REQUEST'],
      ] as const) {
        await refusing(code, () => postText(withMark({ manifest: value }, text)))
      }
    })

    test('keeps the largest step and the widest number exactly', async () => {
      const { run } = await scene().open('widest')
      const parameters = { most: Number.MAX_VALUE, least: 5e-324, zero: 0 }
      const manifest = sampleManifest(run, Number.MAX_SAFE_INTEGER, { parameters })
      const { checkpoint } = answered(await scene().register(manifest), 201)
      assert.deepEqual(
        await scene()
          .get(`/checkpoints/${checkpoint}/manifest`)
          .then((a) => a.body),
        {
          ...manifest,
        },
      )
    })

    test('with what RFC 8785 cannot write is refused, and says where', async () => {
      const { run } = await scene().open('canonical')
      const tower = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
      const manifest = sampleManifest(run, 1, { parameters: { rate: 'MARK' } })
      for (const text of [
        '{"text":"\\ud800"}',
        '{"\\udfff":1}',
        `{"tower":${tower(70)}}`,
        `{"tower":${tower(50_000)}}`,
      ]) {
        const { body } = await refusing('NOT_CANONICAL', () =>
          postText(withMark({ manifest }, text)),
        )
        assert.match(body.pointer, /^\/parameters\/rate/)
      }
    })

    test('keeps "__proto__" as the plain member that it is, and lets it in nowhere else', async () => {
      const { run } = await scene().open('proto')
      const parameters = JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":1}}')
      const manifest = sampleManifest(run, 1, { parameters })
      const { checkpoint } = answered(await scene().register(manifest), 201)
      const { body } = await scene().get(`/checkpoints/${checkpoint}/manifest`)
      assert.equal(JSON.stringify(body.parameters), JSON.stringify(parameters))
      for (const text of [
        '{"__proto__":{}}',
        '{"labels":{"__proto__":"x"}}',
        '{"constructor":{}}',
        '{"toString":"x"}',
      ]) {
        await refusing('UNKNOWN_PROPERTY', () => putJob(text, json))
      }
    })

    test('of the wrong type, or with what nobody knows, is refused by pointer', async () => {
      for (const [body, code, pointer] of [
        ['null', 'INVALID_TYPE', ''],
        ['[]', 'INVALID_TYPE', ''],
        ['"x"', 'INVALID_TYPE', ''],
        ['{"description":1}', 'INVALID_TYPE', '/description'],
        ['{"labels":[]}', 'INVALID_TYPE', '/labels'],
        ['{"labels":{"a":1}}', 'INVALID_TYPE', '/labels/a'],
        ['{"descripton":"x"}', 'UNKNOWN_PROPERTY', '/descripton'],
        ['{"a/b~c":"x"}', 'UNKNOWN_PROPERTY', '/a~1b~0c'],
        ['{"labels":{"Upper":"x"}}', 'UNKNOWN_PROPERTY', '/labels/Upper'],
      ] as const) {
        const called = await refusing(code, () => putJob(body, json))
        assert.equal(called.body.pointer, pointer)
      }
      await refusing('INVALID_REQUEST', () => putJob({ description: 'x'.repeat(4097) }))
    })

    test('is refused without its media type', async () => {
      for (const type of [
        'text/plain',
        'text/json',
        'application/jsonp',
        'application/json-patch+json',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/problem+json',
        'json',
        ' ',
      ]) {
        await refusing('UNSUPPORTED_MEDIA_TYPE', () => putJob({}, { 'content-type': type }))
      }
      for (const type of [
        'application/json; charset=utf-8',
        'Application/JSON',
        'application/json ;x=y',
      ]) {
        answered(await putJob({}, { 'content-type': type }), 200)
      }
    })

    for (const [id, { bodyMaxBytes, body }] of everyOperation) {
      if (bodyMaxBytes === undefined || body === undefined) continue
      test(`of ${id} may have ${bodyMaxBytes} bytes and not one more`, async () => {
        const { method, path } = requestFor(id, nothingRecorded)
        const send = (sizeBytes: number, headers = {}) =>
          scene().at.call(method, path, ' '.repeat(sizeBytes), headers)
        const declared = { 'content-length': String(bodyMaxBytes + 1) }
        await refusing('MALFORMED_JSON', () => send(bodyMaxBytes))
        const { body: problem } = await refusing('BODY_TOO_LARGE', () => send(bodyMaxBytes + 1))
        assert.equal(problem.facts.maxBytes, bodyMaxBytes)
        await refusing('BODY_TOO_LARGE', () => send(bodyMaxBytes + 1, declared))
        // What is declared counts, before a byte of it is read.
        await refusing('BODY_TOO_LARGE', () => send(1, declared))
      })
    }

    test('of a document larger than the catalog keeps is refused', async () => {
      const { run } = await scene().open('large')
      const manifest = sampleManifest(run, 1, {
        parameters: { text: 'x'.repeat(DOCUMENT_MAX_BYTES) },
      })
      await refusing('DOCUMENT_TOO_LARGE', () => scene().register(manifest))
    })

    test(`of a batch has from 1 to ${BATCH_MAX_COUNT} items`, async () => {
      const { run } = await scene().open('batch')
      const batchOf = (count: number) => ({
        items: Array.from({ length: count }, (_, step) => ({
          manifest: sampleManifest(run, step),
        })),
      })
      await refusing('BATCH_TOO_LARGE', () =>
        scene().post('/checkpoints/batch', batchOf(BATCH_MAX_COUNT + 1)),
      )
      await refusing('INVALID_REQUEST', () => scene().post('/checkpoints/batch', batchOf(0)))
      await refusing('INVALID_REQUEST', () => scene().post('/checkpoints/batch', {}))
      const size = await scene().size()
      const { results } = answered(
        await scene().post('/checkpoints/batch', batchOf(BATCH_MAX_COUNT)),
        200,
      )
      assert.equal(results.length, BATCH_MAX_COUNT)
      assert.equal(await scene().size(), size + BATCH_MAX_COUNT)
    })
  })
}
