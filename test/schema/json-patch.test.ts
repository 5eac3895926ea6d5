import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { canonicalize, type Json } from '../../schema/canonical-json.ts'
import { applyPatch, parsePointer, type PatchOperation } from '../../schema/json-patch.ts'

/** Documents, patches and results, most of them of RFC 6902, appendix A. */
const applied: readonly (readonly [
  name: string,
  before: Json,
  patch: readonly PatchOperation[],
  after: Json,
])[] = [
  ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  ['adds an item', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
  ['adds at the end', { a: [1] }, [{ op: 'add', path: '/a/-', value: [2] }], { a: [1, [2]] }],
  ['adds over a member', { a: 1 }, [{ op: 'add', path: '/a', value: null }], { a: null }],
  ['removes a member', { a: 1, b: 2 }, [{ op: 'remove', path: '/b' }], { a: 1 }],
  ['removes an item', { a: [1, 2, 3] }, [{ op: 'remove', path: '/a/1' }], { a: [1, 3] }],
  [
    'replaces a value',
    { a: { b: 1 } },
    [{ op: 'replace', path: '/a/b', value: 2 }],
    { a: { b: 2 } },
  ],
  ['replaces the whole', { a: 1 }, [{ op: 'replace', path: '', value: [1] }], [1]],
  ['moves a member', { a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
  [
    'moves an item',
    { a: [1, 2, 3] },
    [{ op: 'move', from: '/a/0', path: '/a/2' }],
    { a: [2, 3, 1] },
  ],
  ['moves to where it is', { a: 1 }, [{ op: 'move', from: '/a', path: '/a' }], { a: 1 }],
  [
    'copies a value',
    { a: { b: 1 } },
    [{ op: 'copy', from: '/a', path: '/c' }],
    { a: { b: 1 }, c: { b: 1 } },
  ],
  [
    'tests a value',
    { a: [{ b: 1, c: 2 }] },
    [{ op: 'test', path: '/a/0', value: { c: 2, b: 1 } }],
    { a: [{ b: 1, c: 2 }] },
  ],
  [
    'reads escapes',
    { 'a/b': 1, 'm~n': 2 },
    [{ op: 'move', from: '/a~1b', path: '/m~0n' }],
    { 'm~n': 1 },
  ],
  ['takes a number as a name', { '0': 1 }, [{ op: 'replace', path: '/0', value: 2 }], { '0': 2 }],
  [
    'takes any name as one of its own',
    { a: 1 },
    [{ op: 'add', path: '/__proto__', value: { b: 1 } }],
    JSON.parse('{"a":1,"__proto__":{"b":1}}') as Json,
  ],
  [
    'applies operations in order',
    {},
    [
      { op: 'add', path: '/a', value: [] },
      { op: 'add', path: '/a/-', value: 1 },
      { op: 'copy', from: '/a/0', path: '/b' },
    ],
    { a: [1], b: 1 },
  ],
]

const refused: readonly (readonly [name: string, before: Json, operation: PatchOperation])[] = [
  ['a member that is not there', { a: 1 }, { op: 'remove', path: '/b' }],
  ['a member of a prototype', { a: 1 }, { op: 'replace', path: '/constructor', value: 1 }],
  ['a way through nothing', { a: 1 }, { op: 'add', path: '/b/c', value: 1 }],
  ['a way through a number', { a: 1 }, { op: 'add', path: '/a/b', value: 1 }],
  ['an item beyond the end', { a: [1] }, { op: 'add', path: '/a/2', value: 1 }],
  ['the end of a list to remove', { a: [1] }, { op: 'remove', path: '/a/-' }],
  ['an index with a zero before', { a: [1, 2] }, { op: 'remove', path: '/a/01' }],
  ['a test that fails', { a: 1 }, { op: 'test', path: '/a', value: '1' }],
  ['a move into itself', { a: { b: 1 } }, { op: 'move', from: '/a', path: '/a/b' }],
  ['the whole to remove', { a: 1 }, { op: 'remove', path: '' }],
  ['a pointer without a slash', { a: 1 }, { op: 'remove', path: 'a' }],
  ['a tilde that escapes nothing', { 'a~b': 1 }, { op: 'remove', path: '/a~b' }],
  ['a copy of much', { a: 'x'.repeat(70_000) }, { op: 'copy', from: '', path: '/b' }],
]

describe('a JSON Patch', () => {
  for (const [name, before, patch, after] of applied) {
    it(`${name}, and leaves the document as it is`, () => {
      const text = canonicalize(before)
      assert.equal(canonicalize(applyPatch(before, patch)), canonicalize(after))
      assert.equal(canonicalize(before), text)
    })
  }

  for (const [name, before, operation] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => applyPatch(before, [operation]), {
        code: 'UPCAST_INVALID',
        message: /^Operation 0 .*\.$/,
      })
    })
  }

  it('cannot make a document grow without end', () => {
    const doubling = Array.from({ length: 64 }, (_, place): PatchOperation => ({
      op: 'copy',
      from: '',
      path: `/${place}`,
    }))
    assert.throws(() => applyPatch({ a: 'x'.repeat(100) }, doubling), { code: 'UPCAST_INVALID' })
  })

  it('undoes an addition by a removal, in any object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (map, name) => {
        const document = JSON.parse(JSON.stringify(map)) as Record<string, Json>
        fc.pre(!Object.hasOwn(document, name))
        const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
        const added = applyPatch(document, [{ op: 'add', path, value: 1 }])
        assert.deepEqual(parsePointer(path), [name])
        assert.deepEqual(applyPatch(added, [{ op: 'remove', path }]), document)
      }),
    )
  })
})
