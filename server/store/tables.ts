import type { Digest } from '../../schema/digest.ts'
import type { Evidence } from '../../schema/checkpoint.ts'
import type { EdgeRelation } from '../../schema/lineage.ts'
import type { Kind, Tier } from '../../schema/manifest.ts'
import type {
  FormatName,
  JobName,
  LogIndex,
  NamespaceName,
  Partition,
  PolicyName,
  RunId,
} from '../../schema/names.ts'
import type { Outcome } from '../../schema/run.ts'
import { integer, optional, text, type Column } from './column.ts'
import { logTables } from './log-tables.ts'
import { recoverTables } from './recover-tables.ts'
import { reservationTables } from './reservation-tables.ts'
import { restoreTables } from './restore-tables.ts'
import { retentionTables } from './retention-tables.ts'

/**
 * Every table, its columns in order, as the code sees them; `migrations/` creates them.
 *
 * `entry`, `document`, `tile`, `tree_head` and `access_log` are insert-only. `log_head`, `idempotency`,
 * `reservation_lease` and `reservation_shard` are working state. The rest are projections: a replay of the log gives
 * the same rows.
 */
export const tables = {
  schema_migration: { name: text(), at: text() },
  ...logTables,
  namespace: {
    namespace: text<NamespaceName>(),
    log_index: integer<LogIndex>(),
    at: text(),
    spec: text(),
  },
  job: {
    namespace: text<NamespaceName>(),
    job: text<JobName>(),
    log_index: integer<LogIndex>(),
    at: text(),
    spec: text(),
  },
  policy: {
    namespace: text<NamespaceName>(),
    policy: text<PolicyName>(),
    log_index: integer<LogIndex>(),
    at: text(),
    spec: text(),
  },
  /** What a version says of itself beside its schema, as canonical JSON. */
  format_version: {
    namespace: text<NamespaceName>(),
    format: text<FormatName>(),
    version: text(),
    log_index: integer<LogIndex>(),
    at: text(),
    schema_digest: text<Digest>(),
    facts: text(),
  },
  environment: {
    namespace: text<NamespaceName>(),
    digest: text<Digest>(),
    log_index: integer<LogIndex>(),
    at: text(),
  },
  /** Verifier keys that the log published, as canonical JSON. */
  log_key: {
    namespace: text<NamespaceName>(),
    log_index: integer<LogIndex>(),
    at: text(),
    keys: text(),
  },
  run: {
    namespace: text<NamespaceName>(),
    run: text<RunId>(),
    job: text<JobName>(),
    partition: text<Partition>(),
    attempt: integer(),
    opened_index: integer<LogIndex>(),
    opened_at: text(),
    restored_checkpoint: optional(text<Digest>()),
    restored_run: optional(text<RunId>()),
    restored_step: optional(integer()),
    environment: optional(text<Digest>()),
    labels: optional(text()),
    closed_index: optional(integer<LogIndex>()),
    closed_at: optional(text()),
    outcome: optional(text<Outcome>()),
    note: optional(text()),
  },
  /** The newest attempt of a job and partition: the fence. */
  line: {
    namespace: text<NamespaceName>(),
    job: text<JobName>(),
    partition: text<Partition>(),
    attempt: integer(),
    run: text<RunId>(),
  },
  checkpoint: {
    namespace: text<NamespaceName>(),
    log_index: integer<LogIndex>(),
    digest: text<Digest>(),
    at: text(),
    job: text<JobName>(),
    partition: text<Partition>(),
    run: text<RunId>(),
    attempt: integer(),
    step: integer(),
    kind: text<Kind>(),
    tier: text<Tier>(),
    base: optional(text<Digest>()),
    chain_length: integer(),
    environment: optional(text<Digest>()),
    format: optional(text()),
    labels: optional(text()),
    tombstoned_index: optional(integer<LogIndex>()),
    /** Index of the newest evidence; null when there is none to look up. */
    evidence_index: optional(integer<LogIndex>()),
  },
  checkpoint_label: {
    namespace: text<NamespaceName>(),
    label: text(),
    log_index: integer<LogIndex>(),
  },
  edge: {
    namespace: text<NamespaceName>(),
    child: text<Digest>(),
    parent: text<Digest>(),
    relation: text<EdgeRelation>(),
    log_index: integer<LogIndex>(),
  },
  evidence: {
    namespace: text<NamespaceName>(),
    checkpoint: text<Digest>(),
    log_index: integer<LogIndex>(),
    finding: text<Evidence['finding']>(),
    outcome: text<Evidence['outcome']>(),
    method: text(),
    note: optional(text()),
    actor: text(),
    at: text(),
  },
  /** What each probe of a bucket found, as JSON. */
  bucket_probe: {
    namespace: text<NamespaceName>(),
    bucket: text(),
    log_index: integer<LogIndex>(),
    findings: text(),
    actor: text(),
    at: text(),
  },
  ...recoverTables,
  ...reservationTables,
  ...restoreTables,
  ...retentionTables,
} as const

