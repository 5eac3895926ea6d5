import type { Digest } from '../api.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { CatalogClient } from '../client.ts'
import type { RunIdentity } from '../run.ts'
import { optional } from './flag.ts'
import { readDigest, readName, readText } from './flag-values.ts'
import { readJsonInput } from './input-file.ts'

/** The flags that say which open run is meant. */
export const runReference = {
  run: optional({ usage: '--run <run>', summary: 'the run; asks the catalog about it' }, readName),
  runFile: optional(
    {
      usage: '--run-file <path>',
      summary: 'what "cairn resume --json" printed, instead of --run; asks nobody',
    },
    readText,
  ),
}

/** How a command line names a run. */
export interface RunReference {
  readonly run: string | undefined
  readonly runFile: string | undefined
}

/**
 * What a run's handle needs, from the file of the run, or else from the catalog.
 *
 * @throws {INVALID_REQUEST} neither or both are given, or the file says nothing of a run
 * @throws {RUN_NOT_FOUND} the catalog does not know it
 */
export async function findRun(
  client: CatalogClient,
  { run, runFile }: RunReference,
): Promise<RunIdentity> {
  if ((run === undefined) === (runFile === undefined)) {
    throw new CatalogError('INVALID_REQUEST', 'Give either --run or --run-file.')
  }
  if (run !== undefined) return await client.runs.get(run)
  const identity = parseRunDocument(await readJsonInput(runFile ?? ''))
  if (identity !== undefined) return identity
  throw new CatalogError(
    'INVALID_REQUEST',
    `${runFile ?? ''} says nothing of a run: give what "cairn resume --json" or "cairn runs get --json" printed.`,
  )
}

/** Reads a run, or what holds one as `run`. */
function parseRunDocument(document: unknown): RunIdentity | undefined {
  if (typeof document !== 'object' || document === null || !('run' in document)) return undefined
  if (typeof document.run === 'object') return parseRunDocument(document.run)
  const { run, job, partition, attempt, environment } = document as Readonly<
    Record<string, unknown>
  >
  if (typeof run !== 'string' || typeof job !== 'string' || typeof partition !== 'string') {
    return undefined
  }
  if (!Number.isSafeInteger(attempt)) return undefined
  const fingerprint: { readonly environment?: Digest } =
    typeof environment === 'string' ? { environment: readDigest(environment) } : {}
  return { run, job, partition, attempt: Number(attempt), ...fingerprint }
}
