import { Type } from 'typebox'
import type { Json, JsonObject } from './canonical-json.ts'

/** Any JSON value; what RFC 8785 cannot write (NaN, lone surrogates, depth over 64) is refused later. */
export const JsonValue = Type.Unsafe<Json>({ title: 'JsonValue', description: 'Any JSON value.' })

/** A JSON object whose members the catalog keeps and compares, but does not interpret. */
export const JsonMap = Type.Unsafe<JsonObject>({
  type: 'object',
  title: 'JsonMap',
  description: 'A JSON object that the catalog keeps and compares, but does not interpret.',
  additionalProperties: true,
})
