import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSpool } from '../../client-sdk/node.ts'
import { CatalogError } from '../../schema/errors.ts'
import { makeFolder, recorder, recordOf } from './spool-fixture.ts'

const line = recordOf(0)

test('a full spool drops without throwing and keeps the drop as a gap', async (t) => {
  const directory = await makeFolder(t)
  const spool = await openSpool({ directory, maxRecords: 2 })
  for (const step of [1, 2]) assert.equal(await spool.append(recordOf(step)), 'kept')
  assert.equal(spool.gapOf(line), undefined)
  for (const step of [3, 4, 5]) assert.equal(await spool.append(recordOf(step)), 'dropped')
  const gap = { count: 3, firstStep: 3, lastStep: 5 }
  assert.deepEqual(spool.gapOf(line), gap)
  assert.equal((await spool.status()).droppedCount, 3)
  assert.equal(spool.gapOf({ ...line, partition: 'another' }), undefined)
  await spool.close()

  const later = await openSpool({ directory, maxRecords: 2 })
  assert.deepEqual(later.gapOf(line), gap)
  assert.deepEqual((await later.status()).gaps, [
    { namespace: 'rail', job: 'fares', partition: '2026-11-23', ...gap },
  ])
})

test('the gap goes once a kept manifest tells it, and not before', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t), maxRecords: 1 })
  await spool.append(recordOf(1))
  await spool.append(recordOf(2))
  const gap = spool.gapOf(line)
  assert.ok(gap !== undefined)
  assert.equal(await spool.append(recordOf(3, { gap })), 'dropped')
  assert.deepEqual(spool.gapOf(line), { count: 2, firstStep: 2, lastStep: 3 })

  const { send, steps } = recorder()
  await spool.drain(send)
  assert.equal(await spool.append(recordOf(4)), 'kept')
  assert.equal(spool.gapOf(line)?.count, 2, 'a manifest without the gap does not settle it')
  await spool.drain(send)
  const told = spool.gapOf(line)
  assert.ok(told !== undefined)
  assert.equal(await spool.append(recordOf(5, { gap: told })), 'kept')
  assert.equal(spool.gapOf(line), undefined)
  assert.equal((await spool.status()).droppedCount, 0)
  assert.deepEqual(steps.get('fares'), [1, 4])
})

test('a drop that came after the manifest was built stays for the next one', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t), maxRecords: 1 })
  await spool.append(recordOf(1))
  await spool.append(recordOf(2))
  const told = spool.gapOf(line)
  assert.ok(told !== undefined)
  await spool.append(recordOf(4))
  await spool.append(recordOf(6))
  await spool.drain(recorder().send)
  await spool.append(recordOf(7, { gap: told }))
  assert.deepEqual(spool.gapOf(line), { count: 2, firstStep: 3, lastStep: 6 })
})

test('bytes bound the spool as records do, refused ones included', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t), maxBytes: 4_000 })
  const padding = 'x'.repeat(1_000)
  const outcomes: string[] = []
  for (let step = 0; step < 4; step += 1) {
    outcomes.push(await spool.append(recordOf(step, { padding })))
  }
  assert.deepEqual(outcomes, ['kept', 'kept', 'dropped', 'dropped'])
  await spool.drain(() => Promise.reject(new CatalogError('RUN_CLOSED', 'The run is closed.')))
  assert.equal(await spool.append(recordOf(4, { padding })), 'dropped')
  assert.equal(await spool.append(recordOf(5)), 'kept')
})

test('room that another spool on the folder has made is found before anything is dropped', async (t) => {
  const directory = await makeFolder(t)
  const one = await openSpool({ directory, maxRecords: 1 })
  const other = await openSpool({ directory, maxRecords: 1 })
  await one.append(recordOf(1))
  await other.drain(recorder().send)
  assert.equal(await one.append(recordOf(2)), 'kept')
  assert.equal(await other.append(recordOf(3)), 'dropped')
})

test('a gap that cannot be read is counted as corrupt, not forgotten', async (t) => {
  const directory = await makeFolder(t)
  const spool = await openSpool({ directory, maxRecords: 1 })
  await spool.append(recordOf(1))
  await spool.append(recordOf(2))
  const [name = ''] = await readdir(join(directory, 'gaps'))
  await writeFile(join(directory, 'gaps', name), '{"count":')
  assert.equal(spool.gapOf(line), undefined)
  const status = await spool.status()
  assert.deepEqual([status.droppedCount, status.corruptCount], [0, 1])
})
