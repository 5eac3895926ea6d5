import type { Receipt, Reservation } from '../../api.ts'
import { CatalogError } from '../../../schema/errors.ts'
import { openStore, s3Flags, STORE_USAGE } from '../blob-stores.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional, repeated, required, toggle } from '../flag.ts'
import { readChoice, readCount, readName, readText } from '../flag-values.ts'
import { asOf, listing, reportList } from '../listing.ts'
import { checkpointOf, manifestFlags } from '../manifest-flags.ts'
import { findRun, runReference } from '../run-reference.ts'
import type { Screen } from '../screen.ts'
import { storeFiles } from '../store-files.ts'
import { drawFacts } from '../table.ts'
import { jobFilter } from './runs.ts'

/** The catalog's own bounds. */
const WORLD_MAX_COUNT = 65_536
const LEASE_MAX_SECONDS = 3_600
/** Ranks that are shown; more only say the same. */
const SHOWN_MAX_COUNT = 20

const reservationPosition = required(
  { usage: '<reservation>', summary: 'what "cairn reserve" printed' },
  readName,
)
const { seeds, ...reservedFlags } = manifestFlags

const reserve = command({
  words: 'reserve',
  summary: 'reserve a checkpoint that several workers assemble',
  heading: 'Jobs',
  details:
    'Each worker then puts its part with "cairn shard", from wherever it runs; the last one registers the checkpoint. Every worker may reserve: the same again answers the same reservation. One without a sign of life for the length of its lease is abandoned.',
  takes: {
    ...runReference,
    worldSize: required(
      { usage: '--world-size <count>', summary: 'number of workers' },
      readCount(1, WORLD_MAX_COUNT),
    ),
    leaseSeconds: optional(
      { usage: '--lease <seconds>', summary: 'abandoned after so long without a sign; default 60' },
      readCount(1, LEASE_MAX_SECONDS),
    ),
    ...reservedFlags,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const run = client.runs.handle(await findRun(client, values))
    const { worldSize, leaseSeconds } = values
    const input = { ...checkpointOf({ ...values, seeds: [] }), worldSize }
    await using handle = await run.reserve(input, defined({ leaseSeconds }))
    const reservation = await handle.status()
    return { document: reservation, text: (screen) => drawReservation(screen, reservation) }
  },
})

const shard = command({
  words: 'shard',
  summary: "put one worker's part of a reserved checkpoint",
  heading: 'Jobs',
  details:
    'Puts the files into the store, keeps the reservation alive meanwhile, and puts the shard. The last one registers the checkpoint. Giving the same again is harmless.',
  takes: {
    reservation: reservationPosition,
    rank: required(
      { usage: '--rank <rank>', summary: "the worker's number, from 0" },
      readCount(0, WORLD_MAX_COUNT - 1),
    ),
    files: repeated(
      { usage: '--file <path...>', summary: 'files of the state, by their names' },
      readText,
    ),
    store: optional(
      { usage: '--store <store>', summary: `where their bytes go: ${STORE_USAGE}` },
      readText,
    ),
    seeds,
    keepOpen: toggle('--keep-open', 'leave the registration to "cairn finalize"'),
    ...s3Flags,
    ...connection,
  },
  run: async (session, values) => {
    const { files, store, rank } = values
    if (files.length > 0 && store === undefined) {
      throw new CatalogError('INVALID_REQUEST', '--store is missing: it says where the files go.')
    }
    const client = await openClient(session, values)
    await using handle = await client.reservations.open(values.reservation)
    const blobs =
      store === undefined
        ? []
        : await storeFiles(session, await openStore(session, store, values), files)
    const input = { blobs, ...(values.seeds.length === 0 ? {} : { seeds: values.seeds }) }
    const result = await handle.putShard(rank, input, { finalize: !values.keepOpen })
    return {
      document: result,
      text: (screen) => {
        if (result.status === 'registered') return drawReceipt(screen, result.receipt)
        const { shardCount, worldSize, digest } = result.shard
        return drawFacts(screen, [
          ['shard', digest],
          ['rank', rank],
          ['shards', `${shardCount} of ${worldSize}`],
        ])
      },
    }
  },
})

