import assert from 'node:assert/strict'
import { readdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSpool } from '../../client-sdk/node.ts'
import { decodeRecord, encodeRecord } from '../../client-sdk/spool/record-file.ts'
import { lineKeyOf, makeRecordName } from '../../client-sdk/spool/record-name.ts'
import { thisProcess } from '../../client-sdk/stores/disk-owner.ts'
import { makeFolder, recorder, recordOf } from './spool-fixture.ts'

const record = recordOf(7)
const bytes = encodeRecord(record, '2026-11-23T10:00:00.000Z')
const nameAt = (sequence: number) => makeRecordName(sequence, lineKeyOf(record), bytes.length)

/** A pid that no process has: Linux counts to 2^22 at most. */
const DEAD_PID = 2 ** 30

test('a file cut at any byte is set aside, never sent, and never stops the drain', async (t) => {
  const directory = await makeFolder(t)
  const spool = await openSpool({ directory })
  for (let length = 0; length < bytes.length; length += 1) {
    await writeFile(join(directory, 'waiting', nameAt(length + 1).text), bytes.subarray(0, length))
  }
  await spool.append(recordOf(8))
  const { send, steps } = recorder()
  const report = await spool.drain(send)
  assert.deepEqual(steps.get('fares'), [8])
  assert.equal(report.waitingCount, 0)
  const status = await spool.status()
  assert.deepEqual([status.corruptCount, status.waitingCount], [bytes.length, 0])
  const files = await spool.list()
  assert.ok(files.every((file) => file.place === 'corrupt' && file.fault !== undefined))
  assert.equal(files.length, bytes.length)
})

test('any flipped bit of a record’s file is found', () => {
  const name = nameAt(1)
  const copy = Buffer.from(bytes)
  assert.equal(decodeRecord(copy, name).intact, true)
  for (let bit = 0; bit < copy.length * 8; bit += 1) {
    const at = bit >> 3
    copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7))
    assert.equal(decodeRecord(copy, name).intact, false, `bit ${bit}`)
    copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7))
  }
})

test('a file longer than its name says, or under another line’s name, is found', () => {
  assert.equal(decodeRecord(Buffer.concat([bytes, Buffer.from(' ')]), nameAt(1)).intact, false)
  const other = makeRecordName(1, lineKeyOf(recordOf(1, { job: 'other' })), bytes.length)
  assert.equal(decodeRecord(bytes, other).intact, false)
})

test('a symbolic link among the records is set aside and not followed', async (t) => {
  const directory = await makeFolder(t)
  const spool = await openSpool({ directory })
  const outside = join(await makeFolder(t), 'outside')
  await writeFile(outside, bytes)
  await symlink(outside, join(directory, 'waiting', nameAt(1).text))
  const { send, steps } = recorder()
  await spool.drain(send)
  assert.equal(steps.size, 0)
  assert.equal((await spool.status()).corruptCount, 1)
  assert.deepEqual(await readFile(outside), bytes)
})

test('what a dead process left half written is cleaned on opening, at whatever byte it died', async (t) => {
  const directory = await makeFolder(t)
  await openSpool({ directory })
  const { started, scope } = thisProcess
  for (let length = 0; length <= bytes.length; length += 50) {
    const name = `${DEAD_PID}.${started}.${scope}.${String(length).padStart(16, '0')}.tmp`
    await writeFile(join(directory, 'tmp', name), bytes.subarray(0, length))
  }
  const living = `${process.pid}.${started}.${scope}.${'f'.repeat(16)}.tmp`
  await writeFile(join(directory, 'tmp', living), '')
  await writeFile(join(directory, 'tmp', 'notes.txt'), '')
  const spool = await openSpool({ directory })
  assert.deepEqual((await readdir(join(directory, 'tmp'))).sort(), [living, 'notes.txt'].sort())
  assert.equal((await spool.status()).waitingCount, 0)
})

test('a record that vanishes during the pass is passed over', async (t) => {
  const directory = await makeFolder(t)
  const spool = await openSpool({ directory })
  for (const step of [1, 2, 3]) await spool.append(recordOf(step))
  const { send, steps } = recorder()
  await spool.drain(async (sent) => {
    const [, second] = await readdir(join(directory, 'waiting'))
    if (sent.step === 1 && second !== undefined) await unlink(join(directory, 'waiting', second))
    return await send(sent)
  })
  assert.deepEqual(steps.get('fares'), [1, 3])
})

test('files that are no records are left alone', async (t) => {
  const directory = await makeFolder(t)
  const spool = await openSpool({ directory })
  const names = ['README', `${'9'.repeat(16)}-${'a'.repeat(16)}-${'b'.repeat(8)}-9.record`]
  for (const name of names) await writeFile(join(directory, 'waiting', name), 'notes')
  await spool.append(recordOf(1))
  const { send, steps } = recorder()
  await spool.drain(send)
  assert.deepEqual(steps.get('fares'), [1])
  assert.deepEqual((await readdir(join(directory, 'waiting'))).sort(), names.toSorted())
})
