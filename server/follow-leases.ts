import type { Catalog } from './compose.ts'
import { abandonExpired } from './register/abandon-expired.ts'

/** Between two looks for leases that have ended: what is left behind is listed so much later at most. */
const LOOK_EVERY_MS = 1_000

/** What ends reservations that nobody keeps alive any more. */
export interface LeaseFollower {
  /** Looks no more, and resolves when the last look has ended. */
  close(): Promise<void>
}

/** Records expired reservations as abandoned, from now on; several servers may do so side by side. */
export function followLeases({ context, logger }: Catalog): LeaseFollower {
  const onFailure = (error: unknown): void =>
    logger.warn({ err: error }, 'an expired reservation was not recorded')
  let looking: Promise<unknown> | undefined
  const timer = setInterval(() => {
    looking ??= abandonExpired(context, onFailure)
      .catch(onFailure)
      .finally(() => {
        looking = undefined
      })
  }, LOOK_EVERY_MS).unref()
  return {
    close: async () => {
      clearInterval(timer)
      await looking
    },
  }
}
