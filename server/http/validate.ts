import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { TSchema } from 'typebox'
import { CatalogError, isErrorCode, type ErrorCode } from '../../schema/errors.ts'

const ajv = new Ajv2020({
  strict: true,
  // A hostile body must not make a long list of errors.
  allErrors: false,
  // Gives errors the schema they come from, and with it our own code.
  verbose: true,
  // Inputs are hashed: nothing may be filled in, coerced or removed.
  useDefaults: false,
  coerceTypes: false,
  removeAdditional: false,
  allowUnionTypes: true,
})
ajv.addVocabulary(['x-error-code'])

const compiled = new WeakMap<TSchema, ValidateFunction>()

/**
 * Refuses a value that does not fit its schema.
 *
 * @throws {INVALID_TYPE | UNKNOWN_PROPERTY | INVALID_REQUEST} or the code that the schema names for itself
 */
export function validate(schema: TSchema, value: unknown, where: 'body' | 'query' | 'path'): void {
  let check = compiled.get(schema)
  if (check === undefined) {
    check = ajv.compile(schema)
    compiled.set(schema, check)
  }
  if (check(value)) return
  throw refusal(check.errors ?? [], where)
}

function refusal(errors: readonly ErrorObject[], where: string): CatalogError {
  const [error] = errors
  if (error === undefined) return new CatalogError('INVALID_REQUEST', `The ${where} is not valid.`)
  const pointer = pointerOf(error)
  const place = pointer === '' ? `The ${where}` : `${pointer} in the ${where}`
  const sentence = alternativesOf(errors).map(sentenceOf).join(' Or it ')
  return new CatalogError(codeOf(error), `${place} ${sentence}`, { detail: { pointer } })
}

/** What was wrong: one error, or one for each kind of value that may stand at the same place. */
function alternativesOf(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const union = errors.at(-1)
  if (union?.keyword !== 'anyOf') return errors.slice(0, 1)
  const own = errors.filter((error) => error.instancePath === union.instancePath)
  return own.length > 1 ? own.slice(0, -1) : errors.slice(0, 1)
}

function pointerOf(error: ErrorObject): string {
  const { missingProperty, additionalProperty } = error.params as Record<string, unknown>
  const name = missingProperty ?? additionalProperty
  if (typeof name !== 'string') return error.instancePath
  return `${error.instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function codeOf(error: ErrorObject): ErrorCode {
  const schema: Record<string, unknown> | undefined = error.parentSchema
  if (error.keyword === 'additionalProperties') return 'UNKNOWN_PROPERTY'
  // The code of a list is for too many items.
  if (error.keyword === 'minItems') return 'INVALID_REQUEST'
  if (error.keyword === 'required') {
    const { missingProperty } = error.params as { missingProperty: string }
    const properties = schema?.['properties'] as Record<string, Record<string, unknown>> | undefined
    const property = properties?.[missingProperty]
    if (property?.['type'] === 'array') return 'INVALID_REQUEST'
    return declaredCode(property) ?? 'INVALID_REQUEST'
  }
  if (error.keyword === 'type') {
    // A missing version is often written as JSON null.
    return error.data === null ? (declaredCode(schema) ?? 'INVALID_TYPE') : 'INVALID_TYPE'
  }
  return declaredCode(schema) ?? 'INVALID_REQUEST'
}

function declaredCode(schema: Record<string, unknown> | undefined): ErrorCode | undefined {
  const code = schema?.['x-error-code']
  return isErrorCode(code) ? code : undefined
}

function sentenceOf(error: ErrorObject): string {
  const schema = error.parentSchema as { description?: string } | undefined
  switch (error.keyword) {
    case 'required':
      return 'is missing: add it.'
    case 'additionalProperties':
      return 'is not a known property: drop it, or check its spelling.'
    case 'enum':
      return `must be one of ${JSON.stringify((error.params as { allowedValues: unknown }).allowedValues)}.`
    case 'maxItems':
      return `has too many items: ${(error.params as { limit: number }).limit} is the most; send the rest in another request.`
    default:
      return `${error.message ?? 'is not valid'}.${schema?.description === undefined ? '' : ` ${schema.description}`}`
  }
}
