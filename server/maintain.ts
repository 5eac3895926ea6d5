import { CatalogError } from '../schema/errors.ts'
import { isName } from '../schema/name-grammar.ts'
import type { NamespaceName } from '../schema/names.ts'
import { parseVerifierKey, type VerifierKey } from '../schema/transparency/verifier-key.ts'
import { findCatalogSigner, openCatalog, projections, type Catalog } from './compose.ts'
import type { Config } from './config.ts'
import { checkCatalog, type CatalogVerdict } from './inspect/check-catalog.ts'
import { checkSigned } from './inspect/check-signed.ts'
import { readTreeHead } from './log/read-tiles.ts'
import { exportLog, type MoveProgress } from './move/export-log.ts'
import { importLog, type Imported } from './move/import-log.ts'
import { repairLog, type LogFiles, type Repaired } from './move/repair-log.ts'
import { backupSqlite, type BackupProgress } from './store/backup-sqlite.ts'
import { openSnapshot, type Snapshot } from './store/open-snapshot.ts'

type OnProgress = (progress: MoveProgress) => void

/**
 * A namespace as one verifiable file, piece by piece; servers may go on meanwhile.
 *
 * @throws {NAMESPACE_NOT_FOUND | INVALID_NAME | STORAGE_UNAVAILABLE | CONFIG_INVALID}
 */
export async function* exportNamespace(
  config: Config,
  namespace: string,
  onProgress: OnProgress,
): AsyncGenerator<Uint8Array> {
  const catalog = await openCatalog(config)
  try {
    const { db, signer } = catalog.context
    yield* exportLog({ db, signer }, parseNamespace(namespace), onProgress)
  } finally {
    await catalog.close()
  }
}

/**
 * Loads an export into a catalog that does not have its namespace; whole and proven, or not at all.
 *
 * @param keys Verifier keys, one of which must have signed the head; none: those of the file itself.
 * @throws {COPY_CORRUPT | NAMESPACE_NOT_EMPTY | LOG_ROLLED_BACK | INVALID_REQUEST}
 */
export async function importExport(
  config: Config,
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly keys: readonly string[]; readonly onProgress: OnProgress },
): Promise<Imported> {
  const keys = options.keys.map(parseKey)
  const { onProgress } = options
  return withCatalog(config, ({ database, context: { signer, nowMs } }) =>
    importLog(chunks, { database, projections, signer, keys, onProgress, nowMs }),
  )
}

/**
 * Lets the signer go on from a database whose memory is lost, because its operator says that it is the newest; or
 * from one whose newest entries are lost for good, because its operator gives up exactly so many.
 *
 * @throws {NAMESPACE_NOT_FOUND | INVALID_NAME | INVALID_REQUEST | CONFIG_INVALID}
 */
export async function rememberLog(
  config: Config,
  namespace: string,
  lostCount = 0,
): Promise<{ readonly origin: string; readonly size: number; readonly lostCount: number }> {
  return withCatalog(config, async ({ context: { db, signer } }) => {
    const name = parseNamespace(namespace)
    const head = await readTreeHead(db, name)
    await signer.adopt(name, head, lostCount)
    return { origin: signer.originOf(name), size: head.size, lostCount }
  })
}

/** Where the entries that a log has lost are taken from. */
export type RepairSource =
  | { readonly kind: 'published'; readonly log: LogFiles }
  | { readonly kind: 'export'; readonly chunks: AsyncIterable<Uint8Array> }

/**
 * Adds to a log what a restored database has lost, from published tiles or an export that this catalog's key
 * has signed; the whole of it or nothing. It may write while servers refuse to.
 *
 * @throws {COPY_CORRUPT | DOCUMENT_MISSING | LOG_INDEX_OUT_OF_RANGE | LOG_ROLLED_BACK | LOG_CORRUPT}
 */
export async function repairNamespace(
  config: Config,
  source: RepairSource,
  options: { readonly namespace: string; readonly onProgress: OnProgress },
): Promise<Repaired> {
  const namespace = parseNamespace(options.namespace)
  const { onProgress } = options
  return withCatalog(config, async ({ database, context: { signer, nowMs } }) => {
    const target = { database, projections, signer, onProgress, nowMs }
    if (source.kind === 'published') return repairLog(source.log, { ...target, namespace })
    const keys = signer.verifierKeys(namespace)
    return importLog(source.chunks, { ...target, keys, continues: namespace })
  })
}

/** What a check came to, and whether the signer's memory was asked too. */
export interface InspectedCatalog extends CatalogVerdict {
  /** False where keys or memory are not on this machine: nobody can tell whether the database is the newest. */
  readonly isMemoryChecked: boolean
}

/**
 * Checks a catalog, or one namespace of it, at one moment and without changing anything.
 *
 * @throws {NAMESPACE_NOT_FOUND | INVALID_NAME | CONFIG_INVALID}
 */
export async function inspectCatalog(
  config: Config,
  options: {
    readonly namespace?: string | undefined
    readonly onProgress: (entryCount: number) => void
  },
): Promise<InspectedCatalog> {
  const { namespace, onProgress } = options
  const only = namespace === undefined ? {} : { namespace: parseNamespace(namespace) }
  const open = (): Promise<Snapshot> => openSnapshot(config.database)
  const verdict = await checkCatalog(open, { ...only, projections, onProgress })
  // Without namespaces there is nothing that could be missing, or a file that nothing can be read from.
  if (verdict.namespaces.length === 0) return { ...verdict, isMemoryChecked: false }
  const snapshot = await open()
  try {
    const signer = await findCatalogSigner(config, snapshot.reader)
    if (signer === undefined) return { ...verdict, isMemoryChecked: false }
    const missing = await checkSigned(open, signer, verdict.namespaces)
    await signer.close()
    const findings = [...missing, ...verdict.findings]
    const findingCount = verdict.findingCount + missing.length
    return { ...verdict, ok: findingCount === 0, findings, findingCount, isMemoryChecked: true }
  } finally {
    await snapshot.close()
  }
}

/**
 * Copies the embedded database to a new file while servers use it.
 *
 * @throws {CONFIG_INVALID} the catalog is on PostgreSQL, or the file cannot be made
 */
export async function backupCatalog(
  { database }: Config,
  copy: string,
  onProgress: (progress: BackupProgress) => void,
): Promise<BackupProgress> {
  if (database.kind === 'sqlite') return backupSqlite(database.file, copy, onProgress)
  throw new CatalogError(
    'CONFIG_INVALID',
    'This catalog is on PostgreSQL, which cairn backup does not copy: use "cairn export" for a namespace, or pg_dump for the database.',
  )
}

async function withCatalog<Result>(
  config: Config,
  use: (catalog: Catalog) => Promise<Result>,
): Promise<Result> {
  const catalog = await openCatalog(config)
  try {
    return await use(catalog)
  } finally {
    await catalog.close()
  }
}

function parseNamespace(text: string): NamespaceName {
  const name: unknown = text
  if (isName(name)) return name as NamespaceName
  throw new CatalogError('INVALID_NAME', `"${text.slice(0, 128)}" is no name of a namespace.`)
}

function parseKey(text: string): VerifierKey {
  const key = parseVerifierKey(text)
  if (key.ok) return key.value
  throw new CatalogError('INVALID_REQUEST', `--key: ${key.findings[0]?.message}`)
}
