import { CatalogError } from '../../../schema/errors.ts'

/** Most parts of one upload. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const PARTS_MAX_COUNT = 10_000
/** Least bytes of a part that is not the last. */
export const PART_MIN_BYTES = 5 * 1024 * 1024
/** Most bytes of a part, and of an object that is put in one piece. */
export const PART_MAX_BYTES = 5 * 1024 * 1024 * 1024

/**
 * A content of unknown length is cut into parts of the base size until this many are sent; from there on each
 * part is this share of all before it. That is nearly 10 GiB of 8 MiB parts, and 9 TiB before the 10,000th part.
 */
const GROWTH_SHARE = 1_250

/** How a content is cut. */
export interface PartPlan {
  /** Size of a part in bytes, before it grows. */
  readonly partBytes: number
  /** Of the whole content, in bytes, where that is known. */
  readonly sizeBytes: number | undefined
}

/**
 * Size in bytes of the part that begins after so many: decided by nothing but the plan and the offset, so that
 * an interrupted upload is cut in the same places again.
 */
export function partSizeAt({ partBytes, sizeBytes }: PartPlan, offsetBytes: number): number {
  const wanted =
    sizeBytes === undefined
      ? Math.ceil(offsetBytes / GROWTH_SHARE)
      : Math.ceil(sizeBytes / PARTS_MAX_COUNT)
  return Math.min(PART_MAX_BYTES, Math.max(partBytes, wanted))
}

/**
 * Refuses a part beyond the last that S3 takes.
 *
 * @throws {BODY_TOO_LARGE} the content is too large for one object
 */
export function checkPartNumber(number: number): void {
  if (number <= PARTS_MAX_COUNT) return
  throw new CatalogError(
    'BODY_TOO_LARGE',
    `The content needs more than ${PARTS_MAX_COUNT} parts: raise "partBytes", or split the content.`,
  )
}
