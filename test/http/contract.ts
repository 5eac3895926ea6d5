import assert from 'node:assert/strict'
import type { ErrorCode } from '../../schema/errors.ts'
import { readContract, type ReadOperation } from '../../schema/openapi-components.ts'
import { errorsOf } from '../../schema/openapi-problems.ts'
import type { OperationId } from '../../schema/operations.ts'
import { validate } from '../../server/http/validate.ts'
import type { Called } from '../harness/catalog.ts'
import { assertProblem } from '../register/scene.ts'

const contract = new Map(readContract().operations.map((read) => [read.id, read]))

/** An operation as the contract has it. */
export function contractOf(id: OperationId): ReadOperation {
  const read = contract.get(id)
  assert.ok(read, `${id} is in the contract`)
  return read
}

/** Asserts that the contract says an operation may answer with a code. */
export function assertListed(id: OperationId, code: ErrorCode): void {
  const codes = errorsOf(contractOf(id))
  assert.ok(codes.includes(code), `${id} answered ${code}, which its contract does not list`)
}

/** Asserts that an operation's answer is one of those in its contract, and no failure of the server. */
export function assertInContract(id: OperationId, called: Called): void {
  assert.ok(called.status < 500, JSON.stringify(called.body))
  if (called.status < 300) {
    validate(contractOf(id).operation.response, called.body, 'body')
    if (id === 'registerCheckpoints') assertItems(called.body)
    return
  }
  assertProblem(called)
  assertListed(id, called.body.code)
}

/** Each item of a batch is refused as it would be alone. */
function assertItems({ results }: Called['body']): void {
  for (const { problem } of results) {
    if (problem === undefined) continue
    assert.ok(problem.status < 500, JSON.stringify(problem))
    assertListed('registerCheckpoint', problem.code)
  }
}
