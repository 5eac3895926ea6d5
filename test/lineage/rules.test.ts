import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import type { Environment } from '../../schema/environment.ts'
import type { Change } from '../../schema/lineage.ts'
import type { Manifest } from '../../schema/manifest.ts'
import { compareSides, verdictOf, type Side } from '../../server/lineage/rules.ts'
import { sampleBlob, sampleManifest } from '../harness/samples.ts'

const pathsOf = (changes: readonly Change[]): readonly string[] =>
  changes.map((change) => change.path)

const run = { namespace: 'ns', job: 'job', run: 'run', attempt: 1, partition: '' } as Parameters<
  typeof sampleManifest
>[0]

const environmentOf = (sections: Record<string, JsonObject>): Environment => ({
  schemaVersion: 1,
  sections,
})

/** A side that recorded everything. */
function sideOf(members: Partial<Manifest> = {}, environment?: Environment | null): Side {
  const manifest = sampleManifest(run, 1, {
    parameters: { rate: 0.1 },
    inputs: [{ name: 'fares', version: '7' }],
    format: { name: 'torch', version: '2' },
    shards: [
      {
        rank: 0,
        blobs: [sampleBlob('state.bin')],
        seeds: [{ generator: 'numpy.pcg64', seed: 7 }],
      },
    ],
    ...members,
  })
  const recorded =
    environment === undefined ? environmentOf({ code: { revision: 'a' } }) : environment
  return { manifest, environment: recorded ?? undefined }
}

/** The same side without one member of its manifest. */
function sideWithout(name: 'parameters' | 'inputs' | 'format'): Side {
  const { manifest, environment } = sideOf()
  const { [name]: _, ...rest } = manifest
  return { manifest: rest, environment }
}

const sectionOf = (left: Side, right: Side, name: string) =>
  compareSides(left, right).sections.find((section) => section.section === name)

