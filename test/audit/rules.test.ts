import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { leafHash } from '../../schema/merkle.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { parseEntryRecord } from '../../server/audit/rules.ts'

test('an entry is shown so that its leaf hash can be computed again from its canonical form', () => {
  const entry = {
    kind: 'run.closed',
    v: 1,
    subject: 'run-1',
    note: 'Gewächshaus – 温室',
    actor: 'a',
  }
  const bytes = Buffer.from(canonicalize(entry))
  const record = parseEntryRecord({
    namespace: 'ns' as NamespaceName,
    log_index: 4 as LogIndex,
    bytes,
    leaf_hash: leafHash(bytes),
  })
  assert.deepEqual(record.entry, entry)
  assert.equal(record.index, 4)
  const again = leafHash(Buffer.from(canonicalize(record.entry)))
  assert.equal(record.leafHash, Buffer.from(again).toString('base64'))
  assert.match(record.leafHash, /^[A-Za-z0-9+/]{43}=$/)
})
