import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf, type Digest } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { lineageProjection } from '../../server/lineage/projection.ts'
import { idOf, sampleManifest } from '../harness/samples.ts'

const namespace = 'ns' as NamespaceName
const run = { namespace, job: 'job', run: 'run', attempt: 1, partition: '' } as Parameters<
  typeof sampleManifest
>[0]

/** What the projection makes of a registration: `relation parent` of each edge. */
function edgesOf(members: Partial<Manifest>, restoredFrom?: Digest): readonly string[] {
  const manifest = sampleManifest(run, 1, members)
  const index = 7 as LogIndex
  const changes = lineageProjection.on['checkpoint.registered']?.({
    namespace,
    index,
    entry: {
      kind: 'checkpoint.registered',
      v: 1,
      at: '2026-11-23T10:00:00.000Z',
      actor: 'tester',
      subject: idOf(manifest),
      chainLength: 1,
      ...(restoredFrom === undefined ? {} : { restoredFrom }),
    },
    document: manifest,
  })
  return (changes ?? []).map((change) => {
    assert.ok(change.kind === 'insert' && change.table === 'edge')
    const { relation, parent, ...rest } = change.row
    assert.deepEqual(rest, { namespace, child: idOf(manifest), log_index: index })
    return `${relation} ${parent}`
  })
}

const [one, two] = [digestOf('one'), digestOf('two')]

test('a checkpoint without parents has no edge of its own', () => {
  assert.deepEqual(edgesOf({}), [])
})

test('a base makes no edge: the checkpoint row tells it', () => {
  assert.deepEqual(edgesOf({ base: one }), [])
})

test('every parent that a manifest names is an edge, and so is what the run restored from', () => {
  const parents = [
    { relation: 'derived-from', checkpoint: one },
    { relation: 'merged-from', checkpoint: one },
  ] as const
  assert.deepEqual(edgesOf({ parents }, two), [
    `derived-from ${one}`,
    `merged-from ${one}`,
    `restored-from ${two}`,
  ])
})

test('a parent that is named twice is one edge', () => {
  const parents = [
    { relation: 'restored-from', checkpoint: one },
    { relation: 'restored-from', checkpoint: one },
  ] as const
  assert.deepEqual(edgesOf({ parents }, one), [`restored-from ${one}`])
})
