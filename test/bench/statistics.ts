/** The middle of some numbers; NaN for none. */
export function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((left, right) => left - right),
    0.5,
  )
}

/** A quantile of numbers that are in ascending order, interpolated; NaN for none. */
export function quantile(ascending: ArrayLike<number>, part: number): number {
  const place = (ascending.length - 1) * part
  const below = ascending[Math.floor(place)] ?? Number.NaN
  const above = ascending[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

/** How far the farthest value lies from the middle, as a part of the middle. */
export function variation(values: readonly number[]): number {
  const middle = median(values)
  return Math.max(0, ...values.map((value) => Math.abs(value - middle) / middle))
}
