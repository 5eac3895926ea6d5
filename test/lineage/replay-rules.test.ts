import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../schema/digest.ts'
import type { Environment } from '../../schema/environment.ts'
import type { Manifest } from '../../schema/manifest.ts'
import { gradeReplay } from '../../schema/replay-rules.ts'
import { sampleBlob, sampleManifest } from '../harness/samples.ts'

const run = { namespace: 'ns', job: 'job', run: 'run', attempt: 1, partition: '' } as Parameters<
  typeof sampleManifest
>[0]

const shard = (rank: number, isSeeded = true): Manifest['shards'][number] => ({
  rank,
  blobs: [sampleBlob(`state-${rank}.bin`)],
  ...(isSeeded ? { seeds: [{ generator: 'numpy.pcg64', seed: rank }] } : {}),
})

const clean: Environment['sections'] = {
  code: { commit: 'c0ffee', dirty: false },
  dependencies: { lock: 'sha256:1' },
  runtime: { node: '24' },
  hardware: { arch: 'x64' },
  variables: { TZ: 'UTC' },
}

const complete: Partial<Manifest> = {
  parameters: { rate: 0.1 },
  inputs: [{ name: 'fares', version: '7', digest: digestOf('fares') }],
  progress: { records: 1000 },
  shards: [shard(0), shard(1)],
}

function grade(
  members: Partial<Manifest> = {},
  sections: Environment['sections'] | undefined = clean,
) {
  const manifest = sampleManifest(run, 1, { ...complete, ...members })
  const { grade: given, missing } = gradeReplay({
    manifest,
    environment: sections === undefined ? undefined : { schemaVersion: 1, sections },
  })
  return [
    given,
    missing.map(({ code, subject }) => [code, ...(subject ? [subject] : [])].join(' ')),
  ]
}

/** The complete manifest without some of its members. */
function without(...names: readonly (keyof Manifest)[]): Manifest {
  const all = Object.entries(sampleManifest(run, 1, complete))
  const kept = all.filter(([name]) => !names.some((one) => one === name))
  return Object.fromEntries(kept) as unknown as Manifest
}

describe('the replay grade of a checkpoint', () => {
  it('is exact when everything that results depend on is pinned', () => {
    assert.deepEqual(grade(), ['exact', []])
    assert.deepEqual(grade({ inputs: [], progress: {} }), ['exact', []])
  })

  for (const [what, members, sections, found] of [
    ['a rank without a seed', { shards: [shard(0), shard(1, false)] }, clean, 'SEEDS_MISSING'],
    ['an unpinned input', { inputs: [{ name: 'fares' }] }, clean, 'INPUT_UNPINNED fares'],
    ['a dirty tree', {}, { ...clean, code: { commit: 'c', dirty: true } }, 'CODE_DIRTY code'],
    ['no commit', {}, { ...clean, code: { vcs: 'git' } }, 'CODE_UNKNOWN code'],
  ] as const) {
    it(`is partial with ${what}, which is named`, () => {
      assert.deepEqual(grade(members, sections), ['partial', [found]])
    })
  }

  for (const [what, members, sections, found] of [
    [
      'an input of a version without digest',
      { inputs: [{ name: 'fares', version: '7' }] },
      clean,
      'INPUT_WITHOUT_DIGEST fares',
    ],
    ['no progress', { progress: {} }, clean, 'PROGRESS_MISSING'],
    ['code that nobody compared', {}, { ...clean, code: { commit: 'c' } }, 'CODE_UNCHECKED code'],
  ] as const) {
    it(`is likely with ${what}, which is named`, () => {
      assert.deepEqual(grade(members, sections), ['likely', [found]])
    })
  }

  it('weighs each section of the environment, also one split by language', () => {
    const { hardware: _, ...rest } = clean
    assert.deepEqual(grade({}, rest), ['likely', ['SECTION_MISSING hardware']])
    const { dependencies, ...others } = clean
    assert.deepEqual(grade({}, others), ['partial', ['SECTION_MISSING dependencies']])
    const split = { ...others, 'dependencies.python': dependencies ?? {} }
    assert.deepEqual(grade({}, split), ['exact', []])
  })

  it('lists what is missing by weight, and is none when nothing at all is recorded', () => {
    const bare = without('parameters', 'inputs')
    const manifest = { ...bare, shards: [shard(0, false)] }
    const partial = gradeReplay({
      manifest,
      environment: { schemaVersion: 1, sections: { code: { commit: 'c', dirty: false } } },
    })
    assert.equal(partial.grade, 'partial')
    const weights = partial.missing.map(({ weight }) => weight)
    assert.deepEqual(weights, weights.toSorted())
    const none = gradeReplay({ manifest, environment: undefined })
    assert.equal(none.grade, 'none')
    assert.deepEqual(
      none.missing.map(({ code }) => code),
      ['SEEDS_MISSING', 'INPUTS_MISSING', 'PARAMETERS_MISSING', 'ENVIRONMENT_MISSING'],
    )
  })

  it('bounds what it lists, and counts all of it', () => {
    const inputs = Array.from({ length: 300 }, (_, place) => ({ name: `input-${place}` }))
    const shards = Array.from({ length: 150 }, (_, rank) => shard(rank, false))
    const { missing, missingCount } = gradeReplay({
      manifest: sampleManifest(run, 1, { ...complete, inputs, shards }),
      environment: { schemaVersion: 1, sections: clean },
    })
    assert.equal(missing.length, 200)
    assert.equal(missingCount, 301)
    assert.equal(missing[0]?.ranks?.length, 100)
    assert.match(missing[0]?.message ?? '', /^150 of 150 ranks/)
  })
})
