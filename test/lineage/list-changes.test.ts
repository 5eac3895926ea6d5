import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { canonicalize, type Json } from '../../schema/canonical-json.ts'
import type { Change } from '../../schema/lineage.ts'
import { CHANGES_MAX_COUNT, listChanges } from '../../server/lineage/rules.ts'

/** Names that escape in a pointer, and names that every object inherits. */
const names = fc.constantFrom('a', 'b', '', '/', '~', '~1', '0', 'constructor', '__proto__')

const { value: json } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false, 0, -0, 1, 1.5, '', 'a'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(names, tie('value')), { maxLength: 4 })
      .map((members): Json => Object.fromEntries(members)),
  ),
}))

/** Applies changes as a reader of an answer would, with nothing but RFC 6901. */
function applyChanges(value: Json, changes: readonly Change[]): Json {
  const root = { '': structuredClone(value) }
  // From the last to the first, so that what is cut off the end of a list leaves no hole.
  for (const change of changes.toReversed()) {
    const parts = change.path
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = parts.pop() ?? ''
    let holder: object = root
    for (const part of parts) {
      const next: unknown = Object.getOwnPropertyDescriptor(holder, part)?.value
      assert.ok(typeof next === 'object' && next !== null, `${change.path} leads through ${part}`)
      holder = next
    }
    if ('right' in change) define(holder, last, change.right)
    else if (Array.isArray(holder)) holder.splice(Number(last), 1)
    else assert.ok(Reflect.deleteProperty(holder, last))
  }
  return root['']
}

function define(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}

const pathsOf = (changes: readonly Change[]): readonly string[] =>
  changes.map((change) => change.path)

describe('the changes between two JSON values', () => {
  it('are none exactly when their canonical forms are the same', () => {
    fc.assert(
      fc.property(json, json, (left, right) => {
        const { changes } = listChanges(left, right)
        assert.equal(changes.length === 0, canonicalize(left) === canonicalize(right))
      }),
    )
  })

  it('are none between a value and its copy', () => {
    fc.assert(
      fc.property(json, (value) => {
        assert.deepEqual(listChanges(value, JSON.parse(canonicalize(value)) as Json), {
          changes: [],
          truncated: false,
        })
      }),
    )
  })

  it('make the right value out of the left one', () => {
    fc.assert(
      fc.property(json, json, (left, right) => {
        const { changes, truncated } = listChanges(left, right)
        fc.pre(!truncated)
        assert.equal(canonicalize(applyChanges(left, changes)), canonicalize(right))
      }),
    )
  })

  it('change sides when the values do', () => {
    fc.assert(
      fc.property(json, json, (left, right) => {
        const swapped = listChanges(right, left).changes.map(({ path, ...sides }) => ({
          path,
          ...('right' in sides ? { left: sides.right } : {}),
          ...('left' in sides ? { right: sides.left } : {}),
        }))
        assert.deepEqual(swapped, listChanges(left, right).changes)
      }),
    )
  })

  it('name each place once', () => {
    fc.assert(
      fc.property(json, json, (left, right) => {
        const paths = pathsOf(listChanges(left, right).changes)
        assert.equal(new Set(paths).size, paths.length)
      }),
    )
  })

  it('are pointers of RFC 6901, in which "~" and "/" are escaped', () => {
    const left = { 'a/b': { 'm~n': 1 }, list: [1, 2] }
    const right = { 'a/b': { 'm~n': 2 }, list: [1] }
    assert.deepEqual(listChanges(left, right).changes, [
      { path: '/a~1b/m~0n', left: 1, right: 2 },
      { path: '/list/1', left: 2 },
    ])
  })

  it('tell null from a member that is not there', () => {
    assert.deepEqual(listChanges({ a: null }, {}).changes, [{ path: '/a', left: null }])
    assert.deepEqual(listChanges({}, { a: null }).changes, [{ path: '/a', right: null }])
  })

  it('tell an inherited name from a member', () => {
    assert.deepEqual(listChanges({ constructor: 1 }, {}).changes, [
      { path: '/constructor', left: 1 },
    ])
    assert.deepEqual(listChanges(JSON.parse('{"__proto__":1}') as Json, {}).changes, [
      { path: '/__proto__', left: 1 },
    ])
  })

  it(`are at most ${CHANGES_MAX_COUNT}, and say when there are more`, () => {
    const ofLength = (count: number) => Array.from({ length: count }, () => 0)
    const whole = listChanges(ofLength(CHANGES_MAX_COUNT), [])
    assert.deepEqual([whole.changes.length, whole.truncated], [CHANGES_MAX_COUNT, false])
    const cut = listChanges(ofLength(CHANGES_MAX_COUNT + 1), [])
    assert.deepEqual([cut.changes.length, cut.truncated], [CHANGES_MAX_COUNT, true])
  })
})
