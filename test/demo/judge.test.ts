import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reckonCrashes } from '../../client-sdk/cli/demo/draw-summary.ts'
import { judge, type Evidence } from '../../client-sdk/cli/demo/judge.ts'
import type { JobStory } from '../../client-sdk/cli/demo/job-story.ts'
import type { PartitionStock, Stock } from '../../client-sdk/cli/demo/take-stock.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { goodEvidence } from './demo-evidence.ts'

function withLastStory(change: (story: JobStory) => Partial<JobStory>): Evidence {
  const good = goodEvidence()
  const phases = good.phases.map((phase, place) =>
    place < good.phases.length - 1
      ? phase
      : { ...phase, partitions: phase.partitions.map((story) => ({ ...story, ...change(story) })) },
  )
  return { ...good, phases }
}

function withStock(change: (stock: Stock) => Partial<Stock>): Evidence {
  const good = goodEvidence()
  return { ...good, stock: { ...good.stock, ...change(good.stock) } }
}

function withPartitions(change: (partition: PartitionStock) => Partial<PartitionStock>): Evidence {
  return withStock(({ partitions }) => ({
    partitions: partitions.map((one) => ({ ...one, ...change(one) })),
  }))
}

function brokenPromises(evidence: Evidence): readonly string[] {
  return judge(evidence)
    .filter(({ differences }) => differences.length > 0)
    .map(({ promise }) => promise)
}

test('when all is as promised, nothing differs', () => {
  assert.deepEqual(brokenPromises(goodEvidence()), [])
  assert.equal(judge(goodEvidence()).length, 8)
})

const breaches: readonly (readonly [what: string, promise: RegExp, evidence: Evidence])[] = [
  [
    'nothing was killed',
    /^Jobs and the catalog were killed/,
    {
      ...goodEvidence(),
      phases: goodEvidence().phases.map((phase) => ({
        ...phase,
        partitions: phase.partitions.map((one) => ({ ...one, crashes: [] })),
      })),
    },
  ],
  [
    'nothing was spooled',
    /^Jobs and the catalog were killed/,
    withLastStory(({ saved }) => ({
      saved: saved.map((one) => ({ ...one, status: 'registered' })),
    })),
  ],
  [
    'a checkpoint is in the log twice',
    /^Every acknowledged checkpoint/,
    withStock(({ registered }) => ({
      registered: new Map([...registered].map(([one]) => [one, 2])),
    })),
  ],
  [
    'an acknowledged checkpoint is missing',
    /^Every acknowledged checkpoint/,
    withStock(({ registered }) => ({ registered: new Map([...registered].slice(1)) })),
  ],
  [
    'a run went backwards',
    /^The order is kept/,
    withPartitions(({ checkpoints }) => ({
      checkpoints: checkpoints.map((one) => ({ ...one, run: 'one', step: 200 - one.step })),
    })),
  ],
  ['a manifest tells of a gap', /^There are no gaps/, withPartitions(() => ({ gapCount: 1 }))],
  [
    'a record is left in a spool',
    /^There are no gaps/,
    withPartitions(() => ({ spooledCount: 1 })),
  ],
  [
    'the spool dropped a checkpoint',
    /^There are no gaps/,
    withLastStory(({ saved }) => ({
      saved: [...saved, ...saved.slice(-1).map((one) => ({ ...one, status: 'dropped' as const }))],
    })),
  ],
  [
    'restoring gives something else',
    /^What the catalog gives back/,
    withPartitions(() => ({ restoredWeights: digestOf('other') })),
  ],
  [
    'the latest is not the end',
    /^`latest` never goes back/,
    withPartitions(() => ({ latestStep: 80 })),
  ],
  [
    'the latest went back when the catalog was killed',
    /^`latest` never goes back/,
    {
      ...goodEvidence(),
      outage: { ...goodEvidence().outage, latestAfter: new Map([['00-10', 20]]) },
    },
  ],
  [
    'an old attempt got through',
    /^An attempt that was given up/,
    { ...goodEvidence(), zombieRefusal: 'accepted' },
  ],
  [
    'nobody tried an old attempt',
    /^An attempt that was given up/,
    { ...goodEvidence(), zombieRefusal: undefined },
  ],
]

for (const [what, promise, evidence] of breaches) {
  test(`it is found out when ${what}`, () => {
    const broken = brokenPromises(evidence)
    assert.equal(broken.length, 1)
    assert.match(broken[0] ?? '', promise)
  })
}

test('it is found out when a result differs in one bit', () => {
  const other = withLastStory(({ result }) => ({
    result: { ...result, weights: digestOf('other') },
  }))
  const broken = brokenPromises(other)
  assert.ok(broken.includes('The results are the same to the last bit'))
})

test('beginning again would cost the restart and every step up to the crash', () => {
  const [cost] = reckonCrashes(goodEvidence().phases)
  assert.equal(cost?.withoutCheckpointsMs, 1_000 + 55 * 100)
})
