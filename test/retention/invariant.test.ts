import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { grades } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { RecoveryPlan } from '../../schema/recovery-plan.ts'
import type { Run } from '../../schema/run.ts'
import { dialects, openTestCatalog } from '../harness/catalog.ts'
import { answered, declareScene, itemsOf, type Scene } from '../register/scene.ts'
import { HOUR_MS, isThere, openSweepScene, type SweepScene } from './sweep-scene.ts'

/** Few contents, so that checkpoints share objects. */
const CONTENTS_COUNT = 6
const HISTORY_MAX_LENGTH = 40
const RUNS_COUNT = 8

const anyRule = fc.oneof(
  fc.record({ keep: fc.constant('latest'), count: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ keep: fc.constant('every-steps'), steps: fc.integer({ min: 2, max: 5 }) }),
  fc.record({ keep: fc.constant('newer-than'), seconds: fc.constant(7200) }),
  fc.record({
    keep: fc.constant('best'),
    count: fc.constant(1),
    label: fc.constant('loss'),
    order: fc.constantFrom('lowest', 'highest'),
  }),
)

const pick = fc.nat({ max: 1000 })

const anyAction = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('save' as const),
      contents: fc.uniqueArray(fc.nat({ max: CONTENTS_COUNT - 1 }), { minLength: 1, maxLength: 2 }),
      base: fc.option(pick, { freq: 2 }),
      loss: fc.nat({ max: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('resume' as const), from: fc.option(pick) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('evidence' as const),
      of: pick,
      finding: fc.constantFrom('present', 'verified', 'restored'),
      outcome: fc.constantFrom('passed', 'passed', 'failed'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('tombstone' as const), of: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const), of: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lift' as const), of: pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retain' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      hours: fc.integer({ min: 1, max: 3 }),
    }),
  },
)
type Action = typeof anyAction extends fc.Arbitrary<infer One> ? One : never

/** A job and everything that was saved by it. */
interface Story {
  readonly swept: SweepScene
  readonly job: string
  run: Run
  step: number
  readonly saved: Digest[]
}

const chosen = ({ saved }: Story, place: number): Digest | undefined => saved[place % saved.length]

async function perform(story: Story, action: Action): Promise<void> {
  const { swept, job } = story
  const { scene } = swept
  switch (action.do) {
    case 'save':
      return save(story, action)
    case 'resume': {
      const from = action.from === null ? undefined : chosen(story, action.from)
      const called = await scene.post('/runs', { job, resume: from ?? 'latest' })
      if (called.status !== 201) return
      story.run = called.body.run
      story.step = called.body.plan?.step ?? story.step
      return
    }
    case 'wait':
      return scene.at.advance(action.hours * HOUR_MS)
    case 'retain':
      return retain(story)
    case 'sweep':
      await swept.sweep({ job })
      return
    default: {
      const checkpoint = chosen(story, action.of)
      if (checkpoint === undefined) return
      const hold = `/checkpoints/${checkpoint}/holds/case`
      if (action.do === 'evidence') {
        await scene.evidence(checkpoint, action.finding, action.outcome)
      } else if (action.do === 'tombstone') await scene.tombstone(checkpoint)
      else if (action.do === 'hold') await scene.put(hold, { reason: 'r' })
      else await scene.at.call('DELETE', scene.path(hold))
    }
  }
}

async function save(
  story: Story,
  { contents, base, loss }: Extract<Action, { do: 'save' }>,
): Promise<void> {
  const { swept, run, job } = story
  story.step += 1
  const below = base === null ? undefined : chosen(story, base)
  const manifest = await swept.manifestOf(
    run,
    story.step,
    contents.map((content) => `${job} ${content}`),
    {
      labels: { loss: String(loss) },
      ...(below === undefined ? {} : { base: below, kind: 'delta' }),
    },
  )
  const called = await swept.scene.register(manifest)
  if (called.status === 201) story.saved.push(called.body.checkpoint)
}

/** What `latest` answers at each grade is the same before and after a retention run. */
async function retain({ swept: { scene }, job }: Story): Promise<void> {
  const latest = async (): Promise<readonly unknown[]> => {
    const answers = []
    for (const grade of grades) {
      const called = await scene.latest(job, `?minGrade=${grade}&includeAbandoned=true`)
      answers.push(called.body.checkpoint?.checkpoint ?? called.body.code)
    }
    return answers
  }
  const before = await latest()
  answered(await scene.post('/retention-runs', { dryRun: false, job }), 201)
  assert.deepEqual(await latest(), before, 'a retention run changes no answer of latest')
}

/**
 * Invariant 11, from outside: the bytes of whatever is live or held are there, with all that its chain needs, and a
 * plan for the latest good one can be carried out.
 */
async function check({ swept: { scene }, saved, job }: Story): Promise<void> {
  for (const checkpoint of saved) {
    const { tombstoned } = answered(await scene.get(`/checkpoints/${checkpoint}`), 200)
    const holds = itemsOf(await scene.get(`/checkpoints/${checkpoint}/holds`))
    if (tombstoned && holds.length === 0) continue
    for (const manifest of await chainOf(scene, checkpoint)) {
      for (const blob of manifest.shards.flatMap((shard) => shard.blobs)) {
        assert.ok(isThere(blob), `${checkpoint} lost ${blob.uri}`)
      }
    }
  }
  const called = await scene.post('/recovery-plans', { job })
  if (called.status !== 200) return
  const plan = called.body as RecoveryPlan
  for (const blob of plan.stages.flatMap((stage) => stage.blobs)) assert.ok(isThere(blob))
}

async function chainOf(scene: Scene, checkpoint: Digest): Promise<readonly Manifest[]> {
  const chain: Manifest[] = []
  let next: Digest | undefined = checkpoint
  while (next !== undefined) {
    const called = await scene.get(`/checkpoints/${next}/manifest`)
    const manifest = answered(called, 200) as Manifest
    chain.push(manifest)
    next = manifest.base
  }
  return chain
}

for (const dialect of dialects) {
  describe(`retention and sweeps on ${dialect}`, () => {
    test('over random policies and histories never take what has to stay', async () => {
      const at = await openTestCatalog(dialect)
      try {
        const swept = await openSweepScene(await declareScene(at, 'airline'))
        let storyCount = 0
        let removedCount = 0
        await fc.assert(
          fc.asyncProperty(
            fc.array(anyRule, { minLength: 1, maxLength: 2 }),
            fc.constantFrom(0, 3600),
            fc.array(anyAction, { minLength: 10, maxLength: HISTORY_MAX_LENGTH }),
            async (anyOf, graceSeconds, actions) => {
              storyCount += 1
              const job = `story-${storyCount}`
              const run = await swept.openJob(job, { retention: { anyOf }, graceSeconds })
              const story: Story = { swept, job, run, step: 0, saved: [] }
              for (const action of actions) {
                await perform(story, action)
                if (['retain', 'sweep', 'hold'].includes(action.do)) await check(story)
              }
              await retain(story)
              at.advance(3 * HOUR_MS)
              removedCount += (await swept.sweep({ job })).removedCount
              await check(story)
            },
          ),
          { numRuns: RUNS_COUNT },
        )
        assert.ok(removedCount > 0, 'some bytes were removed')
      } finally {
        await at.close()
      }
    })
  })
}
