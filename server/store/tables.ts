import type { Digest } from '../../schema/digest.ts'
import type { Evidence, TombstoneReason } from '../../schema/checkpoint.ts'
import type { SweepOutcome } from '../../schema/entry.ts'
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
import { bytes, integer, optional, text, type Column } from './column.ts'
import { reservationTables } from './reservation-tables.ts'

/**
 * Every table, its columns in order, as the code sees them; `migrations/` creates them.
 *
 * `entry`, `document`, `tile`, `tree_head` and `access_log` are insert-only. `log_head`, `idempotency`,
 * `reservation_lease` and `reservation_shard` are working state. The rest are projections: a replay of the log gives
 * the same rows.
 */
export const tables = {
  schema_migration: { name: text(), at: text() },
  entry: {
    namespace: text<NamespaceName>(),
    log_index: integer<LogIndex>(),
    bytes: bytes(),
    leaf_hash: bytes(),
  },
  /** The document that the entry of this index names by its digest. */
  document: {
    namespace: text<NamespaceName>(),
    log_index: integer<LogIndex>(),
    bytes: bytes(),
  },
  /** 256 hashes of `level`; `root` is the hash over them, which the level above collects. */
  tile: {
    namespace: text<NamespaceName>(),
    level: integer(),
    tile_index: integer(),
    hashes: bytes(),
    root: bytes(),
  },
  tree_head: {
    namespace: text<NamespaceName>(),
    size: integer(),
    root: bytes(),
    at_ms: integer(),
  },
  /** One row a batch: who asked what; `hash` is over the `previous` one and `body`. */
  access_log: {
    namespace: text<NamespaceName>(),
    sequence: integer(),
    previous: bytes(),
    hash: bytes(),
    body: bytes(),
  },
  /** One row a namespace, locked by whoever appends: where its log ends, and where its access log does. */
  log_head: {
    namespace: text<NamespaceName>(),
    size: integer(),
    compact_range: bytes(),
    access_count: integer(),
    /** Of the newest record; empty where there is none. */
    access_hash: bytes(),
  },
  idempotency: {
    principal: text(),
    key: text(),
    request_digest: text<Digest>(),
    result: text(),
    at_ms: integer(),
  },

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
  /** The half-open span of time that a partition is about. */
  partition_window: {
    namespace: text<NamespaceName>(),
    job: text<JobName>(),
    partition: text<Partition>(),
    log_index: integer<LogIndex>(),
    from_ms: integer(),
    to_ms: integer(),
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
  hold: {
    namespace: text<NamespaceName>(),
    checkpoint: text<Digest>(),
    placed_index: integer<LogIndex>(),
    name: text(),
    reason: text(),
    until: optional(text()),
    actor: text(),
    at: text(),
    /** Where it was lifted or replaced. */
    ended_index: optional(integer<LogIndex>()),
  },
  retention_run: {
    namespace: text<NamespaceName>(),
    retention_run: text(),
    log_index: integer<LogIndex>(),
    job: optional(text<JobName>()),
    facts: text(),
  },
  sweep: {
    namespace: text<NamespaceName>(),
    checkpoint: text<Digest>(),
    /** One name for URI and version, of fixed length. */
    object: text<Digest>(),
    uri: text(),
    version_id: text(),
    intent_index: integer<LogIndex>(),
    /** Null while it is being removed. */
    outcome: optional(text<SweepOutcome>()),
    outcome_index: optional(integer<LogIndex>()),
  },
  tombstone: {
    namespace: text<NamespaceName>(),
    checkpoint: text<Digest>(),
    log_index: integer<LogIndex>(),
    reason: text<TombstoneReason>(),
    note: optional(text()),
    successor: optional(text<Digest>()),
    actor: text(),
    at: text(),
    /** Where the removal of its bytes began, and where nothing was left. */
    sweep_index: optional(integer<LogIndex>()),
    swept_index: optional(integer<LogIndex>()),
  },
  ...reservationTables,
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
  checkpoint: ['namespace', 'digest'],
  checkpoint_label: ['namespace', 'label', 'log_index'],
  edge: ['namespace', 'child', 'parent', 'relation'],
  evidence: ['namespace', 'checkpoint', 'log_index'],
  bucket_probe: ['namespace', 'bucket', 'log_index'],
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
  'checkpoint',
  'checkpoint_label',
  'edge',
  'evidence',
  'bucket_probe',
  'hold',
  'retention_run',
  'sweep',
  'tombstone',
  'reservation',
] as const satisfies readonly TableName[]

export type ProjectionTable = (typeof projectionTables)[number]

/** Tables that decisions change beside the log: a replay leaves them alone, and nothing that is promised rests on them. */
export type WorkTable = 'reservation_lease' | 'reservation_shard'
