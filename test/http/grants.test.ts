import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { verbs, type Grant, type Verb } from '../../schema/grant.ts'
import type { OperationId } from '../../schema/operations.ts'
import { validate } from '../../server/http/validate.ts'
import { dialects, openTestCatalog, type Called, type TestCatalog } from '../harness/catalog.ts'
import { declareScene, refused, type Scene } from '../register/scene.ts'
import {
  everyOperation,
  nothingRecorded,
  recordFor,
  requestFor,
  type Recorded,
  type SampleRequest,
} from './requests.ts'

/** Operations that show or hold what a namespace's jobs share: a grant on any job of it opens them. */
const shared: ReadonlySet<OperationId> = new Set([
  'listNamespaces',
  'listJobs',
  'getPolicy',
  'listPolicies',
  'getFormatVersion',
  'getFormat',
  'listFormats',
  'recordEnvironment',
  'getEnvironment',
  // Hashes, which say nothing of what was hashed.
  'getTreeHead',
  'getTile',
  'getInclusionProof',
  'getConsistencyProof',
  'getLogKeys',
])

const others = (verb: Verb | 'public'): readonly Verb[] => verbs.filter((one) => one !== verb)

for (const dialect of dialects) {
  describe(`who may do what on ${dialect}`, () => {
    let at: TestCatalog
    let scene: Scene
    before(async () => {
      at = await openTestCatalog(dialect)
      scene = await declareScene(at, 'airline')
      await declareScene(at, 'railway')
    })
    after(() => at.close())

    const send = (request: SampleRequest, headers: Record<string, string>): Promise<Called> =>
      at.call(request.method, request.path, request.body, headers)
    const sendAs = async (request: SampleRequest, grants: readonly Grant[]): Promise<Called> =>
      send(request, { authorization: `Bearer ${await at.tokenFor('visitor', grants)}` })

    const denied = (called: Called): void => {
      if (called.status !== 200) refused(called, 'FORBIDDEN')
      // Each item of a batch is refused by itself.
      else if (called.body.results) assert.equal(called.body.results[0].problem.code, 'FORBIDDEN')
      // A list of what one may see has nothing to refuse: it is empty.
      else assert.deepEqual(called.body, { items: [], next: null })
    }

    for (const [id, operation] of everyOperation) {
      const { verb, reach } = operation
      const job = `job-${id.toLowerCase()}`
      let known: Recorded
      const request = (): SampleRequest => requestFor(id, known)
      before(async () => {
        known = await recordFor(scene, job)
      })

      test(`${id} needs a token before it looks at anything`, async () => {
        const size = await scene.size()
        for (const asked of [request(), requestFor(id, nothingRecorded)]) {
          const called = await send(asked, { authorization: '' })
          refused(called, 'TOKEN_MISSING')
          assert.match(called.headers.get('www-authenticate') ?? '', /^Bearer /)
        }
        assert.equal(await scene.size(), size)
      })

      test(`${id} is refused to whoever was not granted "${verb}"`, async () => {
        const size = await scene.size()
        denied(await sendAs(request(), [{ verbs: others(verb), on: '*/*' }]))
        denied(await sendAs(request(), []))
        denied(await sendAs(request(), [{ verbs, on: 'freight/*' }]))
        denied(await sendAs(request(), [{ verbs, on: 'airline-2/*' }]))
        assert.equal(await scene.size(), size)
      })

      test(`${id} is refused to whoever was granted "${verb}" on other jobs only`, async () => {
        const size = await scene.size()
        const grants: readonly Grant[] = [{ verbs, on: 'airline/elsewhere' }]
        const called = await sendAs(request(), grants)
        if (shared.has(id)) assert.doesNotMatch(JSON.stringify(called.body), /job-/)
        else denied(called)
        assert.equal(await scene.size(), size)
      })

      test(`${id} answers as its contract says to whoever was granted just that`, async () => {
        if (verb === 'public') return
        const on = reach === 'namespace' ? 'airline/*' : `airline/${job}`
        const called = await sendAs(request(), [{ verbs: [verb], on }])
        assert.ok(called.status === 200 || called.status === 201, JSON.stringify(called.body))
        validate(operation.response, called.body, 'body')
        const { contentType = 'application/json' } = operation
        assert.equal(called.headers.get('content-type'), contentType)
      })
    }

    test('two checkpoints are compared only for whoever may read both', async () => {
      const [mine, theirs] = [await recordFor(scene, 'mine'), await recordFor(scene, 'theirs')]
      const grants: readonly Grant[] = [{ verbs: ['read'], on: 'airline/mine' }]
      for (const pair of [
        { ...mine, other: theirs.checkpoint },
        { ...theirs, other: mine.checkpoint },
      ]) {
        refused(await sendAs(requestFor('compareCheckpoints', pair), grants), 'FORBIDDEN')
      }
    })

    test('a batch is judged item by item', async () => {
      const [mine, theirs] = [await recordFor(scene, 'mine-2'), await recordFor(scene, 'theirs-2')]
      const items = [theirs, mine].flatMap((known) => {
        const { body } = requestFor('registerCheckpoints', known) as {
          body: { items: readonly unknown[] }
        }
        return body.items
      })
      const asked = { ...requestFor('registerCheckpoints', mine), body: { items } }
      const called = await sendAs(asked, [{ verbs: ['append'], on: 'airline/mine-*' }])
      assert.equal(called.status, 200)
      assert.equal(called.body.results[0].problem.code, 'FORBIDDEN')
      assert.equal(called.body.results[1].status, 'registered')
    })

    test('lists without a job are refused to whoever may not read every job', async () => {
      for (const path of ['/runs', '/checkpoints']) {
        const asked = { method: 'GET', path: scene.path(path) }
        refused(await sendAs(asked, [{ verbs: ['read'], on: 'airline/job-*' }]), 'FORBIDDEN')
        assert.equal((await sendAs(asked, [{ verbs: ['read'], on: 'air*/*' }])).status, 200)
      }
    })
  })
}
