import type { Drift } from '../../schema/drift.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Draft } from '../log/command.ts'
import type { Row } from '../store/tables.ts'

/** What somebody says of going on in spite of a difference. */
export interface DriftAnswer {
  readonly checkpoint: Row<'checkpoint'>
  readonly note: string | undefined
}

/**
 * Whether a run may go on in spite of a difference; gives the entry that acknowledges it, where there has to be one.
 *
 * @throws {DRIFT_REFUSED | DRIFT_UNACKNOWLEDGED} with the whole difference
 */
export function checkDrift(
  drift: Drift,
  { checkpoint: { digest, job }, note }: DriftAnswer,
): Draft | undefined {
  const { verdict, acknowledged, difference, ruleSet, recorded, current } = drift
  switch (verdict) {
    case 'allow':
      return undefined
    case 'refuse':
      throw new CatalogError(
        'DRIFT_REFUSED',
        `What would go on from ${digest} differs too much from what made it: ${worstOf(drift)}. Run what was recorded, choose another state, or change the drift rules of the job's policy.`,
        { detail: { checkpoint: digest, drift } },
      )
    case 'allow-with-acknowledgement':
      if (acknowledged !== undefined) return undefined
      if (note === undefined) {
        throw new CatalogError(
          'DRIFT_UNACKNOWLEDGED',
          `What would go on from ${digest} differs from what made it: ${worstOf(drift)}. If that is meant, send "acknowledgeDrift" with a note, or POST it to /drift-acknowledgements first; the same difference is then asked about no more.`,
          { detail: { checkpoint: digest, drift } },
        )
      }
      return {
        kind: 'drift.acknowledged',
        subject: digest,
        job,
        difference,
        ruleSet,
        ...(recorded === undefined ? {} : { recorded }),
        ...(current === undefined ? {} : { current }),
        note,
      }
  }
}

/** Sections that a sentence names: the facts have all of them. */
const NAMED_MAX_COUNT = 3

/** The worst sections, such as `environment.code (critical)`. */
function worstOf({ sections, severity }: Drift): string {
  return sections
    .filter((section) => section.severity === severity)
    .slice(0, NAMED_MAX_COUNT)
    .map((section) => `${section.section} (${section.severity})`)
    .join(', ')
}
