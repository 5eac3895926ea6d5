import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Type } from 'typebox'
import { operationTable } from '../../client-sdk/api.ts'
import { readContract } from '../../schema/openapi-components.ts'
import { openapiDocument } from '../../schema/openapi.ts'
import { errorsOf, isWrite } from '../../schema/openapi-problems.ts'
import { parseSchema } from '../../schema/openapi-schema.ts'
import { problemStatus } from '../../server/http/problem.ts'
import { differing, sameOperations } from './client-types.ts'
import { findStale, generateFiles } from './generate.ts'

const contract = readContract()
const document: Record<string, unknown> = JSON.parse(JSON.stringify(openapiDocument(problemStatus)))

/** Every value under a name, anywhere in a document. */
function valuesOf(node: unknown, name: string): readonly unknown[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) => [
    ...(key === name ? [value] : []),
    ...valuesOf(value, name),
  ])
}

describe('the generated files', () => {
  it('are not stale', async () => {
    assert.deepEqual(await findStale(await generateFiles()), [])
  })

  it('give the SDK the types of the schemas, which the compiler checks', () => {
    assert.equal(differing, 'none')
    assert.equal(sameOperations, true)
  })

  it('name no TypeBox type in what the SDK ships', async () => {
    const api = await readFile(join(import.meta.dirname, '../../client-sdk/api.ts'), 'utf8')
    assert.doesNotMatch(api, /typebox/i)
  })

  it('are listed in full by the entry point of the SDK', async () => {
    const index = await readFile(join(import.meta.dirname, '../../client-sdk/index.ts'), 'utf8')
    const missing = [...contract.named.keys()].filter(
      (title) => !new RegExp(`\\b${title}\\b`).test(index),
    )
    assert.deepEqual(missing, [])
  })
})

describe('every operation', () => {
  for (const read of contract.operations) {
    const { id, operation, params } = read
    it(`${id} has exactly the path members of its template`, () => {
      assert.ok(params.shape.kind === 'object')
      const named = params.shape.members.map((member) => member.name).toSorted()
      const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)]
        .map((match) => match[1] ?? '')
        .toSorted()
      assert.deepEqual(named, inPath)
    })

    it(`${id} bounds its body exactly when it has one`, () => {
      assert.equal(operation.body !== undefined, operation.bodyMaxBytes !== undefined)
    })

    it(`${id} answers with codes that have a status of a refusal`, () => {
      for (const code of errorsOf(read)) {
        assert.ok(problemStatus[code] >= 400 && problemStatus[code] <= 599, code)
      }
    })

    it(`${id} reads with GET, ends something with DELETE, or says what it takes`, () => {
      // All that a probe takes is in its path.
      const takesNothing = ['GET', 'DELETE'].includes(operation.method) || id === 'probeBucket'
      assert.equal(takesNothing, operation.body === undefined)
    })
  }

  it('has a method and path of its own', () => {
    const routes = contract.operations.map(
      ({ operation }) =>
        // Two templates that differ in the names of their members are one route.
        `${operation.method} ${operation.path.replaceAll(/\{\w+\}/g, '{}')}`,
    )
    assert.equal(new Set(routes).size, routes.length)
  })

  it('is in the SDK under the same method and path', () => {
    const sent = Object.entries(operationTable).map(([id, { method, path }]) => [id, method, path])
    const served = contract.operations.map(({ id, operation }) => [
      id,
      operation.method,
      operation.path,
    ])
    assert.deepEqual(sent, served)
  })
})

describe('the OpenAPI document', () => {
  it('has a unique id for each operation', () => {
    const ids = valuesOf(document['paths'], 'operationId')
    assert.equal(ids.length, contract.operations.length + 3)
    assert.equal(new Set(ids).size, ids.length)
  })

  it('refers only to components that exist', () => {
    for (const reference of valuesOf(document, '$ref')) {
      const steps = String(reference).split('/').slice(1)
      let found: unknown = document
      for (const step of steps) found = Object(found)[step]
      assert.ok(found !== undefined, `${String(reference)} leads nowhere`)
    }
  })

  it('says how every operation refuses', () => {
    const paths = Object(document['paths'])
    for (const read of contract.operations) {
      const { path, method } = read.operation
      const { responses } = paths[path][method.toLowerCase()]
      for (const code of errorsOf(read)) {
        const { description } = responses[String(problemStatus[code])]
        assert.ok(String(description).includes(`\`${code}\``), `${read.id} ${code}`)
      }
    }
  })

  it('offers an Idempotency-Key to every write but those that say why they ignore it', () => {
    const paths = Object(document['paths'])
    const without = contract.operations.filter(isWrite).filter(({ operation }) => {
      const { parameters, responses } = paths[operation.path][operation.method.toLowerCase()]
      const isOffered = JSON.stringify(parameters).includes('/parameters/IdempotencyKey"')
      assert.equal(isOffered, JSON.stringify(responses).includes('`IDEMPOTENCY_KEY_REUSED`'))
      return !isOffered
    })
    assert.deepEqual(
      without.map(({ id }) => id),
      ['registerCheckpoints', 'verifyCheckpoint'],
    )
    for (const { operation } of without) {
      assert.match(operation.description ?? '', /`Idempotency-Key` is ignored/)
    }
  })

  it('asks for a token everywhere but on the routes of the server itself', () => {
    assert.deepEqual(document['security'], [{ token: [] }])
    const open = contract.operations.filter(({ operation }) => operation.verb === 'public')
    assert.equal(valuesOf(document['paths'], 'security').length, open.length + 3)
  })
})

describe('the reader of schemas', () => {
  it('refuses a keyword outside of the subset', () => {
    const schema = Type.String({ format: 'date-time' })
    assert.throws(() => parseSchema(schema, 'here'), {
      code: 'INTERNAL',
      message: /at here .* the keyword "format"/,
    })
  })

  it('refuses an object that takes what it does not know', () => {
    const schema = Type.Object({ name: Type.String() })
    assert.throws(() => parseSchema(schema, 'here'), { code: 'INTERNAL' })
  })

  it('refuses a type that is a list', () => {
    assert.throws(() => parseSchema({ type: ['string', 'null'] }, 'here'), { code: 'INTERNAL' })
  })
})
