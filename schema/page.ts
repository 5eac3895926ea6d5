import { Type, type TSchema } from 'typebox'
import { LogIndex } from './names.ts'

/** Most items of one page. */
export const PAGE_MAX_COUNT = 500
/** Items of a page when none are asked for. */
export const PAGE_DEFAULT_COUNT = 50

/** Query members of every list. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: PAGE_MAX_COUNT, default: PAGE_DEFAULT_COUNT }),
  ),
  cursor: Type.Optional(
    Type.String({
      description: '`next` of the page before; belongs to the same list and filters.',
      minLength: 1,
      maxLength: 1024,
    }),
  ),
}

/** Query member of every read: what was true when the log ended with this entry. */
export const asOfQuery = { asOf: Type.Optional(LogIndex) }

/** A keyset page of items; `next` is null on the last. */
export const pageOf = <Item extends TSchema>(item: Item, title: string) =>
  Type.Object(
    { items: Type.Array(item), next: Type.Union([Type.String(), Type.Null()]) },
    { title, additionalProperties: false },
  )
