import { CatalogError } from '../../../schema/errors.ts'
import type { CheckpointSummary, Digest } from '../../api.ts'
import type { CatalogClient } from '../../client.ts'
import { nextToTry, spanOf, type BisectOutcome, type BisectOutcomes } from '../bisect-search.ts'
import { tryCheckpoint, type Trial, type Tried } from '../bisect-try.ts'
import { s3Flags } from '../blob-stores.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { repeated, required, toggle } from '../flag.ts'
import { readDigest, readText } from '../flag-values.ts'
import { plainText } from '../plain-text.ts'
import type { Screen } from '../screen.ts'
import { write, type Session } from '../session.ts'
import { drawFacts, drawTable } from '../table.ts'

/** Checkpoints that one search may lie between: they are kept in memory, some hundred bytes each. */
const CANDIDATES_MAX_COUNT = 100_000
const PAGE_COUNT = 500

export const bisect = command({
  words: 'bisect',
  summary: 'find the first bad checkpoint of a line with a command of yours',
  heading: 'Recovery',
  details:
    'Runs the command on checkpoints between the two, by halves, with CAIRN_CHECKPOINT, CAIRN_STEP, CAIRN_RUN, CAIRN_ATTEMPT, CAIRN_JOB, CAIRN_PARTITION and CAIRN_NAMESPACE set. As for "git bisect run", exit code 0 means good, 125 that it cannot be tried, any other up to 127 bad, and a higher one ends the search. Write "--" before the command.',
  takes: {
    good: required({ usage: '<good>', summary: 'a checkpoint that is good' }, readDigest),
    bad: required({ usage: '<bad>', summary: 'a later one of its line that is bad' }, readDigest),
    command: repeated({ usage: '<command...>', summary: 'what judges a checkpoint' }, readText),
    restore: toggle(
      '--restore',
      'restore each into a scratch folder first; CAIRN_STATE names it, and it is removed afterwards',
    ),
    ...s3Flags,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const line = await readCandidates(client, values.good, values.bad)
    const trial = { command: values.command, restore: values.restore, stores: values }
    const found = await search(session, client, { line, trial })
    return {
      document: found,
      hasFindings: found.firstBad === null,
      text: (screen) => drawFound(screen, found),
    }
  },
})

/** What was tried, and where the change is. */
interface Found {
  /** Null when candidates that could not be tried are left. */
  readonly firstBad: CheckpointSummary | null
  readonly lastGood: CheckpointSummary
  /** What may be the first bad one: the one that is, or it and those that could not be tried before it. */
  readonly suspects: readonly CheckpointSummary[]
  readonly tried: readonly (Tried & { readonly checkpoint: Digest; readonly step: number })[]
}

/**
 * The checkpoints from the good one to the bad one, both included, oldest first.
 *
 * @throws {INVALID_REQUEST} the good one is not on the line of the bad one, or not before it
 */
async function readCandidates(
  client: CatalogClient,
  good: Digest,
  bad: Digest,
): Promise<readonly CheckpointSummary[]> {
  const [from, to] = [await client.checkpoints.get(good), await client.checkpoints.get(bad)]
  const steps = { minStep: from.step, maxStep: to.step, limit: PAGE_COUNT }
  const found: CheckpointSummary[] = []
  for await (const checkpoint of client.lineage.line(to.run, steps)) {
    if (found.length === 0 && checkpoint.checkpoint !== good) continue
    if (found.length === CANDIDATES_MAX_COUNT) throw tooMany()
    found.push(checkpoint)
    if (checkpoint.checkpoint === bad) break
  }
  if (found.length > 1 && found.at(-1)?.checkpoint === bad) return found
  throw new CatalogError(
    'INVALID_REQUEST',
    `${good} is not before ${bad} on its line: "cairn lineage ${bad}" shows what is.`,
  )
}

async function search(
  session: Session,
  client: CatalogClient,
  { line, trial }: { readonly line: readonly CheckpointSummary[]; readonly trial: Trial },
): Promise<Found> {
  const outcomes: (BisectOutcome | undefined)[] = line.map(() => undefined)
  outcomes[0] = 'good'
  outcomes[line.length - 1] = 'bad'
  const tried: Found['tried'][number][] = []
  for (;;) {
    const place = nextToTry(outcomes)
    const checkpoint = place === undefined ? undefined : line[place]
    if (place === undefined || checkpoint === undefined) break
    const said = await tryOne(session, client, { checkpoint, trial })
    outcomes[place] = said.outcome
    tried.push({ checkpoint: checkpoint.checkpoint, step: checkpoint.step, ...said })
    const { good, bad } = spanOf(outcomes)
    const text = `step ${checkpoint.step} is ${wordOf(said)}; ${bad - good - 1} left between\n`
    await write(session.errors, text)
  }
  return foundIn(line, { outcomes, tried })
}

/** What was withdrawn is not tried: its bytes may be gone. */
async function tryOne(
  session: Session,
  client: CatalogClient,
  asked: { readonly checkpoint: CheckpointSummary; readonly trial: Trial },
): Promise<Tried> {
  if (asked.checkpoint.tombstoned) return { outcome: 'skip', why: 'it was withdrawn' }
  return await tryCheckpoint(session, client, asked)
}

function foundIn(
  line: readonly CheckpointSummary[],
  { outcomes, tried }: Pick<Found, 'tried'> & { readonly outcomes: BisectOutcomes },
): Found {
  const { good, bad } = spanOf(outcomes)
  const suspects = line.slice(good + 1, bad + 1)
  const lastGood = line[good]
  if (lastGood === undefined) throw new Error('a line begins with a good checkpoint')
  return { firstBad: bad - good === 1 ? (line[bad] ?? null) : null, lastGood, suspects, tried }
}

const wordOf = ({ outcome, why }: Tried): string =>
  outcome === 'skip' ? `skipped${why === undefined ? '' : ` (${plainText(why)})`}` : outcome

function drawFound(screen: Screen, { firstBad, lastGood, suspects }: Found): string {
  const facts = drawFacts(screen, [
    ['last good', `step ${lastGood.step}, ${lastGood.checkpoint}`],
    ['first bad', firstBad === null ? undefined : `step ${firstBad.step}, ${firstBad.checkpoint}`],
    ['of run', firstBad?.run],
  ])
  if (firstBad !== null) return facts
  const table = drawTable(
    screen,
    [
      { title: 'STEP', value: (row) => row.step, align: 'right' },
      { title: 'CHECKPOINT', value: (row) => row.checkpoint, ownLine: true },
      { title: 'RUN', value: (row) => row.run, minWidth: 12 },
    ],
    suspects,
  )
  return `${facts}\n\nThe first bad one is one of these, which could not all be tried:\n${table}`
}

const tooMany = (): CatalogError =>
  new CatalogError(
    'INVALID_REQUEST',
    `More than ${CANDIDATES_MAX_COUNT} checkpoints lie between the two: name some that are closer.`,
  )
