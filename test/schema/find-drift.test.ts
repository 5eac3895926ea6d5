import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../../schema/canonical-json.ts'
import type { DriftSeverity } from '../../schema/drift.ts'
import { driftRuleSet } from '../../schema/drift-rules.ts'
import type { Environment } from '../../schema/environment.ts'
import { findDrift } from '../../schema/find-drift.ts'

const environment = (sections: Readonly<Record<string, Json>>) =>
  ({ environment: { schemaVersion: 1, sections } as unknown as Environment }) as const

/** A fact of a section, before and after, and how severe that is by the catalog's own rules. */
const table: readonly (readonly [string, string, Json, Json, DriftSeverity])[] = [
  ['code', 'commit', 'a', 'b', 'critical'],
  ['code', 'dirty', false, true, 'critical'],
  ['code', 'branch', 'main', 'fix', 'info'],
  ['dependencies', 'lockFiles.package-lock.json', 'sha256:a', 'sha256:b', 'critical'],
  ['deps.python', 'torch', '2.13.0', '2.13.1', 'minor'],
  ['deps.python', 'torch', '2.13.0', '2.14.0', 'critical'],
  ['deps.python', 'requests', '2.13.0', '2.13.1', 'critical'],
  ['runtime', 'version', '24.1.0', '25.0.0', 'critical'],
  ['runtime', 'version', '24.1.0', '24.2.0', 'major'],
  ['runtime', 'version', '24.1.0', '24.1.1', 'minor'],
  ['runtime', 'arch', 'x64', 'arm64', 'blocker'],
  ['runtime', 'libc', 'glibc 2.36', 'glibc 2.41', 'major'],
  ['runtime', 'openssl', '3.0.1', '3.5.0', 'minor'],
  ['hardware', 'nvidia.driver', '550.1.1', '560.1.1', 'major'],
  ['hardware', 'nvidia.driver', '550.1.1', '550.2.1', 'minor'],
  ['hardware', 'nvidia.models', ['A100'], ['H100'], 'critical'],
  ['accelerator', 'cuda', '12.4', '13.0', 'critical'],
  ['accelerator', 'cudnn', '9.1.0', '9.2.0', 'major'],
  ['accelerator', 'computeCapability', '8.0', '9.0', 'critical'],
  ['determinism', 'torch.deterministic', true, false, 'critical'],
  ['model', 'dtype', 'bfloat16', 'float32', 'blocker'],
  ['container', 'imageDigest', 'sha256:a', 'sha256:b', 'major'],
  ['variables', 'CUBLAS_WORKSPACE_CONFIG', ':4096:8', ':16:8', 'critical'],
  ['variables', 'TF_DETERMINISTIC_OPS', '1', '0', 'critical'],
  ['variables', 'OMP_NUM_THREADS', '4', '8', 'minor'],
  ['variables', 'CUDA_VISIBLE_DEVICES', '0', '1', 'info'],
  ['variables', 'WORLD_SIZE', '8', '16', 'blocker'],
  ['variables', 'NODE_OPTIONS', '--a', '--b', 'major'],
  ['k8s', 'node', 'a', 'b', 'info'],
  ['anything', 'else', 1, 2, 'major'],
  ['runtime', 'version', '24.1.0', null, 'minor'],
]

/** An object in which a path of names leads to a value. */
const nested = (path: readonly string[], value: Json): Json =>
  path.length === 0 ? value : { [path[0] ?? '']: nested(path.slice(1), value) }

describe('the rules of drift', () => {
  for (const [section, fact, before, after, severity] of table) {
    test(`${section}.${fact} from ${JSON.stringify(before)} to ${JSON.stringify(after)} is ${severity}`, () => {
      const path =
        fact === 'lockFiles.package-lock.json'
          ? ['lockFiles', 'package-lock.json']
          : fact.split('.')
      const drift = findDrift(
        environment({ [section]: nested(path, before) }),
        environment({ [section]: nested(path, after) }),
        driftRuleSet(),
      )
      assert.deepEqual(
        drift.sections.map((found) => [found.section, found.severity, found.changeCount]),
        [[`environment.${section}`, severity, 1]],
      )
      assert.equal(drift.verdict, driftRuleSet().verdicts[severity])
    })
  }

  test('a fact that one side lacks is unknown, whatever its section', () => {
    const drift = findDrift(
      environment({ code: { commit: 'a', tree: 'b' } }),
      environment({ code: { commit: 'a' } }),
      driftRuleSet(),
    )
    assert.deepEqual(drift.sections[0]?.changes, [
      { fact: 'tree', severity: 'unknown', recorded: 'b' },
    ])
    assert.equal(drift.severity, 'unknown')
  })

  test('what is unknown means what major means, unless a policy says otherwise', () => {
    assert.equal(driftRuleSet({ verdicts: { major: 'refuse' } }).verdicts.unknown, 'refuse')
    const both = driftRuleSet({ verdicts: { major: 'refuse', unknown: 'allow' } })
    assert.equal(both.verdicts.unknown, 'allow')
  })

  test('rules of a policy come first', () => {
    const terms = { rules: [{ section: 'c*e', fact: '*mm*t', severity: 'info' as const }] }
    const drift = findDrift(
      environment({ code: { commit: 'a' } }),
      environment({ code: { commit: 'b' } }),
      driftRuleSet(terms),
    )
    assert.equal(drift.severity, 'info')
  })

  test('equal sides have no drift, and the order of names does not matter', () => {
    const sections = fc.dictionary(
      fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/),
      fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
      { maxKeys: 5 },
    )
    fc.assert(
      fc.property(sections, (found) => {
        const given = JSON.parse(JSON.stringify(found)) as Record<string, Json>
        const turned = Object.fromEntries(Object.entries(given).toReversed())
        const drift = findDrift(environment(given), environment(turned), driftRuleSet())
        assert.deepEqual([drift.verdict, drift.sections], ['allow', []])
        assert.equal(drift.equal.length, Object.keys(given).length)
      }),
      { numRuns: 100 },
    )
  })

  test('a pattern of many stars takes no longer than its length', () => {
    const terms = { rules: [{ section: `${'*a'.repeat(63)}*`, severity: 'info' as const }] }
    const section = 'a'.repeat(62)
    const begun = performance.now()
    findDrift(
      environment({ [section]: { x: 1 } }),
      environment({ [section]: { x: 2 } }),
      driftRuleSet(terms),
    )
    assert.ok(performance.now() - begun < 1_000)
  })
})
