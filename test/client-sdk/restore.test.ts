import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { openDiskStore, restore, type BlobReader } from '../../client-sdk/node.ts'
import { partNameOf } from '../../client-sdk/restore/blob-path.ts'
import { memoryStore, planOf } from './restore-fixture.ts'
import { makeFolder } from './spool-fixture.ts'

const base = {
  name: 'model.bin',
  bytes: Buffer.from('the whole state, fifty bytes or so of it, at rest'),
}
const change = { name: 'deep/er/change.bin', bytes: Buffer.from('what has changed since then') }
const second = { name: 'model.bin', rank: 1, bytes: Buffer.from('the second worker has this') }

async function filesUnder(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort()
}

/** Where a plan's first blob gathers its bytes. */
async function partPathOf(plan: ReturnType<typeof planOf>, into: string): Promise<string> {
  const [blob] = plan.stages[0]?.blobs ?? []
  assert.ok(blob !== undefined)
  const folder = join(into, '00-step-100', 'rank-0')
  await mkdir(folder, { recursive: true })
  return join(folder, partNameOf(blob))
}

test('every blob of every stage lands under its stage, rank and name', async (t) => {
  const into = join(await makeFolder(t), 'state')
  const { reader } = memoryStore([base, second, change])
  const plan = planOf([base, second], [change])
  const state = await restore(plan, { into, stores: [reader] })
  assert.deepEqual(await filesUnder(into), [
    '00-step-100/rank-0/model.bin',
    '00-step-100/rank-1/model.bin',
    '01-step-200/rank-0/deep/er/change.bin',
  ])
  assert.deepEqual(await readFile(join(into, '00-step-100/rank-1/model.bin')), second.bytes)
  assert.deepEqual(
    state.stages.map(({ kind, step, files }) => [kind, step, files.map(({ rank }) => rank)]),
    [
      ['full', 100, [0, 1]],
      ['delta', 200, [0]],
    ],
  )
  const [file] = state.stages[1]?.files ?? []
  assert.deepEqual(file, {
    rank: 0,
    name: change.name,
    path: join(state.directory, '01-step-200/rank-0', change.name),
    sizeBytes: change.bytes.length,
  })
  assert.deepEqual([state.bytesFetched, state.bytesReused], [plan.totalBytes, 0])
})

test('disk stores are read when no store is given', async (t) => {
  const folder = await makeFolder(t)
  const store = await openDiskStore({ directory: join(folder, 'store') })
  const plan = planOf([base])
  const [stage] = plan.stages
  assert.ok(stage !== undefined)
  const reference = await store.put(base.name, base.bytes)
  const stages = [{ ...stage, blobs: [{ rank: 0, ...reference }] }]
  const state = await restore({ ...plan, stages }, { into: join(folder, 'state') })
  assert.deepEqual(await readFile(state.stages[0]?.files[0]?.path ?? ''), base.bytes)
})

test('progress adds up, and a listener that throws stops nothing', async (t) => {
  const into = await makeFolder(t)
  const { reader } = memoryStore([base, change])
  const kinds = new Map<string, number>()
  let last: unknown
  const plan = planOf([base], [change])
  await restore(plan, {
    into,
    stores: [reader],
    onProgress: (progress) => {
      kinds.set(progress.kind, (kinds.get(progress.kind) ?? 0) + 1)
      last = progress
      throw new Error('a broken progress bar')
    },
  })
  const { totalBytes } = plan
  assert.deepEqual(last, {
    kind: 'finished',
    bytesDone: totalBytes,
    bytesTotal: totalBytes,
    blobsDone: 2,
    blobCount: 2,
    blob: null,
  })
  assert.deepEqual([kinds.get('blob-started'), kinds.get('blob-finished')], [2, 2])
  assert.equal(kinds.get('bytes'), Math.ceil(base.bytes.length / 7) + Math.ceil(27 / 7))
})

test('a second restore reuses what the first has brought', async (t) => {
  const into = await makeFolder(t)
  const { reader, reads } = memoryStore([base, change])
  const plan = planOf([base], [change])
  await restore(plan, { into, stores: [reader] })
  const kinds: string[] = []
  const state = await restore(plan, {
    into,
    stores: [reader],
    onProgress: ({ kind }) => kinds.push(kind),
  })
  assert.deepEqual([state.bytesFetched, state.bytesReused], [0, plan.totalBytes])
  assert.equal(reads.length, 2)
  assert.equal(kinds.filter((kind) => kind === 'blob-reused').length, 2)
})

