import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../schema/digest.ts'
import { isCatalogError, type ErrorCode } from '../../schema/errors.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import {
  checkDependents,
  checkRepeat,
  checkSuccessor,
  SUCCESSORS_MAX_COUNT,
} from '../../server/retention/rules.ts'
import { tombstoneOf } from '../../server/timeline/describe-tombstone.ts'
import type { Row } from '../../server/store/tables.ts'

const namespace = 'ns' as NamespaceName
const [digest, other, third] = [digestOf('one'), digestOf('two'), digestOf('three')]

const first: Row<'tombstone'> = {
  namespace,
  checkpoint: digest,
  log_index: 9 as LogIndex,
  reason: 'corrupt',
  note: 'the disk lied',
  successor: other,
  actor: 'alice',
  sweep_index: null,
  swept_index: null,
  at: '2026-11-23T10:00:00.000Z',
}
const asked = { namespace, digest, body: { reason: 'corrupt', successor: other } } as const
/** Only whether there is a row is looked at. */
const someRow = { digest: other } as Row<'checkpoint'>

function refusal(code: ErrorCode, detail?: unknown) {
  return (error: unknown): boolean => {
    assert.ok(isCatalogError(error))
    assert.equal(error.code, code)
    if (detail !== undefined) assert.deepEqual(error.detail, detail)
    return true
  }
}

describe('a tombstone asked for again', () => {
  it('is the first one, whatever note comes with it', () => {
    const again = { ...asked, body: { ...asked.body, note: 'another note' } }
    assert.deepEqual(checkRepeat(again, tombstoneOf(first)), {
      tombstone: tombstoneOf(first),
      created: false,
    })
  })

  it('is refused for another reason, another successor, or none, and names the first', () => {
    const bodies = [
      { reason: 'policy', successor: other },
      { reason: 'corrupt', successor: third },
      { reason: 'corrupt' },
    ] as const
    for (const body of bodies) {
      assert.throws(
        () => checkRepeat({ namespace, digest, body }, tombstoneOf(first)),
        refusal('ALREADY_TOMBSTONED', { tombstone: tombstoneOf(first) }),
      )
    }
  })

  it('is refused with a successor when the first had none', () => {
    assert.throws(
      () => checkRepeat(asked, tombstoneOf({ ...first, successor: null })),
      refusal('ALREADY_TOMBSTONED'),
    )
  })

  it('shows no member that was not recorded', () => {
    assert.deepEqual(tombstoneOf({ ...first, note: null, successor: null }), {
      checkpoint: digest,
      reason: 'corrupt',
      actor: 'alice',
      index: 9,
      at: '2026-11-23T10:00:00.000Z',
    })
  })
})

describe('a successor', () => {
  it('need not be named', () => {
    const withoutSuccessor = { namespace, digest, body: { reason: 'policy' } } as const
    assert.doesNotThrow(() => checkSuccessor(withoutSuccessor, undefined, []))
  })

  it('must be registered in the namespace', () => {
    assert.throws(() => checkSuccessor(asked, undefined, []), refusal('CHECKPOINT_NOT_FOUND'))
  })

  it('may have been withdrawn itself, for another successor', () => {
    assert.doesNotThrow(() => checkSuccessor(asked, someRow, [third]))
  })

  it('is not the checkpoint itself', () => {
    const body = { reason: 'corrupt', successor: digest } as const
    assert.throws(
      () => checkSuccessor({ namespace, digest, body }, { ...someRow, digest }, []),
      refusal('LINEAGE_CYCLE'),
    )
  })

  it('does not lead back to the checkpoint, however far around', () => {
    assert.throws(
      () => checkSuccessor(asked, someRow, [third, digest]),
      refusal('LINEAGE_CYCLE', { path: [other, third, digest] }),
    )
  })

  it('does not go on for longer than is followed', () => {
    const onwards = Array.from({ length: SUCCESSORS_MAX_COUNT }, (_, place) =>
      digestOf(`s${place}`),
    )
    assert.throws(() => checkSuccessor(asked, someRow, onwards), refusal('LINEAGE_CYCLE'))
    assert.doesNotThrow(() => checkSuccessor(asked, someRow, onwards.slice(1)))
  })
})

describe('a base', () => {
  it('is withdrawn when no live delta needs it', () => {
    assert.doesNotThrow(() => checkDependents(digest, []))
  })

  it('is kept while a live delta needs it, and the refusal names the deltas', () => {
    assert.throws(
      () => checkDependents(digest, [other, third]),
      refusal('CHAIN_IN_USE', { dependents: [other, third] }),
    )
  })
})
