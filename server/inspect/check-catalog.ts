import { isCatalogError, type ErrorCode } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { openScratch, type Scratch } from '../store/open-scratch.ts'
import type { Snapshot } from '../store/open-snapshot.ts'
import { checkAccessLog } from './check-access-log.ts'
import { openFindingList, type CheckFinding, type FindingList } from './check-findings.ts'
import { checkLog, type StoredRecord } from './check-log.ts'
import { checkProjections, checkSchema, replayRecords } from './check-projections.ts'
import { unknownNamespace } from '../log/unknown-namespace.ts'
import type { Projection } from '../log/projection.ts'

/** Sentences of SQLite's own check that are listed. */
const INTEGRITY_MAX_COUNT = 100

/** What is checked, and how far it is told. */
export interface CatalogCheck {
  /** One namespace only; left out, all of them. */
  readonly namespace?: NamespaceName
  readonly projections: readonly Projection[]
  readonly onProgress: (entryCount: number) => void
  /** A scratch catalog that many checks share, one after the other; left out, one is made and closed. */
  readonly scratch?: Scratch
}

/** What a check of a whole catalog came to. */
export interface CatalogVerdict {
  /** Whether nothing was found. */
  readonly ok: boolean
  readonly namespaces: readonly NamespaceName[]
  readonly entryCount: number
  /** The first 1,000 findings. */
  readonly findings: readonly CheckFinding[]
  /** All findings. */
  readonly findingCount: number
}

/** Tables whose rows say that a namespace has a log. */
const logTables = ['log_head', 'entry', 'document', 'tile', 'tree_head', 'access_log'] as const

/**
 * Checks a catalog at one moment, while others may write: hashes every entry, document, tile and tree head
 * anew, replays the logs beside the catalog, and asks SQLite about its file. Lists all that is wrong; what
 * the database cannot read is a finding as well.
 *
 * @throws {NAMESPACE_NOT_FOUND} the one that was asked for is not there
 */
export async function checkCatalog(
  open: () => Promise<Snapshot>,
  check: CatalogCheck,
): Promise<CatalogVerdict> {
  const findings = openFindingList()
  const attempt = attemptsOf(findings)
  const snapshot = await attempt({ where: 'database' }, open)
  let checked: Pick<CatalogVerdict, 'namespaces' | 'entryCount'> = { namespaces: [], entryCount: 0 }
  if (snapshot !== undefined) {
    const scratch = check.scratch ?? openScratch()
    try {
      scratch.clear()
      checked = await checkSnapshot(snapshot, check, { scratch, findings, attempt })
    } finally {
      if (check.scratch === undefined) scratch.close()
      await snapshot.close()
    }
  }
  const findingCount = findings.count()
  return { ...checked, ok: findingCount === 0, findings: findings.listed, findingCount }
}

interface Checking {
  readonly scratch: Scratch
  readonly findings: FindingList
  readonly attempt: Attempt
}

async function checkSnapshot(
  snapshot: Snapshot,
  { namespace: only, projections, onProgress }: CatalogCheck,
  { scratch, findings, attempt }: Checking,
): Promise<Pick<CatalogVerdict, 'namespaces' | 'entryCount'>> {
  let entryCount = 0
  const found = await attempt({ where: 'namespaces' }, () => findNamespaces(snapshot))
  if (only !== undefined && found?.has(only) === false) throw unknownNamespace(only)
  const namespaces = only === undefined ? [...(found ?? [])].toSorted() : [only]
  await attempt({ where: 'database' }, async () => {
    for (const message of snapshot.integrity(INTEGRITY_MAX_COUNT)) {
      findings.add({ code: 'database-damaged', where: 'database', message })
    }
  })
  // What cannot be read to its end was reported, and leaves nothing to compare rows with.
  let isReplayed = true
  const replayed = async (at: FindingPlace, work: () => Promise<void>): Promise<void> => {
    const done = await attempt(at, () => work().then(() => true))
    isReplayed &&= done === true
  }
  for (const namespace of namespaces) {
    const check = {
      db: snapshot.reader,
      namespace,
      findings,
      onRecords: async (records: readonly StoredRecord[]): Promise<void> => {
        if (!isReplayed) return
        const replay = () => replayRecords(scratch, projections, records)
        await replayed({ where: 'projections' }, replay)
      },
      onEntries: (count: number) => {
        entryCount += count
        onProgress(entryCount)
      },
    }
    await replayed({ where: 'log', namespace }, () => checkLog(check))
    await attempt({ where: 'access log', namespace }, () => checkAccessLog(check))
  }
  await attempt({ where: 'projections' }, async () => {
    if (isReplayed) await checkProjections({ snapshot, only, scratch, findings })
  })
  await attempt({ where: 'database' }, async () => {
    if (only === undefined) checkSchema(scratch, snapshot, findings)
  })
  return { namespaces, entryCount }
}

type FindingPlace = Pick<CheckFinding, 'where' | 'namespace'>

type Attempt = <Result>(
  at: FindingPlace,
  work: () => Promise<Result>,
) => Promise<Result | undefined>

/** What throws is damage, in one of the many ways in which a database reports it. */
function attemptsOf(findings: FindingList): Attempt {
  return async (at, work) => {
    try {
      return await work()
    } catch (error) {
      if (isAway(error)) throw error
      const reason = error instanceof Error ? causeOf(error).message : String(error)
      const message = `It cannot be read to its end: ${reason}.`
      findings.add({ code: 'database-unreadable', ...at, message })
      return undefined
    }
  }
}

const awayCodes: readonly ErrorCode[] = ['STORAGE_UNAVAILABLE', 'CONFIG_INVALID']

/** A database that cannot be reached says nothing of what it holds; SQLite's own errors do. */
function isAway(error: unknown): boolean {
  if (!isCatalogError(error) || !awayCodes.includes(error.code)) return false
  const cause = causeOf(error)
  return !('code' in cause && String(cause.code).startsWith('SQLITE_'))
}

function causeOf(error: Error): Error {
  return error.cause instanceof Error ? error.cause : error
}

/** Every namespace that any row of a log names. */
async function findNamespaces({ reader }: Snapshot): Promise<ReadonlySet<NamespaceName>> {
  const [first, ...rest] = logTables.map((table) => reader.selectFrom(table).select('namespace'))
  if (first === undefined) return new Set()
  const rows = await rest.reduce((query, next) => query.union(next), first).execute()
  return new Set(rows.map((row) => row.namespace))
}
