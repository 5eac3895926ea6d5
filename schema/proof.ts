import { Type } from 'typebox'

/**
 * What the answer to a write proves its entry with; the same whenever the write is repeated, until the signing
 * keys change.
 *
 * @see https://c2sp.org/tlog-proof
 */
export const Proof = Type.String({
  description:
    "C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree head of the batch that it came with.",
})