export type TableName = keyof typeof tables

/** A row of a table. */
export type Row<Name extends TableName> = {
  readonly [Key in keyof (typeof tables)[Name]]: (typeof tables)[Name][Key] extends Column<
    infer Value
  >
    ? Value
    : never
}

/** The database as kysely sees it. */
export type Tables = { readonly [Name in TableName]: Row<Name> }

/** A tables' columns that together name one row. */
export const primaryKeys = {
  schema_migration: ['name'],
  entry: ['namespace', 'log_index'],
  document: ['namespace', 'log_index'],
  tile: ['namespace', 'level', 'tile_index'],
  tree_head: ['namespace', 'size'],
  access_log: ['namespace', 'sequence'],
  log_head: ['namespace'],
  idempotency: ['principal', 'key'],
  namespace: ['namespace', 'log_index'],
  job: ['namespace', 'job', 'log_index'],
  policy: ['namespace', 'policy', 'log_index'],
  format_version: ['namespace', 'format', 'version'],
  environment: ['namespace', 'digest'],
  log_key: ['namespace', 'log_index'],
  run: ['namespace', 'run'],
  line: ['namespace', 'job', 'partition'],
  partition_window: ['namespace', 'job', 'partition'],
  rehearsal: ['namespace', 'job', 'outcome', 'log_index'],
  checkpoint: ['namespace', 'digest'],
  checkpoint_label: ['namespace', 'label', 'log_index'],
  edge: ['namespace', 'child', 'parent', 'relation'],
  evidence: ['namespace', 'checkpoint', 'log_index'],
  bucket_probe: ['namespace', 'bucket', 'log_index'],
  restore: ['namespace', 'restore'],
  drift_acknowledgement: ['namespace', 'job', 'difference', 'rule_set'],
  hold: ['namespace', 'checkpoint', 'placed_index'],
  retention_run: ['namespace', 'retention_run'],
  sweep: ['namespace', 'checkpoint', 'object'],
  tombstone: ['namespace', 'checkpoint'],
  reservation: ['namespace', 'reservation'],
  reservation_lease: ['namespace', 'reservation'],
  reservation_shard: ['namespace', 'reservation', 'rank'],
} as const satisfies { readonly [Name in TableName]: readonly (keyof Row<Name>)[] }

/** Tables that a replay rebuilds, in an order in which they can be compared. */
export const projectionTables = [
  'namespace',
  'job',
  'policy',
  'format_version',
  'environment',
  'log_key',
  'run',
  'line',
  'partition_window',
  'rehearsal',
  'checkpoint',
  'checkpoint_label',
  'edge',
  'evidence',
  'bucket_probe',
  'restore',
  'drift_acknowledgement',
  'hold',
  'retention_run',
  'sweep',
  'tombstone',
  'reservation',
] as const satisfies readonly TableName[]

export type ProjectionTable = (typeof projectionTables)[number]

/** Tables that decisions change beside the log: a replay leaves them alone, and nothing that is promised rests on them. */
export type WorkTable = 'reservation_lease' | 'reservation_shard'
