import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import { migrations } from '../migrations/index.ts'
import { CatalogError } from '../schema/errors.ts'
import type { NamespaceName } from '../schema/names.ts'
import { eitherOf, openIssuers } from './auth/issuers.ts'
import { openLocalKey, type LocalKey } from './auth/local-key.ts'
import type { BucketConfig, Config, DatabaseConfig } from './config.ts'
import type { Context } from './context.ts'
import type { VerifyToken } from './http/authenticate.ts'
import { auditProjection } from './audit/projection.ts'
import { lineageProjection } from './lineage/projection.ts'
import { openCosignatures } from './cosign/cosignatures.ts'
import { openLog, type Log } from './log/open-log.ts'
import type { Projection } from './log/projection.ts'
import { proveConsistency } from './log/read-proofs.ts'
import { openResumeTokens, type ResumeTokens } from './signing/resume-tokens.ts'
import { openSignerMemory } from './signing/signer-memory.ts'
import { openSigner, type Signer } from './signing/signer.ts'
import { openLogKeys, readLogKeys } from './signing/signing-keys.ts'
import { readWitnessPolicy } from './cosign/witness-policy.ts'
import { readBucketsFile } from './read-buckets-file.ts'
import { policyProjection } from './policy/projection.ts'
import { recoverProjection } from './recover/projection.ts'
import { registerProjection } from './register/projection.ts'
import { retentionProjection } from './retention/projection.ts'
import { openBlobStores } from './store/blob-stores.ts'
import type { Database, Reader } from './store/database.ts'
import { migrate } from './store/migrate.ts'
import { openPostgres } from './store/open-postgres.ts'
import { openSqlite } from './store/open-sqlite.ts'
import { inspectRole } from './store/roles.ts'
import { verifyProjection } from './verify/projection.ts'

/** Every projection, in the order in which a replay applies them to an entry. */
export const projections: readonly Projection[] = [
  registerProjection,
  policyProjection,
  lineageProjection,
  verifyProjection,
  recoverProjection,
  retentionProjection,
  auditProjection,
]

/** An open catalog: what its operations use, and what its owner closes. */
export interface Catalog {
  readonly context: Context
  readonly database: Database
  readonly localKey: LocalKey
  readonly verifyToken: VerifyToken
  readonly logger: Logger
  /** Calls back with the namespace of every write of this process that has succeeded. */
  follow(follower: (namespace: NamespaceName) => void): void
  /** Ends what waits, then lets go of the database. */
  close(): Promise<void>
}

/** Standard output belongs to what a command answers. */
const STDERR = 2

/** What tests replace: the clock, randomness and where the log lines go. */
export interface Overrides {
  readonly nowMs?: () => number
  readonly logger?: Logger
}

