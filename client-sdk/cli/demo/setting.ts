import { join } from 'node:path'
import { CatalogError, isCatalogError } from '../../../schema/errors.ts'
import type { CheckpointSummary } from '../../api.ts'
import { CatalogClient } from '../../client.ts'
import { openDiskReader, type BlobReader } from '../../stores/disk-reader.ts'
import { startCatalog, withoutSettings, type CatalogServer } from './catalog-server.ts'
import type { Narrator } from './narrator.ts'
import type { DemoS3 } from './s3/open-demo-s3.ts'
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
  /** The store of jobs that is not a folder, such as `s3://states/fares`. */
  readonly store: string | undefined
  /** What reads the states of jobs here. */
  readonly readers: readonly BlobReader[]
}

type Variables = Readonly<Record<string, string | undefined>>

/** What a setting is made of. */
export interface SettingOptions extends Pick<
  Setting,
  'workspace' | 'narrator' | 'seed' | 'partitions' | 'rowsPerSecond'
> {
  /** The environment of this process. */
  readonly variables: Variables
  /** Where jobs keep their states; a folder of the workspace when left out. */
  readonly s3?: DemoS3 | undefined
  /** The folders of blobs that the catalog knows; its own, or those of S3, when left out. */
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
  const { variables: given, s3, bucketsFile: folders, ...shared } = options
  const { workspace } = shared
  const variables = { ...given, ...s3?.variables }
  const bucketsFile = folders ?? (await s3?.writeBucketsFile(NAMESPACE))
  const settings: Record<string, string> =
    bucketsFile === undefined ? {} : { CAIRN_BUCKETS_FILE: bucketsFile }
  const start = (port: number) =>
    startCatalog(workspace, {
      dataDirectory: join(workspace.directory, 'catalog'),
      port,
      namespace: NAMESPACE,
      variables,
      settings,
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
      CAIRN_UPLOADS_DIR: join(workspace.directory, 'uploads'),
    },
    store: s3?.store,
    readers: s3 === undefined ? [openDiskReader()] : [s3.reader],
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

/** Steps that `latest` answers for a job, by partition. */
export async function latestSteps(
  setting: Setting,
  job: string,
): Promise<ReadonlyMap<string, number>> {
  const steps = new Map<string, number>()
  for (const partition of setting.partitions) {
    const latest = await findLatest(setting, job, partition)
    if (latest !== undefined) steps.set(partition, latest.step)
  }
  return steps
}
