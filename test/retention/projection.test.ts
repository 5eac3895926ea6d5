import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf } from '../../schema/digest.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { retentionProjection } from '../../server/retention/projection.ts'

test('a tombstone is a row, and marks its checkpoint with the index at which it began to hold', () => {
  const namespace = 'ns' as NamespaceName
  const [checkpoint, successor] = [digestOf('one'), digestOf('two')]
  const at = '2026-11-23T10:00:00.000Z'
  const base = { kind: 'checkpoint.tombstoned', v: 1, at, actor: 'alice' } as const
  const changes = retentionProjection.on['checkpoint.tombstoned']?.({
    namespace,
    index: 12 as LogIndex,
    entry: { ...base, subject: checkpoint, reason: 'superseded', successor },
  })
  assert.deepEqual(changes, [
    {
      kind: 'insert',
      table: 'tombstone',
      row: {
        namespace,
        checkpoint,
        log_index: 12,
        reason: 'superseded',
        note: null,
        successor,
        actor: 'alice',
        at,
        sweep_index: null,
        swept_index: null,
      },
    },
    {
      kind: 'patch',
      table: 'checkpoint',
      key: [namespace, checkpoint],
      set: { tombstoned_index: 12 },
    },
  ])
})
