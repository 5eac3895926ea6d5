import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf } from '../../schema/digest.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { verifyProjection } from '../../server/verify/projection.ts'

test('evidence is a row, and the checkpoint remembers where its newest evidence stands', () => {
  const namespace = 'ns' as NamespaceName
  const checkpoint = digestOf('one')
  const at = '2026-11-23T10:00:00.000Z'
  const base = { kind: 'evidence.recorded', v: 1, at, actor: 'prober' } as const
  const changes = verifyProjection.on['evidence.recorded']?.({
    namespace,
    index: 12 as LogIndex,
    entry: {
      ...base,
      subject: checkpoint,
      finding: 'verified',
      outcome: 'failed',
      method: 'sha256',
      note: 'blob 3 differs',
    },
  })
  assert.deepEqual(changes, [
    {
      kind: 'insert',
      table: 'evidence',
      row: {
        namespace,
        checkpoint,
        log_index: 12,
        finding: 'verified',
        outcome: 'failed',
        method: 'sha256',
        note: 'blob 3 differs',
        actor: 'prober',
        at,
      },
    },
    {
      kind: 'patch',
      table: 'checkpoint',
      key: [namespace, checkpoint],
      set: { evidence_index: 12 },
    },
  ])
})
