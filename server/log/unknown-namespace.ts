import { CatalogError } from '../../schema/errors.ts'

/** The refusal of every operation in a namespace that was never declared. */
export function unknownNamespace(namespace: string): CatalogError {
  return new CatalogError(
    'NAMESPACE_NOT_FOUND',
    `There is no namespace "${namespace}": declare it with PUT /v1/namespaces/${namespace}, or check the name.`,
  )
}