for (const [damage, bytes] of [
  ['other bytes', Buffer.from(base.bytes).fill('x')],
  ['fewer bytes', base.bytes.subarray(1)],
  ['more bytes', Buffer.concat([base.bytes, Buffer.from('!')])],
  ['no bytes', Buffer.alloc(0)],
] as const) {
  test(`${damage} than the reference says are refused and leave nothing behind`, async (t) => {
    const into = await makeFolder(t)
    const reader: BlobReader = {
      scheme: 'memory',
      async *read(_, offsetBytes = 0) {
        await Promise.resolve()
        yield bytes.subarray(offsetBytes)
      },
    }
    await assert.rejects(restore(planOf([base]), { into, stores: [reader] }), {
      code: 'BLOB_CORRUPT',
      message: /"model\.bin"/,
    })
    assert.deepEqual(await filesUnder(into), [])
  })
}

test('a digest mismatch names the blob and both digests', async (t) => {
  const bytes = Buffer.from(base.bytes).fill('x')
  const { reader } = memoryStore([])
  const wrong = { ...reader, read: () => given(bytes) }
  const failed = restore(planOf([base]), { into: await makeFolder(t), stores: [wrong] })
  await assert.rejects(failed, {
    detail: { blob: 'model.bin', rank: 0, expected: digestOf(base.bytes), actual: digestOf(bytes) },
  })
})

async function* given(bytes: Uint8Array) {
  await Promise.resolve()
  yield bytes
}

test('a restore that broke off at any byte goes on from there', async (t) => {
  for (let end = 0; end < base.bytes.length; end += 1) {
    const into = await makeFolder(t)
    const plan = planOf([base])
    await writeFile(await partPathOf(plan, into), base.bytes.subarray(0, end))
    const { reader, reads } = memoryStore([base])
    const state = await restore(plan, { into, stores: [reader] })
    assert.deepEqual(reads, [{ name: base.name, offsetBytes: end }])
    assert.deepEqual([state.bytesFetched, state.bytesReused], [base.bytes.length - end, end])
    assert.deepEqual(await filesUnder(into), ['00-step-100/rank-0/model.bin'])
    assert.deepEqual(await readFile(join(into, '00-step-100/rank-0/model.bin')), base.bytes)
  }
})

test('a part with wrong bytes is dropped and the blob fetched whole once', async (t) => {
  const into = await makeFolder(t)
  const plan = planOf([base])
  await writeFile(await partPathOf(plan, into), 'rotten')
  const { reader, reads } = memoryStore([base])
  const state = await restore(plan, { into, stores: [reader] })
  assert.deepEqual(
    reads.map(({ offsetBytes }) => offsetBytes),
    [6, 0],
  )
  assert.deepEqual([state.bytesFetched, state.bytesReused], [base.bytes.length, 0])
  assert.deepEqual(await readFile(join(into, '00-step-100/rank-0/model.bin')), base.bytes)
})

test('a part longer than its blob is begun anew', async (t) => {
  const into = await makeFolder(t)
  const plan = planOf([base])
  await writeFile(await partPathOf(plan, into), Buffer.alloc(1_000))
  const { reader, reads } = memoryStore([base])
  await restore(plan, { into, stores: [reader] })
  assert.deepEqual(reads, [{ name: base.name, offsetBytes: 0 }])
})

test('a read that breaks off is taken up where it stopped', async (t) => {
  const into = await makeFolder(t)
  let end = 0
  const failAfterBytes = () => (end += 21)
  const { reader, reads } = memoryStore([base], { failAfterBytes })
  await restore(planOf([base]), { into, stores: [reader] })
  assert.deepEqual(
    reads.map(({ offsetBytes }) => offsetBytes),
    [0, 21, 42],
  )
  assert.deepEqual(await readFile(join(into, '00-step-100/rank-0/model.bin')), base.bytes)
})

