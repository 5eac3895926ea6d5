import { checkpointAt, lineAt } from './fixture.ts'
import type { Sample } from './http-load.ts'
import { inTurn, latestPath } from './measure-reads.ts'
import { nextRegistration } from './measure-writes.ts'
import { registration } from './requests.ts'
import { interleave, type Block, type RoundOptions } from './rounds.ts'
import type { Session } from './session.ts'

/** The offered rate of writes, as a part of what the server can do. */
const LOAD_PART = 0.5
/** Lookups offered beside the writes: few, so that they find out about the writes and not about themselves. */
const LOOKUPS_PER_SECOND = 500
const LOOKUP_LINES_COUNT = 1_000

export interface TailOptions extends RoundOptions {
  readonly roundMs: number
  /** Registrations a second that the server reached at full load. */
  readonly maximumPerSecond: number
}

/**
 * Latency at half of the maximum rate, offered on a schedule: registrations beside echoes of the same
 * rate, and lookups with and without writes beside them.
 */
export async function measureTail(session: Session, options: TailOptions): Promise<Block> {
  const { echo, catalog, batches, requests, registrations } = session
  const { roundMs: durationMs } = options
  const perSecond = options.maximumPerSecond * LOAD_PART
  const count = Math.ceil((perSecond * durationMs) / 1_000)
  const echoed = requests.post('/echo', registration(checkpointAt(session.filledCount)))
  const latest = Array.from({ length: LOOKUP_LINES_COUNT }, (_, line) =>
    requests.get(latestPath(lineAt(line))),
  )
  const lookups = { perSecond: LOOKUPS_PER_SECOND, durationMs }
  const register = (): Promise<Sample> => {
    registrations.prepare(count)
    return catalog.openLoop(nextRegistration(session), { perSecond, durationMs })
  }
  return interleave(
    [
      {
        name: 'echo at half',
        isReference: true,
        run: () => echo.openLoop(() => echoed, { perSecond, durationMs }),
      },
      { name: 'register at half', run: register },
      { name: 'latest, idle', run: () => batches.openLoop(inTurn(latest), lookups) },
      {
        name: 'latest, while writing',
        run: async () => {
          const writing = register()
          const sample = await batches.openLoop(inTurn(latest), lookups)
          await writing
          return sample
        },
      },
    ],
    { ...options, steady: (sample) => sample.p50Ms },
  )
}
