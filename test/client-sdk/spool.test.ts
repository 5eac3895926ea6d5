import assert from 'node:assert/strict'
import { chmod, chown, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSpool } from '../../client-sdk/node.ts'
import { CatalogError } from '../../schema/errors.ts'
import { makeFolder, receiptOf, recorder, recordOf } from './spool-fixture.ts'

test('what is appended is sent whole, in order, and then gone', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t) })
  const records = [3, 1, 2].map((step) => recordOf(step))
  for (const record of records) assert.equal(await spool.append(record), 'kept')
  const sent: unknown[] = []
  const report = await spool.drain((record) => {
    sent.push(record)
    return Promise.resolve(receiptOf(record))
  })
  assert.deepEqual(sent, records)
  assert.deepEqual(
    report.sent.map(({ receipt }) => receipt.index),
    [3, 1, 2],
  )
  assert.equal(report.waitingCount, 0)
  assert.equal((await spool.status()).waitingCount, 0)
})

test('records outlive the process that appended them', async (t) => {
  const directory = await makeFolder(t)
  const first = await openSpool({ directory })
  await first.append(recordOf(1))
  await first.close()
  const { send, steps } = recorder()
  await (await openSpool({ directory })).drain(send)
  assert.deepEqual(steps.get('fares'), [1])
})

test('calls that overlap keep the order in which they were made', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t) })
  const expected = Array.from({ length: 50 }, (_, step) => step)
  await Promise.all(expected.map((step) => spool.append(recordOf(step))))
  const { send, steps } = recorder()
  await spool.drain(send)
  assert.deepEqual(steps.get('fares'), expected)
})

test('order survives a clock that steps back', async (t) => {
  const directory = await makeFolder(t)
  let now = Date.UTC(2026, 10, 23)
  const spool = await openSpool({ directory, clock: () => now })
  for (let step = 0; step < 5; step += 1) {
    await spool.append(recordOf(step))
    now -= 3_600_000
  }
  const later = await openSpool({ directory, clock: () => now })
  await later.append(recordOf(5))
  const { send, steps } = recorder()
  await later.drain(send)
  assert.deepEqual(steps.get('fares'), [0, 1, 2, 3, 4, 5])
})

test('a retryable failure ends the pass and leaves every record in line', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t) })
  for (const step of [1, 2, 3]) await spool.append(recordOf(step))
  let callCount = 0
  const report = await spool.drain((record) => {
    callCount += 1
    if (record.step === 2) throw new CatalogError('CONNECTION_FAILED', 'The catalog is away.')
    return Promise.resolve(receiptOf(record))
  })
  assert.equal(callCount, 2)
  assert.equal(report.waitingCount, 2)
  const { send, steps } = recorder()
  await spool.drain(send)
  assert.deepEqual(steps.get('fares'), [2, 3])
})

test('a token that has expired is no refusal of the records', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t) })
  for (const step of [1, 2]) await spool.append(recordOf(step))
  const report = await spool.drain(() =>
    Promise.reject(new CatalogError('TOKEN_EXPIRED', 'The token has expired.')),
  )
  assert.deepEqual([report.refused.length, report.waitingCount], [0, 2])
})

test('a catalog that takes no writes until its operator acts refuses no record', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t) })
  for (const step of [1, 2]) await spool.append(recordOf(step))
  for (const code of ['LOG_ROLLED_BACK', 'LOG_CORRUPT'] as const) {
    const report = await spool.drain(() =>
      Promise.reject(new CatalogError(code, 'Nothing is written.')),
    )
    assert.deepEqual([report.refused.length, report.waitingCount], [0, 2], code)
  }
})

test('a refused record is set aside with its problem, and goes back in line when asked', async (t) => {
  const directory = await makeFolder(t)
  const spool = await openSpool({ directory })
  for (const step of [1, 2, 3]) await spool.append(recordOf(step))
  const report = await spool.drain((record) => {
    if (record.step !== 2) return Promise.resolve(receiptOf(record))
    const detail = { current: 7 }
    throw new CatalogError('ATTEMPT_FENCED', 'Attempt 7 is current.', { detail })
  })
  assert.deepEqual(
    report.refused.map(({ checkpoint, error }) => [checkpoint, error.code]),
    [[recordOf(2).checkpoint, 'ATTEMPT_FENCED']],
  )
  const [file] = await spool.list()
  assert.equal(file?.place, 'refused')
  assert.equal(file.record?.step, 2)
  assert.deepEqual(file.problem, {
    code: 'ATTEMPT_FENCED',
    detail: 'Attempt 7 is current.',
    facts: { current: 7 },
  })
  assert.deepEqual(await spool.read(file.name), recordOf(2))
  assert.equal((await spool.status()).refusedCount, 1)

  await spool.append(recordOf(4))
  assert.equal(await spool.retryRefused(['another.record']), 0)
  assert.equal(await spool.retryRefused(), 1)
  const { send, steps } = recorder()
  await spool.drain(send)
  assert.deepEqual(steps.get('fares'), [2, 4])
  assert.deepEqual(await readdir(join(directory, 'refused')), [])
})

test(
  'lines drain side by side, each in its order, a few at a time',
  { timeout: 10_000 },
  async (t) => {
    const spool = await openSpool({ directory: await makeFolder(t) })
    const jobs = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    for (const step of [1, 2]) for (const job of jobs) await spool.append(recordOf(step, { job }))
    const { send, steps } = recorder()
    const fourAtOnce = Promise.withResolvers<undefined>()
    let atOnce = 0
    let mostAtOnce = 0
    await spool.drain(async (record) => {
      atOnce += 1
      mostAtOnce = Math.max(mostAtOnce, atOnce)
      if (atOnce === 4) fourAtOnce.resolve(undefined)
      await fourAtOnce.promise
      atOnce -= 1
      return await send(record)
    })
    assert.equal(mostAtOnce, 4)
    assert.deepEqual([...steps.keys()].sort(), jobs)
    for (const job of jobs) assert.deepEqual(steps.get(job), [1, 2])
  },
)

