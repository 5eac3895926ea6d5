import { formatCount } from '../quantity.ts'
import type { Screen } from '../screen.ts'
import { findFlights, readDataVersion } from './job/flights.ts'
import { trainingParameters } from './job/parameters.ts'

/**
 * Says what is about to happen.
 *
 * @throws {CONFIG_INVALID} the data is not installed
 */
export async function introduce(
  screen: Screen,
  { seed, rowsPerSecond }: { readonly seed: string; readonly rowsPerSecond: number },
): Promise<readonly string[]> {
  const version = await readDataVersion(findFlights().manifest)
  const { weightCount, epochCount, batchRows } = trainingParameters
  const weights = weightCount.toLocaleString('en-US')
  const pace = rowsPerSecond.toLocaleString('en-US')
  return [
    screen.style('bold', 'Cairn: a job that is killed, and does not mind'),
    '',
    `One process for each part of the day learns which US flights arrive late`,
    `(200,000 flights of vega-datasets ${version}): logistic regression, ${weights} weights,`,
    `${formatCount(epochCount, 'epoch')} of random batches of ${batchRows} with dropout. Each saves its state several times`,
    `a second, full or as a delta. The pace is held at ${pace} rows a second, so that`,
    `there is something to kill. Seed ${seed} decides the training and every crash.`,
  ]
}
