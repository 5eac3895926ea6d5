import type { Finding } from '../../schema/transparency/finding.ts'

/** What a check came to: `ok` if and only if nothing was found wrong. */
export type Verdict = {
  readonly ok: boolean
  readonly findings: readonly Finding[]
}

/** The verdict that follows from what was found. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  return { ok: findings.length === 0, findings }
}
