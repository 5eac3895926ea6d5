import { checkpointAt } from './fixture.ts'
import type { LoadClient, NextRequest } from './http-load.ts'
import { registration } from './requests.ts'
import { interleave, type Block, type Measure, type RoundOptions } from './rounds.ts'
import type { Session } from './session.ts'

/** A round writes at most this part of what is there, so that the size stays near what the table says. */
const GROWTH_MAX = 0.04
/** Fewer than this say nothing. */
const ROUND_MIN_COUNT = 3_000
/** More than this are not sent in a round. */
const ROUND_MAX_COUNT = 40_000

/** Registrations before any is timed: fewer leave code uncompiled that a server of a minute's age has compiled. */
const WARM_UP_COUNT = 10_000
const WARM_UP_MAX_MS = 20_000

export interface WriteOptions extends RoundOptions {
  readonly roundMs: number
  /** Also without authentication, without receipts, and with a transaction for each registration. */
  readonly withVariants: boolean
}

/** Most registrations of one round. */
export function roundCountOf({ filledCount }: Session): number {
  const count = Math.round(filledCount * GROWTH_MAX)
  return Math.min(Math.max(count, ROUND_MIN_COUNT), ROUND_MAX_COUNT)
}

/** Single registrations against the echo of the same body. */
export async function measureWrites(session: Session, options: WriteOptions): Promise<Block> {
  const { echo, hono, requests, registrations } = session
  const { roundMs, withVariants } = options
  const echoed = requests.post('/echo', registration(checkpointAt(session.filledCount)))
  const count = roundCountOf(session)
  const next = nextRegistration(session)
  const registering = (name: string, client: LoadClient): Measure => ({
    name,
    run: () => {
      registrations.prepare(count)
      return client.closedLoop(next, roundMs)
    },
  })
  const warmUp = async (client: LoadClient): Promise<void> => {
    registrations.prepare(WARM_UP_COUNT)
    await client.closedLoop(next, WARM_UP_MAX_MS)
  }
  await warmUp(session.catalog)
  const variants = withVariants ? await session.variants() : undefined
  // It runs code of its own, which has compiled nothing yet.
  if (variants !== undefined) await warmUp(variants.withoutReceipts)
  const measures: readonly Measure[] = [
    { name: 'echo', isReference: true, run: () => echo.closedLoop(() => echoed, roundMs) },
    { name: 'hono echo', run: () => hono.closedLoop(() => echoed, roundMs) },
    registering('register', session.catalog),
    ...(variants === undefined
      ? []
      : [
          registering('without auth', variants.withoutAuth),
          registering('without receipts', variants.withoutReceipts),
          registering('commit each', variants.commitEach),
        ]),
  ]
  return interleave(measures, options)
}

/** The next registration of a session, as long as some were made. */
export function nextRegistration({ requests, registrations }: Session): NextRequest {
  return () => {
    const checkpoint = registrations.take()
    return checkpoint === undefined ? undefined : requests.register(checkpoint)
  }
}
