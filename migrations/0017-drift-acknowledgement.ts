import { columnTypes, type Migration } from './dialect.ts'

/** Differences between environments that somebody goes on in spite of: a projection. */
export const driftAcknowledgement: Migration = {
  name: '0017-drift-acknowledgement',
  statements: (dialect) => {
    const { integer, clustered } = columnTypes[dialect]
    return [
      `create table drift_acknowledgement (
        namespace text not null,
        job text not null,
        difference text not null,
        rule_set text not null,
        log_index ${integer} not null,
        checkpoint text not null,
        note text not null,
        actor text not null,
        at text not null,
        primary key (namespace, job, difference, rule_set)
      )${clustered}`,
      'create index drift_acknowledgement_by_checkpoint on drift_acknowledgement (namespace, checkpoint)',
    ]
  },
}
