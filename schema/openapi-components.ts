import { CatalogError } from './errors.ts'
import * as names from './names.ts'
import { parseSchema, type SchemaNode, type SchemaShape } from './openapi-schema.ts'
import { operations } from './operations.ts'
import type { Operation } from './operations/operation.ts'
import { Problem } from './problem.ts'

/** A schema as it stands in the document: JSON Schema 2020-12 with references to components. */
export type WrittenSchema = Readonly<Record<string, unknown>>

/** An operation whose schemas have been read. */
export interface ReadOperation {
  readonly id: string
  readonly operation: Operation
  readonly params: SchemaNode
  readonly query: SchemaNode
  readonly body?: SchemaNode
  readonly response: SchemaNode
}

/** The contract, read once: what {@link openapiDocument} and {@link renderClientTypes} write out. */
export interface Contract {
  readonly operations: readonly ReadOperation[]
  /** Every schema with a title, by title and in order of the alphabet. */
  readonly named: ReadonlyMap<string, SchemaNode>
}

/**
 * Reads every operation and collects the schemas that have a title.
 *
 * A title names one schema: uses may differ in description and default, which stay at the use.
 *
 * @throws {INTERNAL} a keyword is outside of the subset, or two different schemas share a title
 */
export function readContract(): Contract {
  const named = new Map<string, SchemaNode>()
  // The names go first, so that their own words win over those of a particular use.
  for (const [name, schema] of Object.entries(names)) collect(named, parseSchema(schema, name))
  const read = Object.entries(operations).map(([id, operation]) => readOperation(id, operation))
  for (const { params, query, body, response } of read) {
    for (const node of [params, query, body, response]) if (node) collect(named, node)
  }
  collect(named, parseSchema(Problem, 'Problem'))
  const sorted = [...named].toSorted(([left], [right]) => (left < right ? -1 : 1))
  return { operations: read, named: new Map(sorted) }
}

function readOperation(id: string, operation: Operation): ReadOperation {
  return {
    id,
    operation,
    params: parseSchema(operation.params, `${id}/params`),
    query: parseSchema(operation.query, `${id}/query`),
    ...(operation.body ? { body: parseSchema(operation.body, `${id}/body`) } : {}),
    response: parseSchema(operation.response, `${id}/response`),
  }
}

function collect(named: Map<string, SchemaNode>, node: SchemaNode): void {
  for (const child of childrenOf(node.shape)) collect(named, child)
  if (node.title === undefined) return
  const first = named.get(node.title)
  if (first === undefined) named.set(node.title, node)
  else if (JSON.stringify(substance(first)) !== JSON.stringify(substance(node))) {
    throw new CatalogError('INTERNAL', `Two different schemas have the title "${node.title}".`)
  }
}

/** The schemas directly within a shape. */
export function childrenOf(shape: SchemaShape): readonly SchemaNode[] {
  switch (shape.kind) {
    case 'array':
      return [shape.items]
    case 'object':
      return shape.members.map((member) => member.node)
    case 'map':
      return [shape.values]
    case 'union':
      return shape.options
    default:
      return []
  }
}

/** A schema where it is used: a reference when it has a title, with the words of this use beside it. */
export function writeUse(node: SchemaNode, named: Contract['named']): WrittenSchema {
  if (node.title === undefined) return { ...wordsOf(node), ...substance(node, named) }
  const own = named.get(node.title)
  return {
    $ref: `#/components/schemas/${node.title}`,
    ...(node.description === own?.description ? {} : { description: node.description }),
    ...('default' in node ? { default: node.default } : {}),
  }
}

/** A schema with a title, as a component. */
export function writeComponent(node: SchemaNode, named: Contract['named']): WrittenSchema {
  const { description } = wordsOf(node)
  return {
    title: node.title,
    ...(description === undefined ? {} : { description }),
    ...substance(node, named),
  }
}

function wordsOf(node: SchemaNode): { readonly description?: string; readonly default?: unknown } {
  return {
    ...(node.description === undefined ? {} : { description: node.description }),
    ...('default' in node ? { default: node.default } : {}),
  }
}

/** All of a schema but its words. */
function substance(node: SchemaNode, named: Contract['named'] = new Map()): WrittenSchema {
  const errorCode = node.errorCode === undefined ? {} : { 'x-error-code': node.errorCode }
  return { ...writeShape(node.shape, named), ...node.bounds, ...errorCode }
}

function writeShape(shape: SchemaShape, named: Contract['named']): WrittenSchema {
  switch (shape.kind) {
    case 'any':
      return {}
    case 'const':
      return { type: typeof shape.value, const: shape.value }
    case 'enum':
      return { type: 'string', enum: shape.values }
    case 'array':
      return { type: 'array', items: writeUse(shape.items, named) }
    case 'open-object':
      return { type: 'object', additionalProperties: true }
    case 'map':
      return {
        type: 'object',
        patternProperties: { [shape.grammar]: writeUse(shape.values, named) },
        additionalProperties: false,
      }
    case 'union':
      return { anyOf: shape.options.map((option) => writeUse(option, named)) }
    case 'object': {
      const required = shape.members.filter((member) => member.required).map(({ name }) => name)
      return {
        type: 'object',
        ...(required.length > 0 ? { required } : {}),
        properties: Object.fromEntries(
          shape.members.map(({ name, node }) => [name, writeUse(node, named)]),
        ),
        additionalProperties: false,
      }
    }
    default:
      return { type: shape.kind }
  }
}
