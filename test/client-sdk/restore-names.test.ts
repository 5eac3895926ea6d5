import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { restore } from '../../client-sdk/node.ts'
import { partNameOf, placeBlobs } from '../../client-sdk/restore/blob-path.ts'
import { isCatalogError } from '../../schema/errors.ts'
import { memoryStore, planOf } from './restore-fixture.ts'
import { makeFolder } from './spool-fixture.ts'

const bytes = Buffer.from('state')

test('names that could leave the folder are refused before anything is written', async (t) => {
  const into = await makeFolder(t)
  const names = [
    '..',
    '../escape',
    'a/../../../escape',
    'a/..',
    './a',
    '/etc/passwd',
    'a//b',
    'a/',
    '',
    '..\\escape',
    'C:\\escape',
    'a\u0000b',
    'a\nb',
    'a\u007fb',
    '\ud800',
    'x'.repeat(256),
    'é'.repeat(128),
  ]
  for (const name of names) {
    const { reader } = memoryStore([{ name, bytes }])
    const refused = restore(planOf([{ name, bytes }]), { into, stores: [reader] })
    await assert.rejects(refused, { code: 'INVALID_NAME' }, JSON.stringify(name))
  }
  assert.deepEqual(await readdir(into), [])
})

test('whatever a plan holds, every place is inside the folder', () => {
  const wild = fc.array(fc.constantFrom('..', '.', '/', '\\', 'a', '%2e', ' ', '\u0000', '～', '…'))
  fc.assert(
    fc.property(wild, fc.string({ unit: 'binary' }), (parts, text) => {
      for (const name of [parts.join(''), parts.join('/'), text]) {
        try {
          for (const { segments } of placeBlobs(planOf([{ name, bytes }]))) {
            const path = relative('/into', join('/into', ...segments))
            assert.ok(path.startsWith('00-step-100/rank-0/'), path)
            assert.equal(path, segments.join('/'))
          }
        } catch (error) {
          assert.ok(isCatalogError(error) && error.code === 'INVALID_NAME', String(error))
        }
      }
    }),
  )
})

test('ranks, steps, sizes and digests that cannot be are refused', () => {
  const plan = planOf([{ name: 'a', bytes }])
  const [stage] = plan.stages
  const [blob] = stage?.blobs ?? []
  assert.ok(stage !== undefined && blob !== undefined)
  // As JSON from elsewhere may have it, whatever the types say.
  const foreign = JSON.parse('{"path":"../../escape"}')
  const blobs = [
    { ...blob, rank: foreign.path },
    { ...blob, rank: -1 },
    { ...blob, sizeBytes: 1.5 },
    { ...blob, digest: foreign.path },
    { ...blob, name: foreign },
  ]
  const refused = { code: 'BLOB_CORRUPT' }
  for (const changed of blobs) {
    assert.throws(() => placeBlobs({ ...plan, stages: [{ ...stage, blobs: [changed] }] }), refused)
  }
  const stages = [{ ...stage, step: foreign.path }]
  assert.throws(() => placeBlobs({ ...plan, stages }), refused)
})

test('names that cannot both be files are refused', () => {
  const [blob] = planOf([{ name: 'a', bytes }]).stages[0]?.blobs ?? []
  assert.ok(blob !== undefined)
  for (const other of ['a', 'a/b', partNameOf(blob)]) {
    const plan = planOf([
      { name: 'a', bytes },
      { name: other, bytes },
    ])
    assert.throws(() => placeBlobs(plan), { code: 'INVALID_NAME' }, other)
  }
})

test('a plan of more blobs than the catalog makes is refused', () => {
  const plan = planOf([{ name: 'a', bytes }])
  const [stage] = plan.stages
  const [blob] = stage?.blobs ?? []
  assert.ok(stage !== undefined && blob !== undefined)
  const blobs = Array.from({ length: 100_001 }, () => blob)
  assert.throws(() => placeBlobs({ ...plan, stages: [{ ...stage, blobs }] }), {
    code: 'PLAN_TOO_LARGE',
  })
})
