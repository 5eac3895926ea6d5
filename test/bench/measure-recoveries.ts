import {
  CHAIN_JOB,
  lineAt,
  LONG_CHAIN_COUNT,
  NAMESPACE,
  SKIPPED_COUNT,
  SKIPPED_JOB,
} from './fixture.ts'
import { latestPath } from './measure-reads.ts'
import { interleave, type Block, type RoundOptions } from './rounds.ts'
import type { Session } from './session.ts'

const prefix = `/v1/namespaces/${NAMESPACE}`
const partition = 'part-0'

/** Latest and plans over a long chain and over many candidates that are passed over, each asked one at a time. */
export async function measureRecoveries(
  { single, requests }: Session,
  options: RoundOptions & { readonly roundMs: number },
): Promise<Block> {
  const plan = (body: object): Buffer =>
    requests.post(`${prefix}/recovery-plans`, JSON.stringify({ partition, ...body }))
  const latest = (job: string, query = ''): Buffer =>
    requests.get(`${prefix}/jobs/${job}/latest?partition=${partition}${query}`)
  const questions: Readonly<Record<string, Buffer>> = {
    [`latest, chain of ${LONG_CHAIN_COUNT}`]: latest(CHAIN_JOB),
    [`plan, chain of ${LONG_CHAIN_COUNT}`]: plan({ job: CHAIN_JOB }),
    [`latest, ${SKIPPED_COUNT} skipped`]: latest(SKIPPED_JOB, '&minGrade=verified'),
    [`plan, ${SKIPPED_COUNT} skipped`]: plan({ job: SKIPPED_JOB, minGrade: 'verified' }),
    [`plan, ${SKIPPED_COUNT} too new`]: plan({ job: SKIPPED_JOB, maxStep: 0 }),
  }
  const ordinary = requests.get(latestPath(lineAt(0)))
  return interleave(
    [
      {
        name: 'latest, one at a time',
        isReference: true,
        run: () => single.closedLoop(() => ordinary, options.roundMs),
      },
      ...Object.entries(questions).map(([name, question]) => ({
        name,
        run: () => single.closedLoop(() => question, options.roundMs),
      })),
    ],
    options,
  )
}
