import { parseArgs } from 'node:util'
import { isCatalogError } from '../../../schema/errors.ts'
import { trainPartition } from './job/train-partition.ts'

/** Faster than any machine trains. */
const UNTHROTTLED_ROWS_PER_SECOND = 1e9

const usage = `Usage: node train.ts --job NAME --partition HH-HH --directory FOLDER [--store STORE] [--seed TEXT] [--rows-per-second N]

Learns which flights arrive late, from time of day and distance, and keeps its checkpoints in a catalog:
CAIRN_URL, CAIRN_NAMESPACE and CAIRN_TOKEN say which. Start it again after a crash and it goes on.`

const { values } = parseArgs({
  options: {
    job: { type: 'string' },
    partition: { type: 'string' },
    directory: { type: 'string' },
    store: { type: 'string' },
    seed: { type: 'string', default: '1' },
    'rows-per-second': { type: 'string', default: String(UNTHROTTLED_ROWS_PER_SECOND) },
  },
})
const { job, partition, directory, seed, store } = values
const rowsPerSecond = Number(values['rows-per-second'])
const { CAIRN_URL: url, CAIRN_NAMESPACE: namespace = 'default', CAIRN_TOKEN: token } = process.env

if (!job || !partition || !directory || !url || !token || !(rowsPerSecond > 0)) {
  console.error(usage)
  process.exit(2)
}
const where = { url, token, namespace, directory, store, variables: process.env }
const what = { job, partition, seed }
// Whoever read the output has gone, and with it the reason to work.
process.stdout.on('error', () => process.exit(1))
try {
  await trainPartition({ ...where, ...what, rowsPerSecond }, (event) =>
    console.log(JSON.stringify(event)),
  )
} catch (error) {
  const known = isCatalogError(error)
  console.error(known ? `${error.code}: ${error.message}` : error)
  process.exitCode = 1
}