test('a store that keeps failing is given up on, and what has arrived is kept for the next try', async (t) => {
  const into = await makeFolder(t)
  const plan = planOf([base])
  const broken = memoryStore([base], { failAfterBytes: () => 14 })
  await assert.rejects(restore(plan, { into, stores: [broken.reader] }), { code: 'STORE_FAILED' })
  assert.equal(broken.reads.length, 4)
  const { reader, reads } = memoryStore([base])
  await restore(plan, { into, stores: [reader] })
  assert.deepEqual(reads, [{ name: base.name, offsetBytes: 14 }])
})

test('a signal stops a restore, also while a store hangs, and the next goes on', async (t) => {
  const into = await makeFolder(t)
  const plan = planOf([base])
  const stop = new AbortController()
  const hanging: BlobReader = {
    scheme: 'memory',
    async *read() {
      yield base.bytes.subarray(0, 10)
      stop.abort()
      await new Promise(() => undefined)
    },
  }
  const stopped = restore(plan, { into, stores: [hanging], signal: stop.signal })
  await assert.rejects(stopped, { code: 'ABORTED' })
  const { reader, reads } = memoryStore([base])
  await restore(plan, { into, stores: [reader] })
  assert.deepEqual(reads, [{ name: base.name, offsetBytes: 10 }])
})

test('the first failure stops the other fetches and is the one that is told', async (t) => {
  const into = await makeFolder(t)
  const contents = Array.from({ length: 20 }, (_, index) => ({
    name: `blob-${index}`,
    bytes: Buffer.from(`bytes of blob ${index}`),
  }))
  const { reader, reads } = memoryStore(contents.slice(1))
  const failed = restore(planOf(contents), { into, stores: [reader], concurrency: 2 })
  await assert.rejects(failed, { code: 'BLOB_CORRUPT', message: /"blob-0"/ })
  assert.ok(reads.length < 10, `${reads.length} reads`)
})

test('another content under a blob’s name makes room for the right one', async (t) => {
  const into = await makeFolder(t)
  const plan = planOf([base])
  const path = join(into, '00-step-100/rank-0/model.bin')
  await mkdir(join(into, '00-step-100/rank-0'), { recursive: true })
  await writeFile(path, Buffer.from(base.bytes).fill('x'))
  const broken = memoryStore([])
  await assert.rejects(restore(plan, { into, stores: [broken.reader] }), { code: 'BLOB_CORRUPT' })
  await assert.rejects(stat(path), { code: 'ENOENT' })
  const { reader } = memoryStore([base])
  await restore(plan, { into, stores: [reader] })
  assert.deepEqual(await readFile(path), base.bytes)
})

test('links in the folder are neither followed nor written through', async (t) => {
  const folder = await makeFolder(t)
  const into = join(folder, 'state')
  const outside = join(folder, 'outside')
  await mkdir(join(outside, 'rank-0'), { recursive: true })
  const plan = planOf([base])
  const { reader } = memoryStore([base])
  await mkdir(into)
  await symlink(outside, join(into, '00-step-100'))
  const blocked = restore(plan, { into, stores: [reader] })
  await assert.rejects(blocked, { code: 'CONFIG_INVALID' })
  assert.deepEqual(await filesUnder(outside), [])

  await rm(join(into, '00-step-100'))
  const partPath = await partPathOf(plan, into)
  await writeFile(join(outside, 'precious'), 'precious')
  await symlink(join(outside, 'precious'), join(into, '00-step-100/rank-0/model.bin'))
  await symlink(join(outside, 'precious'), partPath)
  await restore(plan, { into, stores: [reader] })
  assert.equal(await readFile(join(outside, 'precious'), 'utf8'), 'precious')
  assert.deepEqual(await readFile(join(into, '00-step-100/rank-0/model.bin')), base.bytes)
})

test('bounds and stores that do not fit are refused', async (t) => {
  const into = await makeFolder(t)
  const { reader } = memoryStore([base])
  const plan = planOf([base])
  for (const concurrency of [0, 65, 1.5]) {
    const refused = restore(plan, { into, stores: [reader], concurrency })
    await assert.rejects(refused, { code: 'CONFIG_INVALID' })
  }
  await assert.rejects(restore(plan, { into }), { code: 'CONFIG_INVALID', message: /"memory:"/ })
})
