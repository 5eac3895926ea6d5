import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { lstat, lutimes, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSpool } from '../../client-sdk/node.ts'
import { takeLease } from '../../client-sdk/spool/lease.ts'
import { isGone, thisProcess, type ProcessOwner } from '../../client-sdk/stores/disk-owner.ts'
import { makeFolder, receiptOf, recorder, recordOf } from './spool-fixture.ts'

const program = join(import.meta.dirname, 'spool-appender.ts')

/** A pid that no process has: Linux counts to 2^22 at most. */
const DEAD_PID = 2 ** 30

function holderOf({ pid, started, scope }: ProcessOwner): string {
  return `${pid}.${started}.${scope}.00000000`
}

async function run(...parameters: readonly string[]): Promise<unknown> {
  const [code, signal] = await once(fork(program, parameters), 'exit')
  return signal ?? code
}

test('processes that append at once lose nothing and keep each line’s order', async (t) => {
  const directory = await makeFolder(t)
  const count = 60
  const codes = await Promise.all(['a', 'b', 'c'].map((job) => run(directory, job, String(count))))
  assert.deepEqual(codes, [0, 0, 0])
  const spool = await openSpool({ directory })
  assert.equal((await spool.status()).waitingCount, 3 * count)
  const { send, steps } = recorder()
  await spool.drain(send)
  const expected = Array.from({ length: count }, (_, step) => step)
  for (const job of ['a', 'b', 'c']) assert.deepEqual(steps.get(job), expected)
})

test('processes that append to one line at once lose nothing', async (t) => {
  const directory = await makeFolder(t)
  await Promise.all([run(directory, 'a', '40'), run(directory, 'a', '40')])
  const { send, steps } = recorder()
  await (await openSpool({ directory })).drain(send)
  assert.deepEqual(
    steps.get('a')?.toSorted((one, other) => one - other),
    Array.from({ length: 80 }, (_, index) => index >> 1),
  )
})

test('a process that is killed while appending loses nothing that it was told is kept', async (t) => {
  const directory = await makeFolder(t)
  for (const killAt of [0, 3, 20]) {
    const job = `killed-at-${killAt}`
    const child = fork(program, [directory, job, '100000'])
    const kept: unknown[] = []
    child.on('message', (step) => {
      kept.push(step)
      if (step === killAt) child.kill('SIGKILL')
    })
    await once(child, 'exit')
    const spool = await openSpool({ directory })
    const { send, steps } = recorder()
    await spool.drain(send)
    const found = steps.get(job) ?? []
    assert.deepEqual(found.slice(0, kept.length), kept)
    assert.deepEqual(
      found,
      found.map((_, step) => step),
    )
    const status = await spool.status()
    assert.deepEqual([status.corruptCount, status.waitingCount], [0, 0])
    assert.deepEqual(await readdir(join(directory, 'tmp')), [])
    await spool.close()
  }
})

test('the lease of a process that was killed while draining is taken over at once', async (t) => {
  const directory = await makeFolder(t)
  assert.equal(await run(directory, 'a', '3', 'drain-and-die'), 'SIGKILL')
  assert.ok((await lstat(join(directory, 'drain.lease'))).isSymbolicLink())
  const { send, steps } = recorder()
  await (await openSpool({ directory })).drain(send)
  assert.deepEqual(steps.get('a'), [0, 1, 2])
})

test('while one drains, another waits and is then told who holds the spool', async (t) => {
  const directory = await makeFolder(t)
  const [one, other] = [await openSpool({ directory }), await openSpool({ directory })]
  await one.append(recordOf(1))
  const gate = Promise.withResolvers<undefined>()
  const draining = one.drain(async (record) => {
    await gate.promise
    return receiptOf(record)
  })
  await assert.rejects(other.drain(recorder().send), {
    code: 'SPOOL_LOCKED',
    detail: { pid: process.pid },
  })
  gate.resolve(undefined)
  assert.equal((await draining).sent.length, 1)
  assert.equal((await other.drain(recorder().send)).waitingCount, 0)
})

test('drains of one spool follow each other', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t) })
  await spool.append(recordOf(1))
  const { send, steps } = recorder()
  const reports = await Promise.all([spool.drain(send), spool.drain(send)])
  assert.deepEqual(
    reports.map(({ sent }) => sent.length),
    [1, 0],
  )
  assert.deepEqual(steps.get('fares'), [1])
})

test('a drain that has lost its lease stops before the next record', async (t) => {
  const directory = await makeFolder(t)
  const spool = await openSpool({ directory })
  for (const step of [1, 2]) await spool.append(recordOf(step))
  const report = await spool.drain(async (record) => {
    const path = join(directory, 'drain.lease')
    await rm(path)
    await symlink(holderOf({ ...thisProcess, pid: process.ppid }), path)
    return receiptOf(record)
  })
  assert.deepEqual([report.sent.length, report.waitingCount], [1, 1])
})

test('waiting for a lease ends with the signal', async (t) => {
  const path = join(await makeFolder(t), 'lease')
  const lease = await takeLease(path)
  const stop = new AbortController()
  const waiting = takeLease(path, stop.signal)
  stop.abort()
  await assert.rejects(waiting, { code: 'ABORTED' })
  await lease.release()
  await (await takeLease(path)).release()
})

test('a process is gone when its pid is free or has gone to a later process', () => {
  assert.equal(isGone(thisProcess, 0), false)
  assert.equal(isGone({ ...thisProcess, pid: DEAD_PID }, 0), true)
  const later = { ...thisProcess, started: '1' }
  assert.equal(isGone(later, 0), process.platform === 'linux')
})

test('a lease of a process that cannot be looked up counts as abandoned only with age', async (t) => {
  const path = join(await makeFolder(t), 'lease')
  await symlink(holderOf({ ...thisProcess, scope: '0'.repeat(16) }), path)
  await assert.rejects(takeLease(path), { code: 'SPOOL_LOCKED' })
  const longAgo = new Date(Date.now() - 600_000)
  await lutimes(path, longAgo, longAgo)
  const lease = await takeLease(path)
  assert.equal(lease.renew(), true)
  await lease.release()
})

test('a file that is no lease counts as abandoned only with age', async (t) => {
  const path = join(await makeFolder(t), 'lease')
  await writeFile(path, '')
  await assert.rejects(takeLease(path), { code: 'SPOOL_LOCKED', detail: { pid: null } })
  const longAgo = new Date(Date.now() - 600_000)
  await utimes(path, longAgo, longAgo)
  await (await takeLease(path)).release()
})