test('a signal stops the pass between two records', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t) })
  for (const step of [1, 2, 3]) await spool.append(recordOf(step))
  const stop = new AbortController()
  const report = await spool.drain(
    (record) => {
      stop.abort()
      return Promise.resolve(receiptOf(record))
    },
    { signal: stop.signal },
  )
  assert.deepEqual([report.sent.length, report.waitingCount], [1, 2])
})

test('a fault of the sender passes through and costs no record', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t) })
  await spool.append(recordOf(1))
  await assert.rejects(
    spool.drain(() => Promise.reject(new TypeError('a fault'))),
    TypeError,
  )
  assert.equal((await spool.status()).waitingCount, 1)
})

test('a record whose checkpoint is not its manifest is refused at once', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t) })
  const record = { ...recordOf(1), checkpoint: recordOf(2).checkpoint }
  await assert.rejects(spool.append(record), { code: 'DIGEST_MISMATCH' })
  assert.equal((await spool.status()).waitingCount, 0)
})

test('status gives counts, bytes and the age of the oldest record', async (t) => {
  const directory = await makeFolder(t)
  let now = Date.UTC(2026, 10, 23)
  const spool = await openSpool({ directory, clock: () => now })
  assert.equal((await spool.status()).oldestAgeMs, null)
  await spool.append(recordOf(1))
  now += 5_000
  await spool.append(recordOf(2))
  const status = await spool.status()
  assert.equal(status.oldestAgeMs, 5_000)
  assert.equal(status.waitingCount, 2)
  const names = await readdir(join(directory, 'waiting'))
  const sizes = await Promise.all(names.map((name) => stat(join(directory, 'waiting', name))))
  assert.equal(
    status.waitingBytes,
    sizes.reduce((sum, { size }) => sum + size, 0),
  )
})

test('a disk that refuses is the job’s to decide on, and nothing half written stays', async (t) => {
  const directory = await makeFolder(t)
  const spool = await openSpool({ directory })
  await rm(join(directory, 'waiting'), { recursive: true })
  await assert.rejects(spool.append(recordOf(1)), (error) => {
    assert.ok(error instanceof CatalogError)
    assert.equal(error.code, 'STORE_FAILED')
    assert.equal(error.detail['errno'], 'ENOENT')
    assert.match(error.message, /^Spooling step 1 of the job "fares" failed \(ENOENT\); .+\.$/)
    return true
  })
  assert.deepEqual(await readdir(join(directory, 'tmp')), [])
  await mkdir(join(directory, 'waiting'))
  assert.equal(await spool.append(recordOf(2)), 'kept')
})

test('the folder is for this user alone', async (t) => {
  const directory = join(await makeFolder(t), 'new', 'spool')
  const spool = await openSpool({ directory })
  await spool.append(recordOf(1))
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777
  for (const folder of ['', 'waiting', 'refused', 'corrupt', 'gaps', 'tmp']) {
    assert.equal(await modeOf(join(directory, folder)), 0o700, folder)
  }
  const [name = ''] = await readdir(join(directory, 'waiting'))
  assert.equal(await modeOf(join(directory, 'waiting', name)), 0o600)
  await chmod(directory, 0o755)
  await openSpool({ directory })
  assert.equal(await modeOf(directory), 0o700)
})

test('a link, a foreign folder and a folder of other things are refused with what to do', async (t) => {
  const folder = await makeFolder(t)
  await mkdir(join(folder, 'full'))
  await writeFile(join(folder, 'full', 'notes.txt'), '')
  await mkdir(join(folder, 'newer'))
  await writeFile(join(folder, 'newer', 'cairn-spool-2'), '')
  await mkdir(join(folder, 'target'))
  await symlink(join(folder, 'target'), join(folder, 'link'))
  const refusals = [
    ['link', /symbolic link/],
    ['full', /notes\.txt/],
    ['newer', /cairn-spool-2/],
  ] as const
  for (const [name, message] of refusals) {
    const opened = openSpool({ directory: join(folder, name) })
    await assert.rejects(opened, { code: 'CONFIG_INVALID', message }, name)
  }
  assert.deepEqual(await readdir(join(folder, 'target')), [])
})

test(
  'a folder of another user is refused',
  { skip: process.getuid?.() !== 0 && 'only root can give a folder away' },
  async (t) => {
    const directory = await makeFolder(t)
    await chown(directory, 12_345, 12_345)
    const opened = openSpool({ directory })
    await assert.rejects(opened, { code: 'CONFIG_INVALID', message: /user 12345/ })
  },
)

test('bounds that are no counts are refused', async (t) => {
  const directory = await makeFolder(t)
  await assert.rejects(openSpool({ directory, maxRecords: 0 }), { code: 'CONFIG_INVALID' })
  await assert.rejects(openSpool({ directory, maxBytes: Number.NaN }), { code: 'CONFIG_INVALID' })
})

test('a closed spool takes nothing more', async (t) => {
  const spool = await openSpool({ directory: await makeFolder(t) })
  const appended = spool.append(recordOf(1))
  await spool.close()
  assert.equal(await appended, 'kept')
  await assert.rejects(spool.append(recordOf(2)), { code: 'ABORTED' })
})
