import { mkdirSync, writeFileSync } from 'node:fs'
import { digestOf } from '../../schema/digest.ts'
import { leafHash } from '../../schema/merkle.ts'
import type { Manifest } from '../../schema/manifest.ts'
import { parseEntry } from '../../schema/parse-entry.ts'
import { documentOf } from '../../server/log/projection.ts'
import { openTestCatalog } from '../harness/catalog.ts'
import { sampleBlob, sampleReserved } from '../harness/samples.ts'
import { answered, declareScene, type Scene } from '../register/scene.ts'
import { openSweepScene } from '../retention/sweep-scene.ts'
import { corpus, readIndex, type GoldenDocument, type GoldenEntry } from './golden-corpus.ts'

// Adds to the corpus what it lacks of what the story below makes: for each kind and version of entry one
// example of each set of members. What is there is never written again. `node test/schema/collect-golden.ts`

const document = {
  schemaVersion: 1,
  sections: { code: { commit: 'c0ffee', dirty: false }, runtime: { node: '24', name: 'ünïcode' } },
}
const environment = digestOf(
  '{"schemaVersion":1,"sections":{"code":{"commit":"c0ffee","dirty":false},"runtime":{"name":"ünïcode","node":"24"}}}',
)
const script = { uri: 's3://scripts/restore.py', digest: digestOf('restore.py') }
const schema = { type: 'object', properties: { axis: { type: 'string' } } }

/** Everything that a manifest can say. */
const everything = (parent: Manifest['base']): Partial<Manifest> => ({
  tier: 'light',
  worldSize: 2,
  shards: [0, 1].map((rank) => ({
    rank,
    blobs: [sampleBlob(`model-${rank}.bin`), sampleBlob(`rng-${rank}.bin`)],
    seeds: [
      { generator: 'numpy.pcg64', seed: 7 },
      { generator: 'torch.cuda', stateBlob: `rng-${rank}.bin` },
      { generator: 'xoshiro', seed: '18446744073709551615' },
    ],
  })),
  progress: { records: 1000, watermark: '2026-11-23T09:00:00Z', cursor: { page: 7, of: [1, 2.5] } },
  format: { name: 'grid', version: '1', metadata: { axis: 'time' } },
  inputs: [{ name: 'flights', version: '7', digest: digestOf('flights'), uri: 's3://in/flights' }],
  parameters: { rate: 1e-7, layers: [64, 32], name: 'ünïcode €' },
  trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  timing: {
    startedAt: '2026-11-23T10:00:00.000Z',
    stagedAt: '2026-11-23T10:00:01.000Z',
    durableAt: '2026-11-23T10:00:02.000Z',
  },
  persistence: 'async',
  labels: { team: 'pricing' },
  gap: { count: 2, firstStep: 1, lastStep: 2 },
  environment,
  ...(parent === undefined
    ? {}
    : { parents: [{ relation: 'derived-from', checkpoint: parent }] as const }),
})

/** One entry of each kind, with and without what it may leave out. */
async function play(scene: Scene): Promise<void> {
  const put = async (path: string, body: unknown) => answered(await scene.put(path, body), 200)
  await put('', { description: 'Fares.' })
  await put('/policies/hourly', {})
  await put('/policies/hourly', { retention: { anyOf: [{ keep: 'latest', count: 3 }] } })
  const facts = { schema, changelog: 'The first one.', recovery: script }
  await put('/formats/grid/versions/1', { ...facts, compatibility: 'none' })
  const patch = [{ op: 'copy', from: '/axis', path: '/dimension' }]
  const upcasts = [{ from: '1', patch }]
  await put('/formats/grid/versions/2', { ...facts, compatibility: 'full', upcasts })
  await put('/jobs/fares', { policy: 'hourly', labels: { team: 'pricing' } })
  answered(await scene.put(`/environments/${environment}`, document), 201)
  const first = (await scene.open('fares', { run: 'run-1' })).run
  const minimal = await scene.save(first, 1)
  const full = await scene.save(first, 3, everything(minimal))
  await scene.save(first, 4, { base: minimal })
  const members = { run: 'run-2', environment, labels: { shift: 'night' }, partition: '2026-11-23' }
  const { run } = await scene.open('fares', members)
  await scene.save(run, 1)
  const resumed = await scene.open('fares', { ...members, run: 'run-3' })
  const own = await scene.save(resumed.run, 2)
  await scene.evidence(own, 'present')
  const noted = { finding: 'verified', outcome: 'failed', method: 'sha256', note: 'Other bytes.' }
  answered(await scene.post(`/checkpoints/${own}/evidence`, noted), 201)
  await scene.tombstone(own, { note: 'Torn.', successor: full })
  await scene.tombstone(full, { reason: 'superseded' })
  const hold = `/checkpoints/${minimal}/holds/audit`
  await put(hold, { reason: 'An audit.' })
  await put(hold, { reason: 'A longer one.', until: '2027-11-23T10:00:00.000Z' })
  answered(await scene.at.call('DELETE', scene.path(hold)), 200)
  answered(
    await scene.post('/runs/run-3/close', { outcome: 'failed', note: 'Out of memory.' }),
    200,
  )
  const other = (await scene.open('delays', { run: 'run-4' })).run
  answered(await scene.post(`/runs/${other.run}/close`, { outcome: 'succeeded' }), 200)
  const window = { from: '2026-11-23T00:00:00Z', to: '2026-11-24T00:00:00Z' }
  await scene.open('delays', { run: 'run-5', resume: 'none', window, rewind: true })
}

