import { join } from 'node:path'
import { CatalogError, isCatalogError } from '../../../schema/errors.ts'
import type { CheckpointSummary } from '../../api.ts'
import { CatalogClient } from '../../client.ts'
import { startCatalog, withoutSettings, type CatalogServer } from './catalog-server.ts'
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
  readonly jobVariables: Variables
}

type Variables = Readonly<Record<string, string | undefined>>

/** What a setting is made of. */
export interface SettingOptions extends Pick<
  Setting,
  'workspace' | 'narrator' | 'seed' | 'partitions' | 'rowsPerSecond'
> {
  /** The environment of this process. */
  readonly variables: Variables
  /** The folders of blobs that the catalog knows; its own when left out. */
  readonly bucketsFile?: string
}

const NAMESPACE = 'demo'

/**
 * Starts a catalog in the workspace, and a client for it.
 *
 * @throws {STORAGE_UNAVAILABLE} the catalog did not start
 */
export async function openSetting(options: SettingOptions): Promise<{
  readonly setting: Setting
  readonly server: CatalogServer
  readonly token: string
}> {
  const { variables, bucketsFile, ...shared } = options
  const { workspace } = shared
  const start = (port: number) =>
    startCatalog(workspace, {
      dataDirectory: join(workspace.directory, 'catalog'),
      port,
      namespace: NAMESPACE,
      bucketsFile,
      variables,
    })
  const server = await start(0)
  const { url, token } = server
  if (token === undefined) {
    throw new CatalogError('STORAGE_UNAVAILABLE', 'The new catalog gave no token.')
  }
  const setting: Setting = {
    ...shared,
    catalog: new CatalogClient({ url, namespace: NAMESPACE, token }),
    namespace: NAMESPACE,
    restartCatalog: () => start(Number(new URL(url).port)),
    jobVariables: {
      ...withoutSettings(variables),
      CAIRN_URL: url,
      CAIRN_NAMESPACE: NAMESPACE,
      CAIRN_TOKEN: token,
    },
  }
  return { setting, server, token }
}

/** The latest good checkpoint of a partition; undefined when there is none yet. */
export async function findLatest(
  { catalog }: Pick<Setting, 'catalog'>,
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
