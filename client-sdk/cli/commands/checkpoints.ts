import type { Checkpoint } from '../../api.ts'
import { checkpointColumns, checkpointFacts } from '../checkpoint-columns.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { entryColumns } from '../entry-columns.ts'
import { optional, required, toggle } from '../flag.ts'
import { readChoice, readCount, readDigest, readName, readText } from '../flag-values.ts'
import { asOf, listing, reportList } from '../listing.ts'
import type { Screen } from '../screen.ts'
import { write } from '../session.ts'
import { drawSkipped } from '../skipped.ts'
import { drawFacts } from '../table.ts'
import { jobFilter } from './runs.ts'

const digestPosition = required({ usage: '<digest>', summary: 'the checkpoint' }, readDigest)

const readStep = readCount(0, Number.MAX_SAFE_INTEGER)

const list = command({
  words: 'checkpoints list',
  summary: 'list checkpoints, newest first',
  heading: 'Records',
  takes: {
    ...jobFilter,
    run: optional({ usage: '--run <run>', summary: 'only this run' }, readName),
    kind: optional(
      { usage: '--kind <kind>', summary: 'full or delta' },
      readChoice('full', 'delta'),
    ),
    tier: optional(
      { usage: '--tier <tier>', summary: 'light or durable' },
      readChoice('light', 'durable'),
    ),
    environment: optional(
      { usage: '--environment <digest>', summary: 'made in this environment' },
      readDigest,
    ),
    minStep: optional({ usage: '--min-step <step>', summary: 'from this step' }, readStep),
    maxStep: optional({ usage: '--max-step <step>', summary: 'up to this step' }, readStep),
    label: optional({ usage: '--label <name=value>', summary: 'with this label' }, readText),
    tombstoned: toggle('--tombstoned', 'only withdrawn ones'),
    ...listing,
    asOf,
    ...connection,
  },
  run: async (session, values) => {
    const { job, partition, run, kind, tier, environment, minStep, maxStep } = values
    const client = await openClient(session, values)
    const query = defined({
      job,
      partition,
      run,
      kind,
      tier,
      environment,
      minStep,
      maxStep,
      // The catalog writes a label with a colon.
      label: values.label?.replace('=', ':'),
      tombstoned: values.tombstoned ? true : undefined,
      asOf: values.asOf,
    })
    return reportList(values, (limit) => client.checkpoints.list({ ...query, limit }), {
      columns: checkpointColumns,
      none: 'No checkpoints.',
    })
  },
})

const get = command({
  words: 'checkpoints get',
  summary: 'get a checkpoint and whether it is good',
  heading: 'Records',
  takes: { digest: digestPosition, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const found = await client.checkpoints.get(values.digest, defined({ asOf: values.asOf }))
    return { document: found, text: (screen) => drawCheckpoint(screen, found) }
  },
})

const manifest = command({
  words: 'checkpoints manifest',
  summary: "print a manifest's exact bytes, checked against the digest",
  heading: 'Records',
  takes: { digest: digestPosition, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const { bytes } = await client.checkpoints.manifest(values.digest)
    await write(session.output, bytes)
    // In a pipe there is nothing but the bytes, so that their digest can be checked there.
    if (session.output.isTTY === true) await write(session.output, '\n')
    return undefined
  },
})

const history = command({
  words: 'checkpoints history',
  summary: 'list everything recorded about a checkpoint, oldest first',
  heading: 'Records',
  takes: { digest: digestPosition, ...listing, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const { digest } = values
    return reportList(values, (limit) => client.checkpoints.history(digest, { limit }), {
      columns: entryColumns,
      none: 'Nothing recorded.',
    })
  },
})

function drawCheckpoint(screen: Screen, checkpoint: Checkpoint): string {
  const { good, why, tombstone } = checkpoint
  const facts = drawFacts(screen, [
    ...checkpointFacts(checkpoint),
    ['good', good ? 'yes' : 'no'],
    ['withdrawn', tombstone && `${tombstone.reason}, by ${tombstone.actor} at ${tombstone.at}`],
    ['successor', tombstone?.successor],
    ['note', tombstone?.note],
  ])
  return why === undefined ? facts : `${facts}\n\n${drawSkipped(screen, [why])}`
}

export const checkpointCommands = [list, get, manifest, history] as const
