/** Features of a flight: each is one weight of the model that counts for it. */
export const FEATURE_COUNT = 5

const MINUTES_AN_HOUR = 60
const BIN_MINUTES = { fine: 5, coarse: 20 } as const
const BIN_MILES = { fine: 25, coarse: 100 } as const
/** Odd constants with well spread bits (from the golden ratio and the square roots of 2 and 3). */
const MIX = { kind: 0x9e3779b1, time: 0x6a09e667, distance: 0xbb67ae85 } as const

/** Which of the model's weights count for a flight: bias, time, distance, and time with distance, coarse and fine. */
export function encodeFeatures(
  flight: { readonly hour: number; readonly distanceMiles: number },
  weightCount: number,
): readonly [number, number, number, number, number] {
  const minute = Math.round(flight.hour * MINUTES_AN_HOUR)
  const time = Math.floor(minute / BIN_MINUTES.fine)
  const coarseTime = Math.floor(minute / BIN_MINUTES.coarse)
  const distance = Math.floor(flight.distanceMiles / BIN_MILES.fine)
  const coarseDistance = Math.floor(flight.distanceMiles / BIN_MILES.coarse)
  const place = (kind: number, first: number, second: number): number =>
    hash(kind, first, second) & (weightCount - 1)
  return [
    place(0, 0, 0),
    place(1, time, 0),
    place(2, 0, distance),
    place(3, coarseTime, coarseDistance),
    place(4, time, distance),
  ]
}

function hash(kind: number, first: number, second: number): number {
  const sum =
    Math.imul(kind + 1, MIX.kind) +
    Math.imul(first + 1, MIX.time) +
    Math.imul(second + 1, MIX.distance)
  const half = Math.imul(sum ^ (sum >>> 15), MIX.kind)
  return (half ^ (half >>> 13)) >>> 0
}
