import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { canonicalize, type Json, type JsonObject } from '../../schema/canonical-json.ts'
import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import { invalid, plainSchema } from '../../schema/format-schema.ts'

/** Most bytes of metadata that is checked: a bound on the time that a check takes. */
export const METADATA_MAX_BYTES = 64 * 1024
/** Compiled schemas that are kept; formats in use at a time are a handful. */
const CHECKS_MAX_COUNT = 64

const ajv = new Ajv2020({
  strict: true,
  allErrors: false,
  // Documents are hashed: nothing may be filled in, coerced or removed.
  useDefaults: false,
  coerceTypes: false,
  removeAdditional: false,
  allowUnionTypes: true,
  // Foreign schemas are let go of again, and nothing is fetched.
  addUsedSchema: false,
  logger: false,
})

/** Says why metadata does not fit a schema; undefined when it does. */
export type MetadataCheck = (metadata: Json) => string | undefined

const checks = new Map<Digest, MetadataCheck>()

/** The check of a schema that was compiled before. */
export function knownCheck(digest: Digest): MetadataCheck | undefined {
  return checks.get(digest)
}

/**
 * The check of a schema.
 *
 * @throws {FORMAT_SCHEMA_INVALID} the schema is none, or outside of what formats may use
 */
export function compileCheck(digest: Digest, schema: JsonObject): MetadataCheck {
  const known = checks.get(digest)
  if (known !== undefined) return known
  plainSchema(schema)
  const check = checkOf(compile(schema))
  const [oldest] = checks.keys()
  if (checks.size >= CHECKS_MAX_COUNT && oldest !== undefined) checks.delete(oldest)
  checks.set(digest, check)
  return check
}

function compile(schema: JsonObject): ValidateFunction {
  // A copy of its own, because ajv keeps what it compiled by identity until it is told to forget it.
  const own = structuredClone(schema)
  try {
    return ajv.compile(own)
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : 'unknown'
    throw invalid('', `is no JSON Schema that is strict: ${said}`)
  } finally {
    ajv.removeSchema(own)
  }
}

function checkOf(validate: ValidateFunction): MetadataCheck {
  return (metadata) => {
    const sizeBytes = Buffer.byteLength(canonicalize(metadata))
    if (sizeBytes > METADATA_MAX_BYTES) {
      return `has ${sizeBytes} bytes, and ${METADATA_MAX_BYTES} is the most where a format is published`
    }
    if (validate(metadata)) return undefined
    const [error] = validate.errors ?? []
    return `${error?.instancePath || 'as a whole'} ${error?.message ?? 'does not fit'}`
  }
}

/** The refusal of a manifest whose metadata does not fit its format. */
export function metadataMismatch(
  { name, version }: { readonly name: string; readonly version: string },
  why: string,
): CatalogError {
  return new CatalogError(
    'FORMAT_MISMATCH',
    `The metadata does not fit version "${version}" of the format "${name}": ${why}. Send what its schema asks for, or name the version that this is.`,
    { detail: { format: name, version } },
  )
}
