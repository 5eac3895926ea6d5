import type { Ownership, RecoveryPlan } from '../api.ts'
import type { CatalogClient } from '../client.ts'
import type { RunHandle } from '../run.ts'

/** A state to restore, and the run that goes on from it. */
export interface Candidate {
  readonly plan: RecoveryPlan
  readonly run?: RunHandle
}

/** To whom a restore is reported, and whose its bytes are then. */
export interface Reporting {
  readonly client: Pick<CatalogClient, 'recovery' | 'runs'>
  /** Default: `no-claim`. A `claim` needs the `run` that makes it. */
  readonly ownership: Ownership
}