/** Restores that are opened and closed, with and without what they may leave out. */
async function playRestores(scene: Scene): Promise<void> {
  const { run } = await scene.open('restored', { run: 'run-6' })
  const blob = sampleBlob('model.bin')
  const checkpoint = await scene.save(run, 1, { shards: [{ rank: 0, blobs: [blob] }] })
  const open = async (members: object): Promise<string> =>
    answered(await scene.post('/restores', { checkpoint, ...members }), 201).restore
  const close = async (restore: string, end: object) =>
    answered(await scene.post(`/restores/${restore}/outcome`, end), 200)
  const first = await open({ ownership: 'claim', run: run.run })
  const sources = [{ origin: 's3://states', region: 'eu-west-1', bytes: 1000 }]
  const whole = { outcome: 'succeeded', checked: true, bytes: 1000, durationMs: 50 }
  await close(first, { ...whole, sources, note: 'Fast.' })
  await close(await open({ ownership: 'copy' }), whole)
  const { name, uri, versionId } = blob
  const gone = { code: 'BLOB_NOT_FOUND', rank: 0, name, uri, versionId, message: 'It is gone.' }
  await close(await open({ ownership: 'no-claim' }), {
    outcome: 'failed',
    checked: false,
    bytes: 0,
    durationMs: 5,
    failures: [{ checkpoint, ...gone }],
  })
}

/** Drills that are planned and rehearsed, with and without what they may leave out. */
async function playDrills(scene: Scene): Promise<void> {
  const { run } = await scene.open('rehearsed', { run: 'run-7', partition: '2026-11-23' })
  const checkpoint = await scene.save(run, 1)
  const line = { job: 'rehearsed', partition: '2026-11-23' }
  const faults = [
    { fault: 'checkpoint-corrupt', checkpoint },
    { fault: 'bucket-unreadable', bucket: 'disk' },
    { fault: 'library-upgraded', library: 'numpy', version: '3', section: 'runtime' },
    { fault: 'policy-changed', policy: 'hourly', spec: { rpoSeconds: 60 } },
  ]
  const plan = async (members: object) =>
    answered(await scene.post('/drills', { record: true, ...members }), 200)
  await plan({ faults: [{ fault: 'checkpoint-corrupt', checkpoint }] })
  await plan({ ...line, faults })
  const rehearse = async (members: object) =>
    answered(await scene.post('/drills/outcomes', { ...line, checkpoint, ...members }), 201)
  await rehearse({ outcome: 'restored', durationMs: 50, bytes: 1000 })
  await rehearse({ outcome: 'failed', durationMs: 5, bytes: 0, faults, note: 'It is gone.' })
}

/** A bucket that is probed and reconciled, and bytes that retention withdraws and a sweep removes. */
async function playBuckets(scene: Scene): Promise<void> {
  answered(await scene.post('/buckets/disk/probe', {}), 201)
  const { openJob, save, sweep } = await openSweepScene(scene)
  const retention = { anyOf: [{ keep: 'latest', count: 1 }] }
  const run = await openJob('swept', { retention, graceSeconds: 0 })
  for (const step of [1, 2, 3]) await save(run, step, [`state ${step}`, `rng ${step}`])
  answered(await scene.post('/buckets/disk/reconciliations', {}), 200)
  answered(await scene.post('/retention-runs', { dryRun: true }), 201)
  answered(await scene.post('/retention-runs', { dryRun: false, job: 'swept' }), 201)
  await sweep({ job: 'swept' })
}

