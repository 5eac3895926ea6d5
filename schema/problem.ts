import { Type, type Static } from 'typebox'
import { errorCodes } from './errors.ts'
import type { Immutable } from './immutable.ts'

/**
 * The body of every refusal: RFC 9457 with our `code`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: 'A sentence that says what is wrong and what to do.' }),
    code: Type.Unsafe<keyof typeof errorCodes>({
      type: 'string',
      title: 'ErrorCode',
      enum: Object.keys(errorCodes),
    }),
    retryable: Type.Boolean(),
    requestId: Type.Optional(Type.String()),
    pointer: Type.Optional(
      Type.String({ description: 'RFC 6901 JSON pointer to what was refused.' }),
    ),
    facts: Type.Optional(
      Type.Unsafe<Readonly<Record<string, unknown>>>({
        type: 'object',
        description: 'What a program can act on, by code.',
        additionalProperties: true,
      }),
    ),
  },
  { title: 'Problem', additionalProperties: false },
)
export type Problem = Immutable<Static<typeof Problem>>
