import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import { operations, type OperationId } from '../../schema/operations.ts'
import type { Operation } from '../../schema/operations/operation.ts'
import type { Run } from '../../schema/run.ts'
import { sampleManifest, sampleReserved } from '../harness/samples.ts'
import { answered, type Scene } from '../register/scene.ts'

/** What is recorded, for requests to name. */
export interface Recorded {
  readonly namespace: string
  readonly job: string
  readonly run: Run
  readonly checkpoint: Digest
  readonly other: Digest
  readonly environment: Digest
  readonly retentionRun: string
  /** A resume token for the checkpoint. */
  readonly token: string
  /** Of one worker, whose shard is there. */
  readonly reservation: string
  readonly restore: string
}

/** A request to an operation. */
export interface SampleRequest {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

/** What one operation's request has beside what every request takes from the recorded names. */
interface Members {
  readonly digest?: Digest
  readonly query?: string
  readonly body?: unknown
}

const sampleFormat = {
  schema: { type: 'object', properties: { axis: { type: 'string' } } },
  compatibility: 'backward',
  changelog: 'The first one.',
  recovery: { uri: 's3://scripts/restore.py', digest: digestOf('restore.py') },
}
const document = { schemaVersion: 1, sections: { runtime: { name: 'node', version: '24' } } }
const environment = digestOf(canonicalize(document))

/** One request for each operation that succeeds once: a new operation without one does not compile. */
const samples: Readonly<Record<OperationId, (known: Recorded) => Members>> = {
  declareNamespace: () => ({ body: { description: 'Fares.' } }),
  listNamespaces: () => ({}),
  declareJob: () => ({ body: { labels: { team: 'pricing' } } }),
  getJob: () => ({}),
  listJobs: () => ({}),
  setPolicy: () => ({ body: { retention: { anyOf: [{ keep: 'latest', count: 3 }] } } }),
  getPolicy: () => ({}),
  listPolicies: () => ({ query: '?limit=2' }),
  publishFormat: () => ({ body: sampleFormat }),
  getFormatVersion: () => ({}),
  getFormat: () => ({ query: '?limit=2' }),
  listFormats: () => ({ query: '?limit=2' }),
  recordEnvironment: () => ({ digest: environment, body: document }),
  getEnvironment: () => ({ digest: environment }),
  getRun: () => ({}),
  listRuns: ({ job }) => ({ query: `?job=${job}` }),
  closeRun: () => ({ body: { outcome: 'succeeded', note: 'Done.' } }),
  openRun: ({ job }) => ({ body: { job, resume: 'latest', labels: { host: 'a' } } }),
  getLatest: () => ({ query: '?minGrade=committed' }),
  planRecovery: ({ job, checkpoint }) => ({ body: { job, checkpoint } }),
  getCoverage: () => ({ query: '?from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z' }),
  previewRewind: ({ other }) => ({ query: `?to=${other}` }),
  issueResumeToken: ({ job, checkpoint }) => ({ body: { job, checkpoint } }),
  planDrill: ({ job, checkpoint }) => ({
    body: { job, faults: [{ fault: 'checkpoint-corrupt', checkpoint }] },
  }),
  recordRehearsal: ({ job, checkpoint }) => ({
    body: { job, checkpoint, outcome: 'restored', durationMs: 1200, bytes: 7 },
  }),
  listDueDrills: () => ({}),
  exchangeResumeToken: ({ token }) => ({ body: { token } }),
  openRestore: ({ checkpoint, run }) => ({
    body: { checkpoint, ownership: 'claim', run: run.run },
  }),
  closeRestore: () => ({
    body: { outcome: 'succeeded', checked: true, bytes: 1000, durationMs: 50, note: 'Fast.' },
  }),
  acknowledgeDrift: ({ checkpoint }) => ({ body: { checkpoint, caller: {}, note: 'Meant.' } }),
  listRestores: ({ job }) => ({ query: `?job=${job}` }),
  registerCheckpoint: ({ namespace, run }) => ({
    body: { manifest: sampleManifest({ ...run, namespace: namespace as Run['namespace'] }, 11) },
  }),
  registerCheckpoints: ({ namespace, run }) => ({
    body: {
      items: [
        { manifest: sampleManifest({ ...run, namespace: namespace as Run['namespace'] }, 12) },
      ],
    },
  }),
  openReservation: ({ namespace, run }) => ({
    body: { manifest: sampleReserved({ ...run, namespace: namespace as Run['namespace'] }, 13, 2) },
  }),
  recordShard: () => ({ body: { blobs: [] } }),
  keepReservation: () => ({ body: {} }),
  finalizeReservation: () => ({ body: { worldSize: 1 } }),
  abandonReservation: () => ({ body: { note: 'Not needed.' } }),
  getReservation: () => ({}),
  listReservations: ({ job }) => ({ query: `?job=${job}&state=open` }),
  listShards: () => ({}),
  listCheckpoints: ({ job }) => ({ query: `?job=${job}&limit=2` }),
  getCheckpoint: () => ({}),
  getManifest: () => ({}),
  getLineage: () => ({ query: '?direction=descendants&depth=3' }),
  compareCheckpoints: () => ({}),
  getReplayability: () => ({}),
  listLine: () => ({ query: '?minStep=1&limit=2' }),
  compareRuns: () => ({ query: '?limit=2' }),
  recordEvidence: () => ({ body: { finding: 'present', outcome: 'passed', method: 'head' } }),
  verifyCheckpoint: () => ({ body: { depth: 'present' } }),
  listBuckets: () => ({}),
  probeBucket: () => ({}),
  reconcileBucket: () => ({ body: {} }),
  tombstoneCheckpoint: () => ({ body: { reason: 'wrong-input', note: 'Two days at once.' } }),
  runRetention: ({ job }) => ({ body: { dryRun: true, job } }),
  sweepCheckpoints: ({ job }) => ({ body: { dryRun: false, job } }),
  listRetentionRuns: ({ job }) => ({ query: `?job=${job}` }),
  getRetentionRun: () => ({ query: '?decision=keep' }),
  placeHold: () => ({ body: { reason: 'An audit.' } }),
  liftHold: () => ({}),
  listHolds: () => ({}),
  getHistory: () => ({}),
  listEntries: () => ({ query: '?after=0&limit=3' }),
  getTreeHead: () => ({}),
  getTile: () => ({}),
  getInclusionProof: () => ({ query: '?index=0&size=2' }),
  getConsistencyProof: () => ({ query: '?from=1&to=2' }),
  getLogKeys: () => ({}),
  getReceipt: () => ({}),
  listAccessLog: () => ({ query: '?limit=3' }),
}

/** Every operation, with its id. */
export const everyOperation: readonly (readonly [OperationId, Operation])[] = Object.entries(
  operations,
).map(([id, operation]) => [id as OperationId, operation])

/** A request to an operation about what is recorded. */
export function requestFor(id: OperationId, known: Recorded): SampleRequest {
  const { digest = known.checkpoint, query = '', body } = samples[id](known)
  const { job, namespace, other, retentionRun, restore } = known
  const { method, path } = operations[id]
  const params = {
    namespace,
    job,
    policy: 'sample',
    format: 'sample',
    version: '1',
    hold: 'audit',
    retentionRun,
    restore,
    digest,
    other,
    run: known.run.run,
    against: known.run.run,
    reservation: known.reservation,
    rank: '0',
    tile: '0/000.p/1',
    bucket: 'disk',
  }
  return {
    method,
    path: `${fillPath(path, params)}${query}`,
    ...(body === undefined ? {} : { body }),
  }
}

/** A path's template with its members filled in. */
export function fillPath(template: string, params: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? 'missing'),
  )
}

