import type { DriftRule, DriftSeverity, DriftTerms, DriftVerdict } from './drift.ts'

/** Rules and verdicts that together decide; its digest stands with each verdict. */
export interface DriftRuleSet {
  readonly schemaVersion: 1
  readonly rules: readonly DriftRule[]
  readonly verdicts: Readonly<Record<DriftSeverity, DriftVerdict>>
}

const rule = (
  severity: DriftSeverity,
  section: string,
  fact?: string,
  change?: DriftRule['change'],
): DriftRule => ({
  section,
  ...(fact === undefined ? {} : { fact }),
  ...(change === undefined ? {} : { change }),
  severity,
})

/** Libraries whose version is a part of the computation. */
const frameworks = ['torch', 'jax', 'jaxlib', 'tensorflow', 'numpy']

/** What the catalog knows of its own captures, and of what others record in sections of these names. */
const rules: readonly DriftRule[] = [
  rule('info', '*', '*hostname'),
  rule('info', '*', '*branch'),
  rule('info', '*', '*tag'),
  rule('info', 'k8s*'),
  rule('info', 'context*'),

  rule('blocker', 'parameters'),
  rule('blocker', 'inputs'),
  rule('blocker', 'topology'),
  rule('blocker', 'format', 'name'),
  rule('blocker', 'format', 'version', 'major'),
  rule('major', 'format'),
  rule('blocker', '*', '*dtype*'),
  rule('blocker', '*', '*precision*'),
  rule('blocker', '*', 'arch'),
  rule('blocker', '*', 'endianness'),
  rule('blocker', 'variables', 'WORLD_SIZE'),

  rule('critical', 'code'),
  rule('critical', 'determinism*'),
  rule('critical', 'seeds'),
  ...frameworks.flatMap((name) => [
    rule('minor', 'dep*', `*${name}`, 'patch'),
    rule('critical', 'dep*', `*${name}`),
  ]),
  rule('critical', 'dep*'),
  rule('critical', '*', '*cuda', 'major'),
  rule('critical', '*', '*omputeCapability'),
  rule('critical', 'hardware', 'nvidia.models'),
  rule('critical', 'variables', 'CUBLAS_WORKSPACE_CONFIG'),
  rule('critical', 'variables', 'PYTHONHASHSEED'),
  rule('critical', 'variables', '*DETERMINISTIC*'),
  rule('critical', 'variables', 'JAX_ENABLE_X64'),
  rule('critical', 'runtime', 'name'),
  rule('critical', 'runtime', 'version', 'major'),

  rule('major', '*', '*driver', 'major'),
  rule('minor', '*', '*driver'),
  rule('major', '*', '*cudnn'),
  rule('major', '*', '*nccl'),
  rule('major', 'runtime', 'version', 'minor'),
  rule('minor', 'runtime', 'version'),
  rule('major', 'runtime', 'libc'),
  rule('major', 'runtime', 'os'),
  rule('major', 'container*'),

  rule('minor', '*', '*', 'patch'),
  rule('minor', 'runtime'),
  rule('minor', 'cpu*'),
  rule('minor', '*', '*kernel*'),
  rule('minor', 'variables', '*_NUM_THREADS'),
  rule('minor', 'variables', 'TZ'),
  rule('minor', 'variables', 'LANG'),
  rule('minor', 'variables', 'LC_ALL'),
  rule('info', 'variables', '*_VISIBLE_DEVICES'),

  // What no rule knows may matter.
  rule('major', '*'),
]

const verdicts: DriftRuleSet['verdicts'] = {
  blocker: 'refuse',
  critical: 'allow-with-acknowledgement',
  major: 'allow',
  unknown: 'allow',
  minor: 'allow',
  info: 'allow',
}

/** The rules in force: those of a policy first. What is unknown means what `major` means, unless it is said. */
export function driftRuleSet(terms: DriftTerms = {}): DriftRuleSet {
  const given = terms.verdicts ?? {}
  const merged = { ...verdicts, ...given }
  return {
    schemaVersion: 1,
    rules: [...(terms.rules ?? []), ...rules],
    verdicts: { ...merged, unknown: given.unknown ?? merged.major },
  }
}
