/** One kind of fault in a stored catalog; the codes are closed and additive. */
export type CheckCode =
  | 'database-damaged'
  | 'database-unreadable'
  | 'schema-differs'
  | 'entry-missing'
  | 'entry-altered'
  | 'entry-unreadable'
  | 'document-missing'
  | 'document-altered'
  | 'document-stray'
  | 'tile-missing'
  | 'tile-altered'
  | 'tile-stray'
  | 'tree-head-missing'
  | 'tree-head-altered'
  | 'tree-head-stray'
  | 'log-head-altered'
  | 'signed-head-missing'
  | 'access-log-altered'
  | 'projection-differs'

/** One fault: where it is, and what is wrong there. */
export interface CheckFinding {
  readonly code: CheckCode
  /** Left out for what belongs to no namespace. */
  readonly namespace?: string
  readonly where: string
  readonly message: string
}

/** Findings that are listed; a catalog that is this wrong needs no longer list. */
const FINDINGS_MAX_COUNT = 1_000

/** Gathers findings: lists the first 1,000 and counts them all. */
export interface FindingList {
  add(finding: CheckFinding): void
  readonly listed: readonly CheckFinding[]
  readonly count: () => number
}

/** Begins an empty list. */
export function openFindingList(): FindingList {
  const listed: CheckFinding[] = []
  let count = 0
  return {
    add: (finding) => {
      count += 1
      if (listed.length < FINDINGS_MAX_COUNT) listed.push(finding)
    },
    listed,
    count: () => count,
  }
}
