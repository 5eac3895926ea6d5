/** No dots in a row, so that no name can be read as a path; lower case, so that no two differ by case alone. */
export const nameGrammar = '^[a-z0-9](?:[a-z0-9_-]|\\.(?!\\.)){0,127}$'

const namePattern = new RegExp(nameGrammar)

/** Whether a value is the name of a namespace, job or run. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && namePattern.test(value)
}
