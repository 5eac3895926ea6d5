import {
  writeUse,
  type Contract,
  type ReadOperation,
  type WrittenSchema,
} from './openapi-components.ts'
import { isWrite, takesKey, writeProblems, type StatusOf } from './openapi-problems.ts'
import type { SchemaNode } from './openapi-schema.ts'
import type { OperationId } from './operations.ts'

/** Operations that make something of their own each time: 201. */
const making: ReadonlySet<string> = new Set<OperationId>(['openRun', 'recordEvidence'])

/** Operations that answer 201 when they record something and 200 when it was recorded before. */
const recording: ReadonlySet<string> = new Set<OperationId>([
  'recordEnvironment',
  'registerCheckpoint',
  'tombstoneCheckpoint',
])

/** The path items of the document, by path template. */
export function writePaths(contract: Contract, statusOf: StatusOf): WrittenSchema {
  const paths: Record<string, Record<string, WrittenSchema>> = {}
  for (const read of contract.operations) {
    const { path, method } = read.operation
    const item = (paths[path] ??= {})
    item[method.toLowerCase()] = writeOperation(read, contract.named, statusOf)
  }
  return paths
}

function writeOperation(
  read: ReadOperation,
  named: Contract['named'],
  statusOf: StatusOf,
): WrittenSchema {
  const { id, operation, body } = read
  const parameters = [
    ...writeParameters('path', read.params, named),
    ...writeParameters('query', read.query, named),
    ...(takesKey(read) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ...(operation.answer === 'bytes' ? [{ $ref: '#/components/parameters/IfNoneMatch' }] : []),
  ]
  return {
    operationId: id,
    summary: operation.summary,
    ...describe(read),
    tags: [operation.tag],
    ...(operation.verb === 'public' ? { security: [] } : { 'x-verb': operation.verb }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: writeUse(body, named) } },
          },
        }
      : {}),
    responses: { ...writeSuccess(read, named), ...writeProblems(read, statusOf) },
  }
}

function describe({ operation }: ReadOperation): { readonly description?: string } {
  const sentences = [
    ...(operation.description === undefined ? [] : [operation.description]),
    ...(operation.repeat === 'by-key'
      ? ['Repeating the request records again, unless both carry the same `Idempotency-Key`.']
      : []),
    ...(operation.bodyMaxBytes === undefined
      ? []
      : [`A body has at most ${operation.bodyMaxBytes.toLocaleString('en-US')} bytes.`]),
  ]
  return sentences.length > 0 ? { description: sentences.join(' ') } : {}
}

function writeParameters(
  where: 'path' | 'query',
  node: SchemaNode,
  named: Contract['named'],
): readonly WrittenSchema[] {
  if (node.shape.kind !== 'object') return []
  return node.shape.members.map((member) => ({
    name: member.name,
    in: where,
    ...(where === 'path' || member.required ? { required: true } : {}),
    ...(member.node.description === undefined ? {} : { description: member.node.description }),
    schema: writeUse({ ...member.node, ...ownWords(member.node, named) }, named),
  }))
}

/** A parameter's description stands on the parameter, so that its schema is the bare reference. */
function ownWords(node: SchemaNode, named: Contract['named']): Partial<SchemaNode> {
  const own = node.title === undefined ? undefined : named.get(node.title)?.description
  return own === undefined ? {} : { description: own }
}

function writeSuccess(read: ReadOperation, named: Contract['named']): WrittenSchema {
  const { id, operation } = read
  const content = writeContent(read, named)
  // Of a log that is stopped nothing but reads succeeds.
  const stopped =
    operation.method === 'GET' && operation.path.includes('{namespace}')
      ? { 'Cairn-Log-Stopped': { $ref: '#/components/headers/LogStopped' } }
      : {}
  const headers = Object.keys(stopped).length === 0 ? {} : { headers: stopped }
  if (operation.answer === 'bytes') {
    const tagged = { ETag: { $ref: '#/components/headers/ETag' }, ...stopped }
    const unchanged =
      operation.mayChange === true
        ? 'The caller has these bytes: nothing has changed.'
        : 'The caller has these bytes: they can never change.'
    return {
      200: { description: 'The exact bytes.', headers: tagged, content },
      304: { description: unchanged, headers: tagged },
    }
  }
  const recorded = { description: 'Recorded, and durable.', content }
  if (making.has(id)) return { 201: recorded }
  if (recording.has(id)) {
    return {
      200: { description: 'It was recorded before; nothing changed.', content },
      201: recorded,
    }
  }
  return { 200: isWrite(read) ? recorded : { description: 'The answer.', ...headers, content } }
}

/** Bytes that are no text have no schema: their media type says it all. */
function writeContent(read: ReadOperation, named: Contract['named']): WrittenSchema {
  const { contentType = 'application/json' } = read.operation
  if (contentType === 'application/octet-stream') return { [contentType]: {} }
  return { [contentType.replace(/;.*/, '')]: { schema: writeUse(read.response, named) } }
}
