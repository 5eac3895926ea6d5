import type { Migration } from './dialect.ts'

/** Tells in one look whether a namespace has failed evidence at all. */
export const evidenceByOutcome: Migration = {
  name: '0009-evidence-by-outcome',
  statements: () => [
    'create index evidence_by_outcome on evidence (namespace, outcome, log_index)',
  ],
}
