import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import { digestOf } from '../../schema/digest.ts'
import type { SchemaNode } from '../../schema/openapi-schema.ts'
import type { OperationId } from '../../schema/operations.ts'
import { dialects, type Called } from '../harness/catalog.ts'
import { useScene } from '../register/scene.ts'
import { assertInContract, contractOf } from './contract.ts'
import { blended, change, changed, valueOf, type NamePools } from './generate-values.ts'
import { everyOperation, fillPath, recordFor, requestFor, type Recorded } from './requests.ts'

/** Requests to each operation on each database; `CAIRN_FUZZ_RUNS=2000` searches for minutes. */
const RUNS_COUNT = Number(process.env['CAIRN_FUZZ_RUNS'] ?? 60)
/** The same requests each time; another seed asks others. */
const SEED = Number(process.env['CAIRN_FUZZ_SEED'] ?? 20_261_123)
/** Members that coins are tossed for; what comes later is kept. */
const COINS_COUNT = 40

interface Request {
  readonly path: string
  readonly text: string | undefined
}

/** Names that requests draw from: what is recorded, and what is not. */
function poolsOf(known: readonly Recorded[]): NamePools {
  const digests = known.flatMap(({ checkpoint, other, environment }) => [
    checkpoint,
    other,
    environment,
  ])
  return new Map<string, readonly unknown[]>([
    ['NamespaceName', ['airline', 'airline', 'airline', 'nowhere']],
    ['JobName', [...known.map(({ job }) => job), 'nothing']],
    ['RunId', [...known.map(({ run }) => run.run), 'nothing']],
    ['Digest', [...digests, digestOf('nobody registered this')]],
    ['Partition', ['', '', 'p1', '2026-11-23T10']],
    ['Attempt', [1, 1, 2, Number.MAX_SAFE_INTEGER]],
    ['LogIndex', [0, 1, 5, 1000, Number.MAX_SAFE_INTEGER]],
  ])
}

/** Texts for a path or a query: what the schema admits, and sometimes anything. */
function memberOf(node: SchemaNode, pools: NamePools): Arbitrary<string> {
  return fc.oneof(
    { weight: 12, arbitrary: valueOf(node, pools).map(String) },
    // Dots and nothing would make another path of it, which is another operation's.
    {
      weight: 1,
      arbitrary: fc
        .string({ unit: 'binary', minLength: 1, maxLength: 200 })
        .filter((text) => !/^\.{1,2}$/.test(text)),
    },
  )
}

function membersOf(node: SchemaNode): readonly (readonly [string, SchemaNode])[] {
  return node.shape.kind === 'object'
    ? node.shape.members.map(({ name, node: of }) => [name, of])
    : []
}

/** Seldom the value, mostly none. */
function seldom<Value>(arbitrary: Arbitrary<Value>): Arbitrary<Value | null> {
  return fc.oneof({ weight: 11, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })
}

/** Queries with some of the members, and now and then one that nobody knows. */
function queryOf(node: SchemaNode, pools: NamePools): Arbitrary<string> {
  const members = membersOf(node).map(([name, of]) => [name, memberOf(of, pools)])
  const known = fc.record(Object.fromEntries(members), { requiredKeys: [] })
  const extra = seldom(fc.tuple(fc.string({ unit: 'binary' }), fc.string()))
  return fc.tuple(known, extra).map(([some, more]) => {
    const query = new URLSearchParams(some)
    if (more !== null) query.append(...more)
    return query.size === 0 ? '' : `?${query}`
  })
}

/** Bodies: a good one with members of others, one that the schema admits, and either with something wrong. */
function bodyOf(node: SchemaNode, good: unknown, pools: NamePools): Arbitrary<string> {
  const value = valueOf(node, pools)
  // Mostly the good one's: with everything another's, hardly any would come as far as the record.
  const coin = fc.nat(6).map((number) => number === 0)
  const coins = fc.array(coin, { minLength: COINS_COUNT, maxLength: COINS_COUNT })
  const mixed = fc.tuple(value, coins).map(([other, tossed]) => blended(good, other, tossed))
  const right = fc.oneof({ weight: 3, arbitrary: mixed }, { weight: 1, arbitrary: value })
  const wrong = fc.tuple(right, fc.array(change, { minLength: 1, maxLength: 2 }))
  const text = fc.oneof(
    { weight: 4, arbitrary: right },
    { weight: 3, arbitrary: wrong.map(([of, changes]) => changes.reduce(changed, of)) },
  )
  return fc
    .tuple(
      text.map((of) => JSON.stringify(of) ?? ''),
      seldom(fc.nat(400)),
    )
    .map(([whole, cut]) => (cut === null ? whole : `${whole.slice(0, cut)}${whole.slice(cut + 1)}`))
}

function requestOf(id: OperationId, known: readonly Recorded[]): Arbitrary<Request> {
  const { operation, params, query, body } = contractOf(id)
  const pools = poolsOf(known)
  const [first] = known
  assert.ok(first)
  const { body: good } = requestFor(id, first)
  const inPath = fc.record(
    Object.fromEntries(membersOf(params).map(([name, of]) => [name, memberOf(of, pools)])),
  )
  const path = fc
    .tuple(inPath, queryOf(query, pools))
    .map(([filled, asked]) => fillPath(operation.path, filled) + asked)
  const text = body === undefined ? fc.constant(undefined) : bodyOf(body, good, pools)
  return fc.record({ path, text })
}

for (const dialect of dialects) {
  describe(`any request on ${dialect}`, () => {
    const scene = useScene(dialect)
    /** Jobs of a test's own, so that what one operation ends does not end the others' requests. */
    const recordJobs = (id: string): Promise<readonly Recorded[]> =>
      Promise.all(
        ['fares', 'seats', 'crews'].map((job) => recordFor(scene(), `${job}-${id.toLowerCase()}`)),
      )

    const size = async (): Promise<number> => {
      const { db } = scene().at.catalog.context
      const heads = await db.selectFrom('log_head').select('size').limit(10).execute()
      return heads.reduce((sum, head) => sum + head.size, 0)
    }
    const send = (method: string, { path, text }: Request): Promise<Called> =>
      scene().at.call(method, path, text, { 'content-type': 'application/json' })

    for (const [id, { method }] of everyOperation) {
      test(`to ${id} is answered as its contract says, and a refused one leaves no trace`, async () => {
        const known = await recordJobs(id)
        await fc.assert(
          fc.asyncProperty(requestOf(id, known), async (request) => {
            const before = await size()
            const called = await send(method, request)
            assertInContract(id, called)
            if (called.status >= 400) assert.equal(await size(), before)
          }),
          { numRuns: RUNS_COUNT, seed: SEED },
        )
      })
    }
  })
}
