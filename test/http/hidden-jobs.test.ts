import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { matchesPattern, type Grant } from '../../schema/grant.ts'
import { dialects, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { answered, declareScene, type Scene } from '../register/scene.ts'

const JOBS = ['a', 'a-b', 'a.b', 'a_b', 'ab', 'axb', 'b', 'b_', 'c.a', 'c_a', 'z']
const PATTERNS = ['*', 'a', 'a*', 'a_b', '*_*', 'a*b', '*.a', '_', 'none', '*a*b*', 'b_*', '**']
const NAMESPACES = ['airline', 'air_line', 'airport', 'railway', 'tram']

for (const dialect of dialects) {
  describe(`lists of what a caller may read, on ${dialect}`, () => {
    let at: TestCatalog
    let scene: Scene
    before(async () => {
      at = await openTestCatalog(dialect)
      for (const name of NAMESPACES) await declareScene(at, name)
      scene = await declareScene(at, 'airline')
      answered(await scene.put('/policies/hourly', { rehearseEverySeconds: 3600 }), 200)
      for (const job of JOBS) {
        await scene.put(`/jobs/${job}`, { policy: 'hourly' })
        const { run } = await scene.open(job)
        await scene.save(run, 1)
      }
      at.advance(3_600_000)
    })
    after(() => at.close())

    /** Every page of a list, and what their cursors say. */
    const walk = async (grants: readonly Grant[], page: PageOf) => {
      const authorization = `Bearer ${await at.tokenFor('visitor', grants)}`
      const items: Record<string, unknown>[] = []
      const named: unknown[] = []
      let cursor: string | undefined
      for (let count = 0; count <= JOBS.length; count += 1) {
        const { items: found, next } = await page(cursor, { authorization })
        items.push(...found)
        if (next === null) return { items, named }
        assert.ok(found.length === 1, 'no page is short')
        named.push(...cursorOf(next))
        cursor = next
      }
      return assert.fail('the list has an end')
    }
    const pageOf =
      (path: string): PageOf =>
      async (cursor, headers) => {
        const rest = cursor === undefined ? '' : `&cursor=${cursor}`
        return answered(await at.call('GET', `${path}?limit=1${rest}`, undefined, headers), 200)
      }
    const drilled: PageOf = async (cursor, headers) => {
      // Every job's only bytes are in a bucket that nobody configured.
      const faults = [{ fault: 'bucket-unreadable', bucket: 's3://states' }]
      const members = cursor === undefined ? {} : { cursor }
      const body = { faults, limit: 1, ...members }
      return answered(await scene.post('/drills', body, headers), 200)
    }

    for (const pattern of PATTERNS) {
      test(`jobs by "${pattern}": all that it matches, and no cursor names another`, async () => {
        const grants: readonly Grant[] = [{ verbs: ['read'], on: `airline/${pattern}` }]
        const mine = JOBS.filter((job) => matchesPattern(pattern, job))
        const lists = [pageOf(scene.path('/jobs')), pageOf(scene.path('/drills/due'))]
        // A drill refuses a bucket that no job of the caller has.
        if (mine.length > 0) lists.push(drilled)
        for (const list of lists) {
          const { items, named } = await walk(grants, list)
          assert.deepEqual(items.map((item) => String(item['job'])).toSorted(), mine)
          const foreign = JOBS.filter((job) => !mine.includes(job))
          assert.deepEqual(
            named.filter((part) => foreign.includes(String(part))),
            [],
          )
        }
      })
    }

    for (const pattern of ['*', 'airline', 'air*', 'air_line', '*a*']) {
      test(`namespaces by "${pattern}": all that it matches, and no cursor names another`, async () => {
        const grants: readonly Grant[] = [{ verbs: ['read'], on: `${pattern}/none` }]
        const { items, named } = await walk(grants, pageOf('/v1/namespaces'))
        const mine = NAMESPACES.filter((name) => matchesPattern(pattern, name))
        assert.deepEqual(items.map((item) => String(item['namespace'])).toSorted(), mine.toSorted())
        assert.deepEqual(
          named.filter((part) => !mine.includes(String(part))),
          [],
        )
      })
    }

    test('several grants show what any of them does, once, and another verb shows nothing', async () => {
      const grants: readonly Grant[] = [
        { verbs: ['read'], on: 'airline/a*' },
        { verbs: ['read', 'append'], on: '*/a_b' },
        { verbs: ['read'], on: 'air*/z' },
        { verbs: ['append'], on: 'airline/b' },
        { verbs: ['read'], on: 'railway/c*' },
      ]
      const { items } = await walk(grants, pageOf(scene.path('/jobs')))
      const jobs = items.map((item) => String(item['job']))
      assert.deepEqual(jobs.toSorted(), ['a', 'a-b', 'a.b', 'a_b', 'ab', 'axb', 'z'])
    })
  })
}

type PageOf = (
  cursor: string | undefined,
  headers: Record<string, string>,
) => Promise<{ readonly items: readonly Record<string, unknown>[]; readonly next: string | null }>

/** What a cursor says to who decodes it, without the list's own digits. */
function cursorOf(cursor: string): readonly unknown[] {
  const [, ...key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
  return key
}
