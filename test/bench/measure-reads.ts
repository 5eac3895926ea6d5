import {
  DEEP_COUNT,
  deepCheckpointAt,
  digestAt,
  lineAt,
  LINE_COUNT,
  NAMESPACE,
  type Line,
} from './fixture.ts'
import type { NextRequest } from './http-load.ts'
import { interleave, type Block, type Measure, type RoundOptions } from './rounds.ts'
import type { Session } from './session.ts'

const prefix = `/v1/namespaces/${NAMESPACE}`
/** Distinct requests of each question; more than any cache of the catalog's keeps hot by accident. */
const QUESTION_COUNT = 4_000
/** A step through the lines that visits all of them, far from the one before. */
const LINE_STRIDE = 3_331

/** Everything that is read: each against the bare GET. */
export async function measureReads(
  session: Session,
  options: RoundOptions & { readonly roundMs: number },
): Promise<Block> {
  const { catalog, hono, requests } = session
  const lines = linesOf(session)
  const latest = lines.map(({ line }) => requests.get(latestPath(line)))
  const manifests = lines.map(({ digest }) =>
    requests.get(`${prefix}/checkpoints/${digest}/manifest`),
  )
  const questions: Readonly<Record<string, readonly Buffer[]>> = {
    latest,
    get: lines.map(({ digest }) => requests.get(`${prefix}/checkpoints/${digest}`)),
    'latest, manifest': latest.flatMap((request, place) => [request, manifests[place] ?? request]),
    plan: lines.map(({ line: { job, partition } }) =>
      requests.post(`${prefix}/recovery-plans`, JSON.stringify({ job, partition })),
    ),
    'list 50': lines.map(({ line: { job } }) =>
      requests.get(`${prefix}/checkpoints?job=${job}&limit=50`),
    ),
  }
  const ping = requests.get(`/ping/${NAMESPACE}/job-0000/part-0`)
  const measures: readonly Measure[] = [
    { name: 'ping', isReference: true, run: () => hono.closedLoop(() => ping, options.roundMs) },
    ...Object.entries(questions).map(([name, all]) => ({
      name,
      run: () => catalog.closedLoop(inTurn(all), options.roundMs),
    })),
  ]
  return interleave(measures, options)
}

/** A thousand ancestors against one latest, each asked one at a time. */
export async function measureLineage(
  { single, requests }: Session,
  options: RoundOptions & { readonly roundMs: number },
): Promise<Block> {
  const { digest } = deepCheckpointAt(DEEP_COUNT - 1)
  const depth = DEEP_COUNT - 1
  const lineage = requests.get(
    `${prefix}/checkpoints/${digest}/lineage?direction=ancestors&depth=${depth}&limit=${depth}`,
  )
  const latest = requests.get(latestPath(lineAt(0)))
  return interleave(
    [
      {
        name: 'latest, one at a time',
        isReference: true,
        run: () => single.closedLoop(() => latest, options.roundMs),
      },
      {
        name: `lineage, depth ${depth}`,
        run: () => single.closedLoop(() => lineage, options.roundMs),
      },
    ],
    options,
  )
}

/** Where the latest checkpoint of a line is asked for. */
export function latestPath({ job, partition }: Line): string {
  return `${prefix}/jobs/${job}/latest?partition=${partition}`
}

/** Requests one after the other, from the start again at the end. */
export function inTurn(all: readonly Buffer[]): NextRequest {
  let place = 0
  return () => {
    place = (place + 1) % all.length
    return all[place]
  }
}

/** Lines spread over the whole fixture, each with its newest checkpoint. */
function linesOf({ filledCount }: Session): readonly { line: Line; digest: string }[] {
  return Array.from({ length: QUESTION_COUNT }, (_, count) => {
    const number = (count * LINE_STRIDE) % LINE_COUNT
    const newest = number + LINE_COUNT * Math.floor((filledCount - 1 - number) / LINE_COUNT)
    return { line: lineAt(number), digest: digestAt(newest) }
  })
}
