import { isCatalogError } from '../../../schema/errors.ts'
import type { CheckpointSummary } from '../../api.ts'
import type { CatalogClient } from '../../client.ts'
import type { CatalogServer } from './catalog-server.ts'
import type { Narrator } from './narrator.ts'
import type { Workspace } from './workspace.ts'

/** What all phases of a demonstration share. */
export interface Setting {
  readonly workspace: Workspace
  readonly catalog: CatalogClient
  readonly namespace: string
  /** Starts the catalog again where it was, when it has been killed. */
  readonly restartCatalog: () => Promise<CatalogServer>
  readonly narrator: Narrator
  readonly seed: string
  readonly partitions: readonly string[]
  readonly rowsPerSecond: number
  /** The environment of jobs. */
  readonly jobVariables: Readonly<Record<string, string | undefined>>
}

/** The latest good checkpoint of a partition; undefined when there is none yet. */
export async function findLatest(
  { catalog }: Setting,
  job: string,
  partition: string,
): Promise<CheckpointSummary | undefined> {
  try {
    return (await catalog.recovery.latest({ job, partition })).checkpoint
  } catch (error) {
    const isNone =
      isCatalogError(error) && ['NO_GOOD_CHECKPOINT', 'JOB_NOT_FOUND'].includes(error.code)
    if (isNone) return undefined
    throw error
  }
}
