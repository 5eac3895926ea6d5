import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { Dialect } from '../../migrations/dialect.ts'
import type { Abandoned } from '../../schema/abandoned.ts'
import type { Digest } from '../../schema/digest.ts'
import { isErrorCode, type ErrorCode } from '../../schema/errors.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { RecoveryPlan } from '../../schema/recovery-plan.ts'
import type { Run } from '../../schema/run.ts'
import type { Skipped } from '../../schema/checkpoint.ts'
import { problemStatus } from '../../server/http/problem.ts'
import { openTestCatalog, type Called, type TestCatalog } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'

/** What opening a run answers. */
export interface Opened {
  readonly run: Run
  readonly plan: RecoveryPlan | null
  readonly skipped: readonly Skipped[]
  readonly abandons: Abandoned
}

/** A declared namespace of a test catalog, and what tests do in it; every call is HTTP. */
export interface Scene {
  readonly at: TestCatalog
  readonly namespace: string
  /** A path of the API below the namespace. */
  path(rest: string): string
  get(rest: string): Promise<Called>
  post(rest: string, body: unknown, headers?: Record<string, string>): Promise<Called>
  put(rest: string, body: unknown): Promise<Called>
  open(job: string, members?: Readonly<Record<string, unknown>>): Promise<Opened>
  register(manifest: Manifest): Promise<Called>
  /** Registers a sample checkpoint of a run, which must be new; its digest. */
  save(run: Run, step: number, members?: Partial<Manifest>): Promise<Digest>
  tombstone(checkpoint: Digest, members?: Readonly<Record<string, unknown>>): Promise<Called>
  evidence(checkpoint: Digest, finding: string, outcome?: string): Promise<Called>
  latest(job: string, query?: string): Promise<Called>
  /** Entries in the namespace's log. */
  size(): Promise<number>
}

/** A scene over a catalog that a test has open; declares the namespace. */
export async function declareScene(at: TestCatalog, namespace: string): Promise<Scene> {
  const scene = sceneIn(at, namespace)
  answered(await scene.put('', {}), 200)
  return scene
}

/** Within a suite: opens a scene before its tests and closes it after them. */
export function useScene(dialect: Dialect, namespace = 'airline'): () => Scene {
  let scene: Scene | undefined
  before(async () => {
    scene = await declareScene(await openTestCatalog(dialect), namespace)
  })
  after(() => scene?.at.close())
  return () => {
    assert.ok(scene, 'the suite has begun')
    return scene
  }
}

/** A scene over a namespace that is there. */
export function sceneIn(at: TestCatalog, namespace: string): Scene {
  const path = (rest: string): string => `/v1/namespaces/${namespace}${rest}`
  const get = (rest: string): Promise<Called> => at.call('GET', path(rest))
  const post: Scene['post'] = (rest, body, headers) => at.call('POST', path(rest), body, headers)
  const register = (manifest: Manifest): Promise<Called> => post('/checkpoints', { manifest })
  return {
    at,
    namespace,
    path,
    get,
    post,
    put: (rest, body) => at.call('PUT', path(rest), body),
    open: async (job, members = {}) =>
      answered(await post('/runs', { job, resume: 'latest', ...members }), 201) as Opened,
    register,
    save: async (run, step, members) => {
      const receipt = answered(await register(sampleManifest(run, step, members)), 201)
      return receipt.checkpoint as Digest
    },
    tombstone: (checkpoint, members) =>
      post(`/checkpoints/${checkpoint}/tombstone`, { reason: 'corrupt', ...members }),
    evidence: (checkpoint, finding, outcome = 'passed') =>
      post(`/checkpoints/${checkpoint}/evidence`, { finding, outcome, method: 'test' }),
    latest: (job, query = '') => get(`/jobs/${job}/latest${query}`),
    size: async () => Number(answered(await get('/entries?limit=1'), 200).size),
  }
}

/** The body of an answer that has to have this status. */
export function answered(called: Called, status: number): Called['body'] {
  assert.equal(called.status, status, JSON.stringify(called.body))
  return called.body
}

/** What a write recorded, without the proof that came with it. */
export function unproven(body: Called['body']): Called['body'] {
  const { proof, ...rest } = body
  assert.match(proof, /^c2sp\.org\/tlog-proof@v1\n/)
  return rest
}

/** Asserts that a call was refused with a code: its status, its media type and a sentence; gives the facts. */
export function refused(called: Called, code: ErrorCode): Called['body'] {
  const { body, headers, status } = called
  assert.equal(body?.code, code, JSON.stringify(body))
  assertProblem(called)
  assert.equal(status, problemStatus[code])
  if (status === 503) assert.match(headers.get('retry-after') ?? '', /^\d+$/)
  return body.facts
}

/** Asserts that an answer is a problem of RFC 9457 with one of our codes, which says something. */
export function assertProblem({ body, headers, status }: Called): void {
  assert.equal(headers.get('content-type'), 'application/problem+json')
  assert.ok(isErrorCode(body.code), `a code of the closed set, not ${body.code}`)
  assert.equal(body.status, status)
  assert.equal(body.requestId, headers.get('x-request-id'))
  assert.match(body.requestId, /^[\w-]{8,}$/)
  assert.match(body.detail, /^[\s\S]{20,2000}[.!?…]$/u, 'a sentence')
}

/** The items of an answered page. */
export function itemsOf(called: Called): Called['body'] {
  return answered(called, 200).items
}