/** Opens the database and brings it to the newest schema. */
export async function openDatabase(config: DatabaseConfig, nowMs = Date.now): Promise<Database> {
  const database = config.kind === 'sqlite' ? openSqlite(config.file) : openPostgres(config.url)
  try {
    await migrate(database, migrations, new Date(nowMs()))
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Opens everything a server needs: the one place where parts are put together.
 *
 * @throws {SCHEMA_UNKNOWN | STORAGE_UNAVAILABLE | CONFIG_INVALID}
 */
export async function openCatalog(config: Config, overrides: Overrides = {}): Promise<Catalog> {
  const nowMs = overrides.nowMs ?? Date.now
  const logger = overrides.logger ?? pino({ name: 'cairn' }, pino.destination(STDERR))
  const localKey = await openLocalKey(config.dataDirectory)
  const verifyToken =
    config.authFile === undefined
      ? (token: string) => localKey.verify(token)
      : eitherOf(localKey, openIssuers(config.authFile))
  const blobs = openBlobStores(bucketsOf(config))
  const { logPolicyFile } = config
  const witnesses = logPolicyFile === undefined ? undefined : readWitnessPolicy(logPolicyFile)
  const database = await openDatabase(config.database, nowMs)
  const { signer, tokens } = await openSigning(config, database, { nowMs: nowMs(), logger })
  const db = database.reader
  const cosignatures =
    witnesses &&
    openCosignatures({
      ...witnesses,
      db,
      signer,
      onFailure: (error) => logger.warn({ err: error }, 'a log was not cosigned'),
    })
  const followers: ((namespace: NamespaceName) => void)[] = []
  if (cosignatures !== undefined) followers.push(cosignatures.announce)
  const log = followedLog(
    openLog({
      database,
      projections,
      signer,
      nowMs,
      onFailure: (error) => logger.error({ err: error }, 'a batch failed'),
    }),
    followers,
  )
  await log.stopped
    .examineAll()
    .catch((error: unknown) => logger.error({ err: error }, 'the logs could not be looked at'))
  const newId = (): string => uuidV7(nowMs())
  const ending = new AbortController()
  const parts = { db, log, signer, tokens, blobs, cosignatures, ending: ending.signal }
  return {
    context: { ...parts, nowMs, newId, request: {} },
    database,
    localKey,
    verifyToken,
    logger,
    follow: (follower) => followers.push(follower),
    close: async () => {
      ending.abort()
      await log.close()
      await cosignatures?.close()
      await signer.close()
      await database.close()
    },
  }
}

/** What signs heads and resume tokens, once the database's role is found to be fit; lets go of the database otherwise. */
async function openSigning(
  config: Config,
  database: Database,
  { nowMs, logger }: { readonly nowMs: number; readonly logger: Logger },
): Promise<{ readonly signer: Signer; readonly tokens: ResumeTokens }> {
  try {
    await checkRole(database, logger)
    const signer = await openCatalogSigner(config, database.reader, nowMs)
    return { signer, tokens: openResumeTokens(openLogKeys(config.logKeys, nowMs)) }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** The buckets of the file, or the folder beside the database. */
function bucketsOf({ bucketsFile, dataDirectory }: Config): readonly BucketConfig[] {
  if (bucketsFile !== undefined) return readBucketsFile(bucketsFile)
  return [{ kind: 'disk', name: 'disk', folder: join(dataDirectory, 'blobs') }]
}

/** A log that tells followers of every write that has succeeded. */
function followedLog(log: Log, followers: readonly ((namespace: NamespaceName) => void)[]): Log {
  return {
    ...log,
    append: async (command) => {
      const result = await log.append(command)
      for (const follow of followers) follow(command.namespace)
      return result
    },
  }
}

/**
 * Opens the keys and the memory with which a database's heads are signed; its owner closes it.
 *
 * @throws {STORAGE_UNAVAILABLE | STORAGE_FULL | CONFIG_INVALID}
 */
export async function openCatalogSigner(
  { logKeys, signerMemory }: Config,
  db: Reader,
  nowMs: number,
): Promise<Signer> {
  const keys = openLogKeys(logKeys, nowMs)
  const memory = await openSignerMemory(signerMemory)
  return openSigner({ keys, memory, db, proveConsistency })
}

/**
 * The signer of a catalog whose keys and memory are on this machine, to be asked and not to sign; undefined where
 * one of the two is not here. Its owner closes it.
 *
 * @throws {STORAGE_UNAVAILABLE | CONFIG_INVALID}
 */
export async function findCatalogSigner(
  { logKeys, signerMemory }: Config,
  db: Reader,
): Promise<Signer | undefined> {
  const keys = readLogKeys(logKeys)
  const isHere = signerMemory.kind === 'postgres' || existsSync(signerMemory.file)
  if (keys === undefined || !isHere) return undefined
  return openSigner({ keys, memory: await openSignerMemory(signerMemory), db, proveConsistency })
}

/**
 * Refuses a PostgreSQL role that lacks a grant, and warns of one that could change history.
 *
 * @throws {CONFIG_INVALID}
 */
async function checkRole(database: Database, logger: Logger): Promise<void> {
  if (database.dialect !== 'postgres') return
  const { role, mayRewrite, lacks } = await inspectRole(database)
  if (lacks.length > 0) {
    throw new CatalogError(
      'CONFIG_INVALID',
      `The database role "${role}" may not use ${lacks.join(', ')}: run "cairn migrate --grant ${role}" with the owner's URL in CAIRN_DATABASE_OWNER_URL.`,
    )
  }
  if (mayRewrite) {
    logger.warn(
      { role },
      `the database role "${role}" could change what is recorded: let the server use another, to which "cairn migrate --grant ROLE" gives what it needs`,
    )
  }
}

/**
 * A UUID that sorts by time: a name, never an order.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7
 */
function uuidV7(nowMs: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
