import { canonicalize } from '../../schema/canonical-json.ts'
import type { Manifest } from '../../schema/manifest.ts'
import { parseWindow } from '../../schema/window.ts'
import type { Projection, Recorded, RowChange } from '../log/projection.ts'
import { partitionOf } from './rules.ts'

/** Entries to the rows of namespaces, jobs, environments, runs, checkpoints and reservations. */
export const registerProjection: Projection = {
  on: {
    'namespace.declared': ({ namespace, index, entry }) => [
      {
        kind: 'insert',
        table: 'namespace',
        row: { namespace, log_index: index, at: entry.at, spec: canonicalize(entry.spec) },
      },
    ],
    'job.declared': ({ namespace, index, entry }) => [
      {
        kind: 'insert',
        table: 'job',
        row: {
          namespace,
          job: entry.subject,
          log_index: index,
          at: entry.at,
          spec: canonicalize(entry.spec),
        },
      },
    ],
    'environment.recorded': ({ namespace, index, entry }) => [
      {
        kind: 'insert',
        table: 'environment',
        row: { namespace, digest: entry.subject, log_index: index, at: entry.at },
      },
    ],
    'run.opened': openedRun,
    'run.closed': ({ namespace, index, entry }) => [
      {
        kind: 'patch',
        table: 'run',
        key: [namespace, entry.subject],
        set: {
          closed_index: index,
          closed_at: entry.at,
          outcome: entry.outcome,
          note: entry.note ?? null,
        },
      },
    ],
    'checkpoint.registered': registeredCheckpoint,
    'reservation.opened': openedReservation,
    'reservation.abandoned': ({ namespace, index, entry }) => [
      {
        kind: 'patch',
        table: 'reservation',
        key: [namespace, entry.subject],
        set: {
          ended_index: index,
          ended_at: entry.at,
          ended_by: entry.actor,
          reason: entry.reason,
          note: entry.note ?? null,
          checkpoint: entry.checkpoint ?? null,
          shard_count: entry.shardCount,
          blob_count: entry.blobCount,
          blob_bytes: entry.blobBytes,
        },
      },
    ],
  },
}

function openedRun(recorded: Recorded<'run.opened'>): readonly RowChange[] {
  const { namespace, index, entry } = recorded
  const { subject: run, job, partition, attempt, restoredFrom } = entry
  return [
    {
      kind: 'insert',
      table: 'run',
      row: {
        namespace,
        run,
        job,
        partition,
        attempt,
        opened_index: index,
        opened_at: entry.at,
        restored_checkpoint: restoredFrom?.checkpoint ?? null,
        restored_run: restoredFrom?.run ?? null,
        restored_step: restoredFrom?.step ?? null,
        environment: entry.environment ?? null,
        labels: entry.labels === undefined ? null : canonicalize(entry.labels),
        closed_index: null,
        closed_at: null,
        outcome: null,
        note: null,
      },
    },
    { kind: 'upsert', table: 'line', row: { namespace, job, partition, attempt, run } },
    ...windowOf(recorded),
  ]
}

function windowOf({ namespace, index, entry }: Recorded<'run.opened'>): readonly RowChange[] {
  if (entry.window === undefined) return []
  const { fromMs, toMs } = parseWindow(entry.window)
  const { job, partition } = entry
  const row = { namespace, job, partition, log_index: index, from_ms: fromMs, to_ms: toMs }
  return [{ kind: 'insert', table: 'partition_window', row }]
}

function registeredCheckpoint(recorded: Recorded<'checkpoint.registered'>): readonly RowChange[] {
  const { namespace, index, entry } = recorded
  const manifest = recorded.document as unknown as Manifest
  const labels = Object.entries(manifest.labels ?? {})
  return [
    {
      kind: 'insert',
      table: 'checkpoint',
      row: {
        namespace,
        log_index: index,
        digest: entry.subject,
        at: entry.at,
        job: manifest.job,
        partition: partitionOf(manifest),
        run: manifest.run,
        attempt: manifest.attempt,
        step: manifest.step,
        kind: manifest.kind,
        tier: manifest.tier,
        base: manifest.base ?? null,
        chain_length: entry.chainLength,
        environment: manifest.environment ?? null,
        format:
          manifest.format === undefined
            ? null
            : `${manifest.format.name}@${manifest.format.version}`,
        labels: labels.length === 0 ? null : canonicalize(manifest.labels),
        tombstoned_index: null,
        evidence_index: null,
      },
    },
    ...labels.map(([key, value]): RowChange => ({
      kind: 'insert',
      table: 'checkpoint_label',
      row: { namespace, label: `${key}:${value}`, log_index: index },
    })),
    ...finalizedReservation(recorded),
  ]
}

function finalizedReservation({
  namespace,
  index,
  entry,
}: Recorded<'checkpoint.registered'>): readonly RowChange[] {
  const { reservation, subject: checkpoint, at, actor } = entry
  if (reservation === undefined) return []
  return [
    {
      kind: 'patch',
      table: 'reservation',
      key: [namespace, reservation],
      set: { ended_index: index, ended_at: at, ended_by: actor, checkpoint },
    },
  ]
}

function openedReservation({
  namespace,
  index,
  entry,
}: Recorded<'reservation.opened'>): readonly RowChange[] {
  const { subject: reservation, job, partition, run, attempt, step, tier, manifest } = entry
  return [
    {
      kind: 'insert',
      table: 'reservation',
      row: {
        namespace,
        reservation,
        opened_index: index,
        opened_at: entry.at,
        opened_by: entry.actor,
        job,
        partition,
        run,
        attempt,
        step,
        kind: entry.checkpointKind,
        tier,
        world_size: entry.worldSize,
        manifest,
        ended_index: null,
        ended_at: null,
        ended_by: null,
        reason: null,
        note: null,
        checkpoint: null,
        shard_count: null,
        blob_count: null,
        blob_bytes: null,
      },
    },
  ]
}
