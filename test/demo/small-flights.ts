import { digestOf } from '../../client-sdk/document-digest.ts'
import { parseFlights } from '../../client-sdk/cli/demo/job/flights.ts'
import {
  trainingParameters,
  type TrainingParameters,
} from '../../client-sdk/cli/demo/job/parameters.ts'
import { selectRows, type Rows } from '../../client-sdk/cli/demo/job/rows.ts'

/** Few weights and small batches: every step of two epochs is seen in milliseconds. */
export const smallParameters: TrainingParameters = {
  ...trainingParameters,
  epochCount: 2,
  batchRows: 16,
  weightCount: 512,
}

/** Flights that look random and are the same every time; later ones are late more often. */
export function smallRows(): { readonly training: Rows; readonly heldOut: Rows } {
  const flights = Array.from({ length: 400 }, (_, row) => {
    const time = (row * 7.31) % 24
    return { delay: ((row * 37) % 60) + time - 35, distance: 100 + ((row * 131) % 2000), time }
  })
  const window = { partition: '00-24', fromHour: 0, toHour: 24 }
  return selectRows(parseFlights(flights, digestOf('flights')), window, smallParameters)
}
