import { CatalogError } from '../schema/errors.ts'
import { operationTable, type OperationId } from './api.ts'

/** A request, ready to be sent any number of times. */
export interface PreparedRequest {
  readonly operation: OperationId
  readonly method: string
  /** Path and query, from the first slash. */
  readonly path: string
  readonly body: string | undefined
  /** Whether the catalog needs a key to know a repeat. */
  readonly needsKey: boolean
}

/**
 * Builds the request of an operation from its input.
 *
 * @throws {INVALID_NAME} a member of the path is missing, or would lead to another path
 */
export function prepareRequest(
  operation: OperationId,
  input: Readonly<Record<string, unknown>>,
  body?: string,
): PreparedRequest {
  const { method, path, tail, repeat } = operationTable[operation]
  const query = new Map(Object.entries(input))
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    query.delete(name)
    const isTail = tail === true && path.endsWith(`{${name}}`)
    return isTail ? pathTail(name, input[name]) : pathMember(name, input[name])
  })
  query.delete('body')
  const search = new URLSearchParams()
  for (const [name, value] of query) {
    if (value === undefined) continue
    search.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return {
    operation,
    method,
    path: search.size > 0 ? `${filled}?${search.toString()}` : filled,
    body,
    needsKey: repeat === 'by-key',
  }
}

function pathMember(name: string, value: unknown): string {
  // The names "." and ".." would be read as steps in the path, and an empty one as none.
  if (typeof value !== 'string' || /^\.{0,2}$/.test(value)) {
    throw new CatalogError(
      'INVALID_NAME',
      `"${name}" must be a name or a digest that is not empty.`,
    )
  }
  return encodeURIComponent(value).replaceAll('%3A', ':')
}

/** A member that spans several steps of the path, none of which may lead elsewhere. */
function pathTail(name: string, value: unknown): string {
  return String(value)
    .split('/')
    .map((step) => pathMember(name, step))
    .join('/')
}