/** Names for requests that are refused before anything is looked up. */
export const nothingRecorded: Recorded = {
  namespace: 'airline',
  job: 'fares',
  run: {
    run: 'run-1',
    namespace: 'airline',
    job: 'fares',
    partition: '',
    attempt: 1,
    state: 'open',
    openedAt: '2026-11-23T10:00:00.000Z',
    openedIndex: 0,
  } as unknown as Run,
  checkpoint: digestOf('a checkpoint that nobody registered'),
  other: digestOf('another checkpoint that nobody registered'),
  environment,
  retentionRun: 'no-retention-run',
  token: 'cairn-resume-1.none.none',
  reservation: 'reservation-1',
  restore: 'no-restore',
}

/** Records what requests about a job name: an environment, an open run and two checkpoints. */
export async function recordFor(scene: Scene, job: string): Promise<Recorded> {
  const recorded = await scene.put(`/environments/${environment}`, document)
  answered(recorded, recorded.status === 201 ? 201 : 200)
  answered(await scene.put('/policies/sample', { description: 'A sample.' }), 200)
  answered(await scene.put('/formats/sample/versions/1', sampleFormat), 200)
  const { run } = await scene.open(job)
  const other = await scene.save(run, 1, { environment })
  const checkpoint = await scene.save(run, 2, { environment, parameters: { rate: 0.5 } })
  answered(await scene.put(`/checkpoints/${checkpoint}/holds/audit`, { reason: 'A sample.' }), 200)
  const decided = answered(await scene.post('/retention-runs', { dryRun: true, job }), 201)
  const { retentionRun } = decided
  const { token } = answered(await scene.post('/resume-tokens', { job, checkpoint }), 200)
  const begun = { checkpoint, ownership: 'no-claim' }
  const { restore } = answered(await scene.post('/restores', begun), 201)
  const reserved = await scene.post('/reservations', { manifest: sampleReserved(run, 20, 1) })
  const { reservation } = answered(reserved, 201)
  answered(await scene.put(`/reservations/${reservation}/shards/0`, { blobs: [] }), 200)
  const names = { namespace: scene.namespace, job, run, checkpoint, other }
  return { ...names, environment, retentionRun, token, restore, reservation }
}
