import { grades, type Grade, type SkipReason } from '../../schema/checkpoint.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { Digest } from '../../schema/digest.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'
import { readChain, type Standing } from './read-chain.ts'
import { readManifest, readManifests } from './read-document.ts'

/** Why a checkpoint is not good, and which one in its chain is at fault. */
export interface Fault {
  readonly reason: SkipReason
  readonly because?: Digest
}

/** What the evidence up to an index says. */
export interface Assessment {
  readonly grade: Grade
  /** Whether a failed finding has no pass of at least its grade after it. */
  readonly failing: boolean
}

interface EvidenceRow {
  readonly finding: Exclude<Grade, 'committed'>
  readonly outcome: 'passed' | 'failed'
}

const evidenceOf = statement<
  { namespace: NamespaceName; checkpoint: Digest; asOf: LogIndex },
  EvidenceRow
>((db, param) =>
  db
    .selectFrom('evidence')
    .select(['finding', 'outcome'])
    .where('namespace', '=', param('namespace'))
    .where('checkpoint', '=', param('checkpoint'))
    .where('log_index', '<=', param('asOf'))
    .orderBy('log_index'),
)

/** The first failed evidence of a namespace, if it has any; the requests of a turn share it. */
const firstFailure = statement<{ namespace: NamespaceName }, Pick<Row<'evidence'>, 'log_index'>>(
  (db, param) =>
    db
      .selectFrom('evidence')
      .select('log_index')
      .where('namespace', '=', param('namespace'))
      .where('outcome', '=', 'failed')
      .orderBy('log_index')
      .limit(1),
  { isShared: true },
)

/** The grade, and whether something failed, as of an index. */
export async function assess(
  db: Reader,
  namespace: NamespaceName,
  at: { readonly standing: Standing; readonly asOf: LogIndex },
): Promise<Assessment> {
  const { standing, asOf } = at
  if (standing.evidence_index === null) return { grade: 'committed', failing: false }
  const rows = await evidenceOf(db, { namespace, checkpoint: standing.digest, asOf })
  return weigh(rows)
}

/** Grades of several checkpoints; one without evidence is `committed`. */
export async function gradesOf(
  db: Reader,
  namespace: NamespaceName,
  of: { readonly standings: readonly Standing[]; readonly asOf: LogIndex },
): Promise<ReadonlyMap<Digest, Grade>> {
  const assessed = await assessAll(db, namespace, of)
  return new Map([...assessed].map(([digest, { grade }]) => [digest, grade]))
}

/** Checkpoints whose evidence is read at a time: below the parameters that either database takes. */
const ASSESSED_CHUNK_COUNT = 500

/** What the evidence up to an index says of several checkpoints; those without any are left out. */
export async function assessAll(
  db: Reader,
  namespace: NamespaceName,
  { standings, asOf }: { readonly standings: readonly Standing[]; readonly asOf: LogIndex },
): Promise<ReadonlyMap<Digest, Assessment>> {
  const digests = standings
    .filter((standing) => standing.evidence_index !== null)
    .map((standing) => standing.digest)
  const assessed = new Map<Digest, Assessment>()
  for (let from = 0; from < digests.length; from += ASSESSED_CHUNK_COUNT) {
    const rows = await db
      .selectFrom('evidence')
      .select(['checkpoint', 'finding', 'outcome'])
      .where('namespace', '=', namespace)
      .where('checkpoint', 'in', digests.slice(from, from + ASSESSED_CHUNK_COUNT))
      .where('log_index', '<=', asOf)
      .orderBy('log_index')
      .execute()
    for (const [digest, findings] of Map.groupBy(rows, (row) => row.checkpoint)) {
      assessed.set(digest, weigh(findings))
    }
  }
  return assessed
}

/**
 * Folds findings, oldest first. A failure takes the grade back; a later pass earns it anew, but only one that
 * looked as closely: that a version is there says nothing against bytes that somebody has read and found wrong.
 */
export function weigh(findings: readonly EvidenceRow[]): Assessment {
  let grade: Grade = 'committed'
  // The closest look that failed with no pass as close after it.
  let failed: Grade = 'committed'
  for (const { finding, outcome } of findings) {
    if (outcome === 'failed') {
      grade = 'committed'
      if (isAtLeast(finding, failed)) failed = finding
    } else if (isAtLeast(finding, failed)) {
      failed = 'committed'
      if (isAtLeast(finding, grade)) grade = finding
    }
  }
  return { grade, failing: failed !== 'committed' }
}

/** Whether a grade reaches another. */
export function isAtLeast(grade: Grade, wanted: Grade): boolean {
  return grades.indexOf(grade) >= grades.indexOf(wanted)
}

/** What a caller cannot use, however good it is: pure, and asked of a state and of all that it needs. */
export interface Filter {
  readonly byRow?: ((row: Standing, isState: boolean) => SkipReason | undefined) | undefined
  /** Manifests are read only where there is this. */
  readonly byManifest?:
    ((manifest: Manifest, isState: boolean) => SkipReason | undefined) | undefined
}

