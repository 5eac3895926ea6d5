import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawCrashes } from '../../client-sdk/cli/demo/crash-plan.ts'

const partitions = ['00-10', '10-14']

test('the same seed draws the same crashes, another seed others', () => {
  assert.deepEqual(drawCrashes('7', partitions), drawCrashes('7', partitions))
  assert.notDeepEqual(drawCrashes('7', partitions), drawCrashes('8', partitions))
})

test('whatever the seed, every partition is killed twice before its end and the outage is survivable', () => {
  for (let seed = 0; seed < 500; seed += 1) {
    const { kills, outage } = drawCrashes(String(seed), partitions)
    for (const partition of partitions) {
      const [first, second] = kills.get(partition) ?? []
      assert.ok(first && second)
      assert.ok(first.afterShare > 0.1 && first.afterShare < 0.5)
      assert.ok(second.afterShare > 0.5 && second.afterShare < 0.9)
      assert.ok(first.waitShare >= 0 && first.waitShare < 1)
    }
    assert.ok(partitions.includes(outage.partition))
    assert.ok(outage.jobAfterMs < outage.downMs)
  }
})
