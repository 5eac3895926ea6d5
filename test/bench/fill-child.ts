import { pino } from 'pino'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import type { Principal } from '../../schema/grant.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { JobName, NamespaceName, Partition, RunId } from '../../schema/names.ts'
import { openCatalog, type Catalog } from '../../server/compose.ts'
import { declareLocally, parseConfig } from '../../server/main.ts'
import { openRun } from '../../server/recover/open-run.ts'
import { recordEnvironment } from '../../server/register/record-environment.ts'
import { registerCheckpoints } from '../../server/register/register-checkpoints.ts'
import { recordEvidence } from '../../server/verify/record-evidence.ts'
import { answerRequests, reportProgress } from './answer.ts'
import {
  CHAIN_JOB,
  chainedCheckpoints,
  checkpointAt,
  DEEP_COUNT,
  DEEP_JOB,
  deepCheckpointAt,
  environment,
  lineAt,
  LINE_COUNT,
  NAMESPACE,
  SKIPPED_COUNT,
  SKIPPED_JOB,
  skippedCheckpointAt,
  type Line,
  type Registrable,
} from './fixture.ts'

/** Fills a database through the log, in process: what a server would have recorded over months. */
export type FillRequest = {
  readonly env: Readonly<Record<string, string>>
} & (
  | { readonly do: 'open' }
  | { readonly do: 'recoveries' }
  | { readonly do: 'fill'; readonly from: number; readonly to: number }
)

/** One batch of the log. */
const BATCH_COUNT = 256
const PROGRESS_EVERY_COUNT = 50_000

const filler: Principal = { id: 'bench', grants: [{ verbs: ['append', 'verify'], on: '*/*' }] }
const namespace = NAMESPACE as NamespaceName

answerRequests<FillRequest>(async (request) => {
  const catalog = await openCatalog(parseConfig(request.env), { logger: pino({ level: 'error' }) })
  try {
    if (request.do === 'fill') await fill(catalog, request.from, request.to)
    else if (request.do === 'open') await openEverything(catalog)
    else await fillRecoveries(catalog)
  } finally {
    await catalog.close()
  }
})

/** The namespace, the environment, a run on every line, and the deep run with all its checkpoints. */
async function openEverything(catalog: Catalog): Promise<void> {
  await declareLocally(catalog, NAMESPACE)
  const text = canonicalize(environment)
  const input = { namespace, digest: digestOf(text), body: JSON.parse(text) as never }
  await recordEnvironment(catalog.context, filler, input)
  const lines = [
    { job: DEEP_JOB, partition: 'part-0', run: 'run-deep' },
    ...Array.from({ length: LINE_COUNT }, (_, number) => lineAt(number)),
  ]
  for (let from = 0; from < lines.length; from += BATCH_COUNT) {
    await Promise.all(lines.slice(from, from + BATCH_COUNT).map((line) => open(catalog, line)))
  }
  await register(catalog, DEEP_COUNT, deepCheckpointAt)
}

/** What makes a recovery hard: a chain of a thousand deltas, and ten thousand candidates that are passed over. */
async function fillRecoveries(catalog: Catalog): Promise<void> {
  const chain = [...chainedCheckpoints()]
  const [first] = chain
  if (first === undefined) throw new Error('a chain has a beginning')
  await open(catalog, { job: CHAIN_JOB, partition: 'part-0', run: 'run-chain' })
  await register(catalog, chain.length, (place) => chain[place] ?? first)
  await open(catalog, { job: SKIPPED_JOB, partition: 'part-0', run: 'run-skipped' })
  await register(catalog, SKIPPED_COUNT + 1, skippedCheckpointAt)
  await recordEvidence(catalog.context, filler, {
    namespace,
    digest: skippedCheckpointAt(0).digest,
    body: { finding: 'verified', outcome: 'passed', method: 'bench' },
  })
}

async function open({ context }: Catalog, line: Line): Promise<void> {
  await openRun(context, filler, {
    namespace,
    body: {
      job: line.job as JobName,
      partition: line.partition as Partition,
      run: line.run as RunId,
      resume: 'none',
    },
  })
}

async function fill(catalog: Catalog, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += PROGRESS_EVERY_COUNT) {
    const count = Math.min(PROGRESS_EVERY_COUNT, to - start)
    await register(catalog, count, (offset) => checkpointAt(start + offset))
    reportProgress(`${start + count} of ${to} checkpoints`)
  }
}

async function register(
  { context }: Catalog,
  count: number,
  at: (offset: number) => Registrable,
): Promise<void> {
  for (let from = 0; from < count; from += BATCH_COUNT) {
    const length = Math.min(BATCH_COUNT, count - from)
    const inputs = Array.from({ length }, (_, place) => inputOf(at(from + place)))
    const outcomes = await registerCheckpoints(context, filler, inputs)
    const refused = outcomes.find((outcome) => !outcome.ok)
    if (refused?.ok === false) throw refused.error
  }
}

function inputOf({ text, digest }: Registrable): {
  readonly namespace: NamespaceName
  readonly manifest: Manifest
  readonly text: string
  readonly digest: Digest
} {
  return { namespace, manifest: JSON.parse(text) as Manifest, text, digest }
}