const finalize = command({
  words: 'finalize',
  summary: 'register a reserved checkpoint whose shards are all there',
  heading: 'Jobs',
  takes: { reservation: reservationPosition, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    await using handle = await client.reservations.open(values.reservation)
    const receipt = await handle.finalize()
    return { document: receipt, text: (screen) => drawReceipt(screen, receipt) }
  },
})

const abandon = command({
  words: 'reservations abandon',
  summary: 'give a reservation up',
  heading: 'Jobs',
  takes: {
    reservation: reservationPosition,
    note: optional({ usage: '--note <text>', summary: 'why, for people' }, readText),
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    await using handle = await client.reservations.open(values.reservation)
    const reservation = await handle.abandon(values.note)
    return { document: reservation, text: (screen) => drawReservation(screen, reservation) }
  },
})

const get = command({
  words: 'reservations get',
  summary: 'show a reservation, and which ranks are missing',
  heading: 'Jobs',
  takes: { reservation: reservationPosition, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const query = defined({ asOf: values.asOf })
    const reservation = await client.reservations.get(values.reservation, query)
    return { document: reservation, text: (screen) => drawReservation(screen, reservation) }
  },
})

const list = command({
  words: 'reservations list',
  summary: 'list reservations, newest first, and what abandoned ones left behind',
  heading: 'Jobs',
  details:
    'With --json, abandoned ones name the blobs that they left behind. A store that names objects by their content may keep one of them for another checkpoint too: remove only what no manifest refers to.',
  takes: {
    ...jobFilter,
    run: optional({ usage: '--run <run>', summary: 'only this run' }, readName),
    state: optional(
      { usage: '--state <state>', summary: 'open, finalized or abandoned' },
      readChoice('open', 'finalized', 'abandoned'),
    ),
    ...listing,
    asOf,
    ...connection,
  },
  run: async (session, values) => {
    const { job, partition, run, state } = values
    const client = await openClient(session, values)
    const query = defined({ job, partition, run, state, asOf: values.asOf })
    return reportList(values, (limit) => client.reservations.list({ ...query, limit }), {
      none: 'No reservations.',
      columns: [
        { title: 'OPENED', value: (row) => row.openedAt },
        { title: 'JOB', value: (row) => row.job, minWidth: 8 },
        { title: 'STEP', value: (row) => row.step, align: 'right' },
        { title: 'STATE', value: (row) => row.reason ?? row.state },
        { title: 'SHARDS', value: shardsOf, align: 'right' },
        { title: 'LEFT', value: (row) => row.blobCount, align: 'right' },
        { title: 'RESERVATION', value: (row) => row.reservation, ownLine: true },
      ],
    })
  },
})

function shardsOf({ state, shardCount = 0, worldSize }: Reservation): string {
  return `${state === 'finalized' ? worldSize : shardCount}/${worldSize}`
}

function drawReservation(screen: Screen, reservation: Reservation): string {
  const { missing = [] } = reservation
  const more = missing.length > SHOWN_MAX_COUNT ? ' …' : ''
  return drawFacts(screen, [
    ['reservation', reservation.reservation],
    ['run', reservation.run],
    ['step', reservation.step],
    ['state', reservation.reason ?? reservation.state],
    ['shards', shardsOf(reservation)],
    [
      'missing',
      missing.length === 0 ? undefined : `${missing.slice(0, SHOWN_MAX_COUNT).join(' ')}${more}`,
    ],
    ['lease until', reservation.leaseUntil],
    ['checkpoint', reservation.checkpoint],
    ['left behind', reservation.blobCount],
    ['note', reservation.note],
  ])
}

function drawReceipt(screen: Screen, receipt: Receipt): string {
  return drawFacts(screen, [
    ['registered', receipt.checkpoint],
    ['index', receipt.index],
    ['at', receipt.at],
  ])
}

export const reservationCommands = [reserve, shard, finalize, list, get, abandon] as const
