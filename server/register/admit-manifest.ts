import type { Digest } from '../../schema/digest.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { Facts, Read } from '../log/facts.ts'
import type { Row } from '../store/tables.ts'
import {
  checkpointByDigest,
  checkpointBySlot,
  environmentByDigest,
  formatByVersion,
  lastOfRun,
  lineByJob,
  newestEvidence,
  read,
  runById,
} from '../timeline/lookups.ts'
import { isOnLine, runSegment } from '../timeline/read-line.ts'
import { judge } from '../timeline/standing.ts'
import { checkFormat } from './check-format.ts'
import { baseNotGood, checkRegistration, partitionOf, type Unsharded } from './rules.ts'

/** What a manifest's entry says beside its digest. */
export interface Admitted {
  /** Checkpoints a restore needs, this one included. */
  readonly chainLength: number
  /** What the run restored from, on its first checkpoint. */
  readonly restoredFrom: Digest | null
}

/** The rows that decide about a manifest, and the decision. */
export interface Admission {
  readonly reads: readonly Read[]
  /** @throws whatever `checkRegistration` refuses */
  readonly admit: (facts: Facts) => Admitted | Promise<Admitted>
}

/** How it is decided under the head lock whether a manifest, with its shards or before them, may be registered. */
export function admitManifest(manifest: Unsharded): Admission {
  return { reads: readsFor(manifest), admit: (facts) => admit(facts, manifest) }
}

function readsFor(manifest: Unsharded): readonly Read[] {
  const { namespace, run, base, environment, format, parents } = manifest
  return [
    read(runById, namespace, run),
    read(lastOfRun, namespace, run),
    read(lineByJob, namespace, manifest.job, partitionOf(manifest)),
    ...(base === undefined
      ? []
      : [read(checkpointByDigest, namespace, base), read(newestEvidence, namespace, 'failed')]),
    ...(environment === undefined ? [] : [read(environmentByDigest, namespace, environment)]),
    ...(format === undefined
      ? []
      : [read(formatByVersion, namespace, format.name, format.version)]),
    ...(parents ?? []).map((parent) => read(checkpointByDigest, namespace, parent.checkpoint)),
  ]
}

function admit(facts: Facts, manifest: Unsharded): Admitted | Promise<Admitted> {
  const { namespace, run, step, tier } = manifest
  const last = facts.find(lastOfRun, [namespace, run])
  // Beyond its run's last step a checkpoint takes a free slot: the common case looks up no more.
  if (last === undefined || last.step < step) return admitOnSlot(facts, manifest, undefined)
  const slot = read(checkpointBySlot, namespace, run, step, tier)
  return facts
    .load([slot])
    .then(() => admitOnSlot(facts, manifest, facts.find(checkpointBySlot, slot.key)))
}

function admitOnSlot(
  facts: Facts,
  manifest: Unsharded,
  slot: Row<'checkpoint'> | undefined,
): Admitted | Promise<Admitted> {
  const { namespace, base, environment } = manifest
  const run = facts.find(runById, [namespace, manifest.run])
  const last = facts.find(lastOfRun, [namespace, manifest.run])
  const baseRow = base === undefined ? undefined : facts.find(checkpointByDigest, [namespace, base])
  const chainLength = checkRegistration(manifest, {
    run,
    last,
    line: facts.find(lineByJob, [namespace, manifest.job, partitionOf(manifest)]),
    slot,
    base: baseRow,
    environment:
      environment === undefined
        ? undefined
        : facts.find(environmentByDigest, [namespace, environment]),
    parents: (manifest.parents ?? []).map((parent) =>
      facts.find(checkpointByDigest, [namespace, parent.checkpoint]),
    ),
  })
  const restoredFrom = last === undefined ? (run?.restored_checkpoint ?? null) : null
  const admitted = { chainLength, restoredFrom }
  const doubtful =
    baseRow === undefined || isHistorySound(facts, manifest, baseRow) ? undefined : baseRow
  const format = checkFormat(facts, manifest)
  if (doubtful === undefined && format === undefined) return admitted
  return Promise.resolve(format)
    .then(() => doubtful && checkBaseHistory(facts, manifest, doubtful))
    .then(() => admitted)
}

/**
 * Whether a base of the same run needs no closer look: what a live delta needs cannot be withdrawn, so that
 * only failed evidence makes its chain not good, and there is none.
 */
function isHistorySound(
  facts: Facts,
  { namespace, run }: Unsharded,
  base: Row<'checkpoint'>,
): boolean {
  if (base.run !== run || base.tombstoned_index !== null) return false
  return facts.find(newestEvidence, [namespace, 'failed']) === undefined
}

/** What single rows cannot tell: whether the base's chain is good, and whether its line leads here. */
async function checkBaseHistory(
  facts: Facts,
  manifest: Unsharded,
  base: Row<'checkpoint'>,
): Promise<void> {
  const db = await facts.query()
  const wanted = { asOf: Number.MAX_SAFE_INTEGER as LogIndex, minGrade: 'committed' } as const
  const { fault } = await judge(db, base.namespace, { standing: base, wanted })
  if (fault !== undefined) {
    const where = fault.because === undefined ? '' : ` (${fault.because})`
    throw baseNotGood(base.digest, `is not good: ${fault.reason}${where}`)
  }
  const own = await runSegment(db, base.namespace, manifest.run)
  if (!(await isOnLine(db, own, base))) {
    throw baseNotGood(
      base.digest,
      `is not on the line of run "${manifest.run}", which restored from an earlier state`,
    )
  }
}
