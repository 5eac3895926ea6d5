import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import type { Entry } from '../../schema/entry.ts'
import { entryFault } from '../../schema/entry-form.ts'

const sound = {
  actor: 'tester',
  at: '2026-11-23T10:00:00.000Z',
  kind: 'job.declared',
  spec: {},
  subject: 'nightly',
  v: 1,
}

const faultOf = (value: object, index = 7, text = canonicalize(value)): string | undefined =>
  entryFault(value as Entry, Buffer.from(text), { namespace: 'airline', index })

test('an entry that a catalog can have written has no fault', () => {
  assert.equal(faultOf(sound), undefined)
  assert.equal(faultOf({ ...sound, kind: 'namespace.declared', subject: 'airline' }, 0), undefined)
})

test('what no catalog writes is named', () => {
  const { spec: _, ...bare } = sound
  assert.match(faultOf(bare) ?? '', /lacks "spec"/)
  assert.match(faultOf({ ...sound, kind: 'toString' }) ?? '', /its kind is none/)
  assert.match(faultOf({ ...sound, more: 1 }) ?? '', /the member "more"/)
  assert.match(faultOf({ ...sound, v: 2 }) ?? '', /version/)
  assert.match(faultOf({ ...sound, actor: 1 }) ?? '', /no text/)
  for (const at of ['2026-11-23', '2026-11-23T10:00:00Z', 'now', 5]) {
    assert.match(faultOf({ ...sound, at }) ?? '', /time/)
  }
  assert.match(faultOf(sound, 7, ` ${canonicalize(sound)}`) ?? '', /canonical/)
  assert.match(faultOf({ ...sound, subject: '\ud800' }, 7, '{}') ?? '', /canonical/)
  assert.match(faultOf(sound, 0) ?? '', /begins with the declaration/)
})
