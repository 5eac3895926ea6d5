import { encodeFeatures, FEATURE_COUNT } from './features.ts'
import type { Flights } from './flights.ts'
import type { TimeWindow, TrainingParameters } from './parameters.ts'

/** Flights as the model sees them. */
export interface Rows {
  readonly rowCount: number
  /** `FEATURE_COUNT` places of weights for each row. */
  readonly places: Uint32Array
  /** 1 for a late flight. */
  readonly late: Uint8Array
}

/** One flight of eight is never trained on. */
const HELD_OUT_EVERY = 8

/** Takes the flights of a part of the day, and holds some of them out for judging the model. */
export function selectRows(
  flights: Flights,
  window: TimeWindow,
  parameters: Pick<TrainingParameters, 'weightCount' | 'lateMinutes'>,
): { readonly training: Rows; readonly heldOut: Rows } {
  const chosen: number[] = []
  for (const [row, hour] of flights.hour.entries()) {
    if (hour >= window.fromHour && hour < window.toHour) chosen.push(row)
  }
  const isHeldOut = (order: number) => order % HELD_OUT_EVERY === HELD_OUT_EVERY - 1
  const encode = (rows: readonly number[]) => encodeRows(flights, rows, parameters)
  return {
    training: encode(chosen.filter((_, order) => !isHeldOut(order))),
    heldOut: encode(chosen.filter((_, order) => isHeldOut(order))),
  }
}

function encodeRows(
  flights: Flights,
  rows: readonly number[],
  { weightCount, lateMinutes }: Pick<TrainingParameters, 'weightCount' | 'lateMinutes'>,
): Rows {
  const places = new Uint32Array(rows.length * FEATURE_COUNT)
  const late = new Uint8Array(rows.length)
  for (const [order, row] of rows.entries()) {
    const hour = flights.hour[row] ?? 0
    const distanceMiles = flights.distanceMiles[row] ?? 0
    places.set(encodeFeatures({ hour, distanceMiles }, weightCount), order * FEATURE_COUNT)
    late[order] = (flights.delayMinutes[row] ?? 0) > lateMinutes ? 1 : 0
  }
  return { rowCount: rows.length, places, late }
}
