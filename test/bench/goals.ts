/** What a ratio must reach; numbers of one goal go in one direction. */
export interface Goal {
  readonly id: string
  readonly better: 'higher' | 'lower'
  /** A release build fails beyond it. */
  readonly floor?: number
  /** Version 1. */
  readonly target?: number
  readonly stretch?: number
}

export type Verdict = 'stretch' | 'target' | 'floor' | 'broken' | 'invalid' | ''

const higher = (id: string, floor: number, target: number, stretch?: number): Goal => ({
  id,
  better: 'higher',
  floor,
  target,
  ...(stretch === undefined ? {} : { stretch }),
})
const lower = (id: string, floor: number, target: number, stretch?: number): Goal => ({
  ...higher(id, floor, target, stretch),
  better: 'lower',
})

/** What the catalog holds itself to. Ratios hold at every size unless the goal's name says otherwise. */
export const goals = {
  // With projections in the same transaction 0.40 is the target; deferring them would allow 0.45.
  register: higher('G1', 0.25, 0.4, 0.6),
  registerPostgres: higher('G20', 0.25, 0.4, 0.5),
  groupCommit: higher('G2', 3, 5, 8),
  auth: higher('G3', 0.9, 0.97),
  batch: higher('G4', 0.4, 0.7, 1),
  latest: higher('G5', 0.4, 0.55, 0.7),
  latestManifest: higher('G6', 0.3, 0.4, 0.5),
  plan: higher('G7', 0.2, 0.3, 0.4),
  list: higher('G8', 3.5, 6, 10),
  tail: lower('G9', 15, 5, 3),
  latestWhileWriting: lower('G10', 5, 3, 2),
  latestGrowth: lower('G11', 1.5, 1.2, 1),
  readGrowth: lower('G12', 3, 1.5, 1.2),
  writeGrowth: lower('G14', 2, 1.3, 1.1),
  stored: lower('G15', 1.5, 1.3, 0.4),
  written: lower('G16', 15, 8, 4),
  lineage: lower('G17', 300, 100, 60),
  // A thousand manifests instead of one chain of eight; a thousand rows instead of one.
  longChain: lower('long chain', 300, 100),
  longPlan: lower('long plan', 1_000, 400),
  // Each candidate is a row and a reason; the answer lists the first thousand.
  skipped: lower('10k skipped', 600, 200),
  inclusionProof: lower('G18', 1, 0.5),
  // Signed, remembered and proven against none of it; G19 is about the tree and its signature alone.
  receipts: higher('receipts', 0.8, 0.85),
  walSize: lower('G23', 4, 2),
  start: lower('G24', 2, 0.5, 0.3),
  memory: { id: 'memory', better: 'lower', target: 256 },
  spool: { id: 'spool', better: 'lower', target: 3 },
  proofTail: { id: 'proof', better: 'lower', target: 2 },
  // A million entries in half a minute.
  audit: { id: 'audit', better: 'higher', target: 33_334 },
} as const satisfies Readonly<Record<string, Goal>>

/** How a number stands to a goal. */
export function judge(goal: Goal, value: number): Verdict {
  const reaches = (limit: number | undefined): boolean =>
    limit !== undefined && (goal.better === 'higher' ? value >= limit : value <= limit)
  if (reaches(goal.stretch)) return 'stretch'
  if (reaches(goal.target)) return 'target'
  return goal.floor === undefined || reaches(goal.floor) ? 'floor' : 'broken'
}