/** Reservations that end in each way, and a difference that somebody goes on in spite of. */
async function playTogether(scene: Scene): Promise<void> {
  const { run } = await scene.open('together', { run: 'run-8' })
  for (const [place, end] of [undefined, 'finalize', 'abandon'].entries()) {
    const manifest = sampleReserved(run, 10 + place, 1)
    const { reservation } = answered(await scene.post('/reservations', { manifest }), 201)
    answered(await scene.put(`/reservations/${reservation}/shards/0`, { blobs: [] }), 200)
    if (end === undefined) continue
    const note = end === 'abandon' ? { note: 'The job was stopped.' } : {}
    const ended = await scene.post(`/reservations/${reservation}/${end}`, note)
    answered(ended, ended.status === 201 ? 201 : 200)
  }
  const drifted = (await scene.open('drifted', { run: 'run-9' })).run
  await scene.save(drifted, 1, { environment })
  const code = { commit: 'facade', dirty: false }
  const caller = { environment: { ...document, sections: { ...document.sections, code } } }
  const go = { job: 'drifted', resume: 'latest', run: 'run-10' }
  answered(await scene.post('/runs', { ...go, caller, acknowledgeDrift: 'Only a fix.' }), 201)
}

async function collect(): Promise<void> {
  const at = await openTestCatalog('sqlite')
  const index = readIndex()
  const entries: GoldenEntry[] = [...index.entries]
  const documents: GoldenDocument[] = [...index.documents]
  const write = (file: string, bytes: Uint8Array): void =>
    writeFileSync(`${corpus}${file}`, bytes, { flag: 'wx' })
  for (const folder of ['entries', 'documents'])
    mkdirSync(`${corpus}${folder}`, { recursive: true })
  try {
    const scene = await declareScene(at, 'airline')
    await play(scene)
    await playRestores(scene)
    await playDrills(scene)
    await playBuckets(scene)
    await playTogether(scene)
    const { db } = at.catalog.context
    const rows = await db.selectFrom('entry').selectAll().orderBy('log_index').execute()
    const stored = await db.selectFrom('document').selectAll().execute()
    for (const { log_index: place, bytes } of rows) {
      const entry = parseEntry(bytes)
      if (entry === undefined) throw new Error(`entry ${place} is none`)
      const own = stored.find((row) => row.log_index === place)
      const said: unknown = own && JSON.parse(new TextDecoder().decode(own.bytes))
      const shape = digestOf(shapeOf([entry, said ?? null])).slice(-8)
      const file = `entries/${entry.kind}.${entry.v}.${shape}.json`
      if (entries.some((known) => known.file === file)) continue
      const named = documentOf(entry)
      const beside = named === undefined ? undefined : `documents/${named.slice(-16)}.json`
      const isNew = !documents.some((known) => known.file === beside)
      if (isNew && own !== undefined && beside !== undefined && named !== undefined) {
        write(beside, own.bytes)
        documents.push({ file: beside, digest: named, ...kindOf(entry.kind) })
      }
      write(file, bytes)
      entries.push({
        file,
        kind: entry.kind,
        v: entry.v,
        leafHash: Buffer.from(leafHash(bytes)).toString('base64'),
        ...(beside === undefined ? {} : { document: beside }),
      })
    }
    writeFileSync(`${corpus}index.json`, `${JSON.stringify({ entries, documents }, null, 2)}\n`)
  } finally {
    await at.close()
  }
}

/** Members of what was said and the types of their values, whatever the values are. */
const shapeOf = (said: object): string =>
  JSON.stringify(said, (_, value: unknown) => (typeof value === 'object' ? value : typeof value))

function kindOf(kind: string): Pick<GoldenDocument, 'kind' | 'version'> {
  if (kind === 'format.published') return { kind: 'schema' }
  return { kind: kind === 'environment.recorded' ? 'environment' : 'manifest', version: 1 }
}

if (import.meta.main) await collect()
