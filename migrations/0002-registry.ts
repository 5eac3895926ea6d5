import { columnTypes, type Migration } from './dialect.ts'

/** Projections of names, runs, checkpoints and what is known of them; a replay rebuilds them. */
export const registry: Migration = {
  name: '0002-registry',
  statements: (dialect) => {
    const { integer, strict, clustered } = columnTypes[dialect]
    return [
      `create table namespace (
        namespace text not null,
        log_index ${integer} not null,
        at text not null,
        spec text not null,
        primary key (namespace, log_index)
      )${clustered}`,
      `create table job (
        namespace text not null,
        job text not null,
        log_index ${integer} not null,
        at text not null,
        spec text not null,
        primary key (namespace, job, log_index)
      )${clustered}`,
      `create table environment (
        namespace text not null,
        digest text not null,
        log_index ${integer} not null,
        at text not null,
        primary key (namespace, digest)
      )${clustered}`,
      `create table run (
        namespace text not null,
        run text not null,
        job text not null,
        partition text not null,
        attempt ${integer} not null,
        opened_index ${integer} not null,
        opened_at text not null,
        restored_checkpoint text,
        restored_run text,
        restored_step ${integer},
        environment text,
        labels text,
        closed_index ${integer},
        closed_at text,
        outcome text,
        note text,
        primary key (namespace, run)
      )${clustered}`,
      'create unique index run_by_attempt on run (namespace, job, partition, attempt)',
      'create index run_by_index on run (namespace, opened_index)',
      `create table line (
        namespace text not null,
        job text not null,
        partition text not null,
        attempt ${integer} not null,
        run text not null,
        primary key (namespace, job, partition)
      )${clustered}`,
      `create table checkpoint (
        namespace text not null,
        log_index ${integer} not null,
        digest text not null,
        at text not null,
        job text not null,
        partition text not null,
        run text not null,
        attempt ${integer} not null,
        step ${integer} not null,
        kind text not null,
        tier text not null,
        base text,
        chain_length ${integer} not null,
        environment text,
        format text,
        labels text,
        tombstoned_index ${integer},
        evidence_index ${integer}
      )${strict}`,
      'create unique index checkpoint_by_digest on checkpoint (digest, namespace)',
      // Newest step first, and `durable` before `light`: the order in which `latest` looks.
      'create unique index checkpoint_by_slot on checkpoint (namespace, run, step desc, tier)',
      'create index checkpoint_by_index on checkpoint (namespace, log_index)',
      'create index checkpoint_by_job on checkpoint (namespace, job, log_index)',
      'create index checkpoint_by_base on checkpoint (base, namespace) where base is not null',
      `create table checkpoint_label (
        namespace text not null,
        label text not null,
        log_index ${integer} not null,
        primary key (namespace, label, log_index)
      )${clustered}`,
      `create table edge (
        namespace text not null,
        child text not null,
        parent text not null,
        relation text not null,
        log_index ${integer} not null,
        primary key (namespace, child, parent, relation)
      )${clustered}`,
      'create index edge_by_parent on edge (namespace, parent)',
      `create table evidence (
        namespace text not null,
        checkpoint text not null,
        log_index ${integer} not null,
        finding text not null,
        outcome text not null,
        method text not null,
        note text,
        actor text not null,
        at text not null,
        primary key (namespace, checkpoint, log_index)
      )${clustered}`,
      `create table tombstone (
        namespace text not null,
        checkpoint text not null,
        log_index ${integer} not null,
        reason text not null,
        note text,
        successor text,
        actor text not null,
        at text not null,
        primary key (namespace, checkpoint)
      )${clustered}`,
    ]
  },
}