describe('the comparison of two checkpoints', () => {
  it('is equal when both recorded everything and nothing differs', () => {
    const { verdict, sections } = compareSides(sideOf(), sideOf())
    assert.equal(verdict, 'equal')
    assert.deepEqual(
      sections.map((section) => [section.section, section.verdict]),
      [
        ['parameters', 'equal'],
        ['seeds', 'equal'],
        ['inputs', 'equal'],
        ['format', 'equal'],
        ['environment.code', 'equal'],
      ],
    )
  })

  for (const name of ['parameters', 'inputs', 'format'] as const) {
    it(`is unknown in ${name} when one side recorded none, and when neither did`, () => {
      for (const right of [sideOf(), sideWithout(name)]) {
        const section = sectionOf(sideWithout(name), right, name)
        assert.deepEqual(section, {
          section: name,
          verdict: 'unknown',
          changes: [],
          truncated: false,
        })
        assert.equal(compareSides(sideWithout(name), right).verdict, 'unknown')
      }
    })
  }

  it('is different as soon as one section is, whatever is unknown', () => {
    const left = sideOf({ parameters: { rate: 0.1 } }, null)
    const right = sideOf({ parameters: { rate: 0.2 } })
    assert.equal(compareSides(left, right).verdict, 'different')
    assert.deepEqual(sectionOf(left, right, 'parameters')?.changes, [
      { path: '/rate', left: 0.1, right: 0.2 },
    ])
  })

  it('takes seeds by rank and generator, in whatever order they are listed', () => {
    const shard = (rank: number, seeds: NonNullable<Manifest['shards'][number]['seeds']>) => ({
      rank,
      blobs: [sampleBlob(`state-${rank}.bin`)],
      seeds,
    })
    const left = sideOf({
      shards: [
        shard(0, [
          { generator: 'numpy', seed: 1 },
          { generator: 'python', seed: 2 },
        ]),
        shard(1, [{ generator: 'numpy', seed: 3 }]),
      ],
    })
    const right = sideOf({
      shards: [
        shard(1, [{ generator: 'numpy', seed: 4 }]),
        shard(0, [
          { generator: 'python', seed: 2 },
          { generator: 'numpy', seed: 1 },
        ]),
      ],
    })
    assert.deepEqual(sectionOf(left, right, 'seeds')?.changes, [
      { path: '/1/numpy/seed', left: 3, right: 4 },
    ])
  })

  it('looks through the name of a state blob at its bytes', () => {
    const withState = (content: string): Side =>
      sideOf({
        shards: [
          {
            rank: 0,
            blobs: [sampleBlob('generator.bin', content)],
            seeds: [{ generator: 'torch.cuda', stateBlob: 'generator.bin' }],
          },
        ],
      })
    assert.equal(sectionOf(withState('one'), withState('one'), 'seeds')?.verdict, 'equal')
    assert.deepEqual(
      pathsOf(sectionOf(withState('one'), withState('two'), 'seeds')?.changes ?? []),
      ['/0/torch.cuda/stateDigest'],
    )
  })

  it('takes inputs by name, and keeps those that share one apart', () => {
    const left = sideOf({
      inputs: [
        { name: 'fares', version: '7' },
        { name: 'zones', digest: digestOf('zones') },
      ],
    })
    const right = sideOf({
      inputs: [
        { name: 'zones', digest: digestOf('zones') },
        { name: 'fares', version: '8' },
      ],
    })
    assert.deepEqual(sectionOf(left, right, 'inputs')?.changes, [
      { path: '/fares/version', left: '7', right: '8' },
    ])
    const twice = (versions: readonly string[]): Side =>
      sideOf({ inputs: versions.map((version) => ({ name: 'fares', version })) })
    assert.equal(sectionOf(twice(['1', '2']), twice(['1', '2']), 'inputs')?.verdict, 'equal')
    assert.deepEqual(
      pathsOf(sectionOf(twice(['1', '2']), twice(['1', '3']), 'inputs')?.changes ?? []),
      ['/fares/1/version'],
    )
  })

  it('does not take inputs as equal that are the same by name alone', () => {
    const unpinned = sideOf({ inputs: [{ name: 'fares', uri: 's3://data/fares' }] })
    assert.equal(sectionOf(unpinned, unpinned, 'inputs')?.verdict, 'unknown')
    assert.equal(compareSides(unpinned, unpinned).verdict, 'unknown')
  })

  it('compares environments section by section, and one that only one side has is unknown', () => {
    const left = sideOf(
      {},
      environmentOf({ code: { revision: 'a' }, runtime: { node: '24' }, hardware: { gpus: 8 } }),
    )
    const right = sideOf({}, environmentOf({ code: { revision: 'b' }, runtime: { node: '24' } }))
    const verdicts = compareSides(left, right)
      .sections.filter((section) => section.section.startsWith('environment'))
      .map((section) => [section.section, section.verdict])
    assert.deepEqual(verdicts, [
      ['environment.code', 'different'],
      ['environment.hardware', 'unknown'],
      ['environment.runtime', 'equal'],
    ])
  })

  it('has every section unknown when one environment is missing, and says so when both are', () => {
    assert.equal(sectionOf(sideOf(), sideOf({}, null), 'environment.code')?.verdict, 'unknown')
    const neither = compareSides(sideOf({}, null), sideOf({}, null))
    assert.equal(neither.verdict, 'unknown')
    assert.equal(neither.sections.at(-1)?.section, 'environment')
  })
})

describe('the verdict on the whole', () => {
  it('is the worst of its sections', () => {
    const verdicts = fc.array(fc.constantFrom('equal', 'different', 'unknown'), { maxLength: 6 })
    fc.assert(
      fc.property(verdicts, (all) => {
        const expected = all.includes('different')
          ? 'different'
          : all.includes('unknown')
            ? 'unknown'
            : 'equal'
        const sections = all.map((verdict) => ({ verdict }) as { verdict: 'equal' })
        assert.equal(verdictOf(sections), expected)
      }),
    )
  })
})
