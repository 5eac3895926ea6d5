import type { Contract, ReadOperation } from './openapi-components.ts'
import type { SchemaMember, SchemaNode } from './openapi-schema.ts'

/** The members of an operation's input: those of the path, those of the query, and the body. */
export function operationMembers(read: ReadOperation): readonly SchemaMember[] {
  const { params, query, body } = read
  return [
    ...membersOf(params),
    ...membersOf(query),
    ...(body ? [{ name: 'body', required: true, node: body }] : []),
  ]
}

function membersOf(node: SchemaNode): readonly SchemaMember[] {
  return node.shape.kind === 'object' ? node.shape.members : []
}

/** What is so for most operations is left out, as the table is shipped to browsers. */
const rowType = `/** How an operation is sent. */
export interface OperationRow {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Template with members of the input in braces; the others, but for the body, go into the query. */
  readonly path: string
  /** Whether the last member of the path may hold slashes. Default: it may not. */
  readonly tail?: true
  /** \`by-key\`: only a key makes a repeat safe. Default: it is safe by its own nature. */
  readonly repeat?: 'by-key'
  /** \`bytes\`: exact bytes. Default: JSON. */
  readonly answer?: 'bytes'
}
`

/** The operations as the SDK's transport needs them. */
export function renderOperationTable(contract: Contract): string {
  const rows = contract.operations.map((read) => {
    const { method, path, tail, repeat, answer } = read.operation
    const row = {
      method,
      path,
      ...(tail === undefined ? {} : { tail }),
      ...(repeat === 'safe' ? {} : { repeat }),
      ...(answer === 'json' ? {} : { answer }),
    }
    return `${read.id}: ${JSON.stringify(row)},`
  })
  return `${rowType}
/** How each operation is sent. */
export const operationTable: Readonly<Record<OperationId, OperationRow>> = {
${rows.join('\n')}
}
`
}
