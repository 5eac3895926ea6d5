import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf } from '../../client-sdk/document-digest.ts'
import {
  findFlights,
  loadFlights,
  parseFlights,
  readDataVersion,
} from '../../client-sdk/cli/demo/job/flights.ts'
import { timeWindows, trainingParameters } from '../../client-sdk/cli/demo/job/parameters.ts'
import { selectRows } from '../../client-sdk/cli/demo/job/rows.ts'

const digest = digestOf('')

test('the public flights are there, pinned by version and digest, and every partition has its share', async () => {
  const { file, manifest } = findFlights()
  const flights = await loadFlights(file)
  assert.match(await readDataVersion(manifest), /^\d+\.\d+\.\d+$/)
  assert.match(flights.digest, /^sha256:[0-9a-f]{64}$/)
  const counts = timeWindows.map((window) => {
    const { training, heldOut } = selectRows(flights, window, trainingParameters)
    return training.rowCount + heldOut.rowCount
  })
  assert.equal(flights.rowCount, 200_000)
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    flights.rowCount,
  )
  assert.ok(Math.min(...counts) > 40_000)
})

test('what is no list of flights is refused', () => {
  const refused = { code: 'INVALID_REQUEST' }
  assert.throws(() => parseFlights({ delay: 1 }, digest), refused)
  assert.throws(() => parseFlights([null], digest), refused)
  assert.throws(() => parseFlights([{ delay: 1, distance: 2 }], digest), refused)
  assert.throws(() => parseFlights([{ delay: 1, distance: 2, time: 24 }], digest), refused)
})
