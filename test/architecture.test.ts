import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { rules } from './architecture/rules.ts'
import { badSamples, goodSamples } from './architecture/samples.ts'
import { readSourceTree, sourceTreeOf } from './architecture/source-tree.ts'

const root = join(import.meta.dirname, '..')
const tree = readSourceTree(root)

for (const rule of rules) {
  test(`in this repository, ${rule.name}`, () => {
    const findings = rule.check(tree).map((one) => `${one.path}:${one.line} ${one.message}`)
    assert.deepEqual(findings, [])
  })
}

for (const sample of badSamples) {
  test(`the rule that ${sample.rule} refuses ${sample.holds}`, () => {
    const rule = rules.find((one) => one.name === sample.rule)
    const findings = rule?.check(sourceTreeOf(Object.entries(sample.files))) ?? []
    assert.ok(
      findings.some((one) => one.path === sample.found),
      `no finding for ${sample.found}`,
    )
  })
}

test('every rule refuses at least one sample', () => {
  const refusing = new Set(badSamples.map((sample) => sample.rule))
  assert.deepEqual(
    rules.map((rule) => rule.name).filter((name) => !refusing.has(name)),
    [],
  )
})

for (const sample of goodSamples) {
  test(`no rule refuses ${sample.holds}`, () => {
    const samples = sourceTreeOf(Object.entries(sample.files))
    const findings = rules.flatMap((rule) =>
      rule.check(samples).map((one) => `${one.path}:${one.line} ${rule.name}: ${one.message}`),
    )
    assert.deepEqual(findings, [])
  })
}

test('the tree holds the files of this repository, each with what it imports', () => {
  const self = tree.get('test/architecture.test.ts')
  assert.ok(self?.imports.some((one) => one.specifier === './architecture/rules.ts'))
  assert.ok(tree.has('schema/errors.ts'))
  assert.ok(![...tree.keys()].some((path) => path.includes('node_modules')))
})