/** What is wanted of a checkpoint, beside being intact. */
export interface Wanted {
  readonly asOf: LogIndex
  readonly minGrade: Grade
  readonly environment?: Digest | undefined
  readonly filter?: Filter | undefined
}

/** What was found of a checkpoint: its grade, and why it cannot be used to go on, if it cannot. */
export interface Judgement {
  readonly grade: Grade
  readonly fault?: Fault
}

/** What is the matter from a checkpoint of a chain down, if anything: found once, for all that stands on it. */
export type KnownChains = Map<Digest, Fault | undefined>

/** What is judged, and what is known of it already. */
export interface Case {
  readonly standing: Standing
  readonly wanted: Wanted
  readonly assessment?: Assessment | undefined
  readonly known?: KnownChains
}

/** Whether a checkpoint is good, its chain included. */
export async function judge(
  db: Reader,
  namespace: NamespaceName,
  { standing, wanted, assessment, known = new Map() }: Case,
): Promise<Judgement> {
  const found = assessment ?? (await assess(db, namespace, { standing, asOf: wanted.asOf }))
  const { grade } = found
  const { byRow, byManifest } = wanted.filter ?? {}
  const reason =
    reasonAgainst({ standing, wanted, ...found }) ??
    byRow?.(standing, true) ??
    byManifest?.(await readManifest(db, standing), true)
  if (reason !== undefined) return { grade, fault: { reason } }
  const { base } = standing
  if (base === null) return { grade }
  if (!known.has(base)) {
    if (await isChainSound(db, namespace, wanted)) return { grade }
    await judgeChain(db, standing, { wanted, known })
  }
  const fault = known.get(base)
  return fault === undefined ? { grade } : { grade, fault }
}

/**
 * Whether every live delta of a namespace stands on a good chain: what it needs cannot be withdrawn, so that only
 * failed evidence, or a wish of the caller's, can speak against it.
 */
async function isChainSound(
  db: Reader,
  namespace: NamespaceName,
  { asOf, minGrade, filter }: Wanted,
): Promise<boolean> {
  if (minGrade !== 'committed' || filter !== undefined) return false
  const [failure] = await firstFailure(db, { namespace })
  return failure === undefined || failure.log_index > asOf
}

/** Finds out what is the matter with everything below a delta. */
async function judgeChain(
  db: Reader,
  top: Standing,
  { wanted, known }: { readonly wanted: Wanted; readonly known: KnownChains },
): Promise<void> {
  const [, ...below] = await readChain(db, top)
  if (below.length + 1 !== top.chain_length && top.base !== null) {
    known.set(top.base, { reason: 'CHAIN_BROKEN', because: top.base })
    return
  }
  const { namespace } = top
  const assessed = await assessAll(db, namespace, { standings: below, asOf: wanted.asOf })
  const unusable = await readUnusable(db, namespace, { rows: below, filter: wanted.filter })
  const intact = { ...wanted, environment: undefined }
  let fault: Fault | undefined
  for (const link of below.toReversed()) {
    const found = assessed.get(link.digest) ?? { grade: 'committed', failing: false }
    const broken = reasonAgainst({ standing: link, wanted: intact, ...found })
    const reason = broken === undefined ? unusable.get(link.log_index) : 'CHAIN_BROKEN'
    if (reason !== undefined) fault = { reason, because: link.digest }
    known.set(link.digest, fault)
  }
}

/** What of a chain a caller cannot use, and why. */
async function readUnusable(
  db: Reader,
  namespace: NamespaceName,
  {
    rows,
    filter = {},
  }: { readonly rows: readonly Standing[]; readonly filter?: Filter | undefined },
): Promise<ReadonlyMap<LogIndex, SkipReason>> {
  const unusable = new Map<LogIndex, SkipReason>()
  const { byRow, byManifest } = filter
  for (const row of rows) {
    const reason = byRow?.(row, false)
    if (reason !== undefined) unusable.set(row.log_index, reason)
  }
  if (byManifest === undefined) return unusable
  const indexes = rows.map((row) => row.log_index).filter((index) => !unusable.has(index))
  for await (const { index, manifest } of readManifests(db, namespace, indexes)) {
    const reason = byManifest(manifest, false)
    if (reason !== undefined) unusable.set(index, reason)
  }
  return unusable
}

function reasonAgainst(at: {
  readonly standing: Standing
  readonly wanted: Wanted
  readonly grade: Grade
  readonly failing: boolean
}): SkipReason | undefined {
  const { standing, wanted } = at
  const { tombstoned_index: tombstoned } = standing
  if (tombstoned !== null && tombstoned <= wanted.asOf) return 'TOMBSTONED'
  if (at.failing) return 'EVIDENCE_FAILED'
  if (!isAtLeast(at.grade, wanted.minGrade)) return 'GRADE_TOO_LOW'
  if (wanted.environment !== undefined && standing.environment !== wanted.environment) {
    return 'ENVIRONMENT_DIFFERS'
  }
  return undefined
}
