import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import type { Run } from '../../schema/run.ts'
import { projections } from '../../server/compose.ts'
import { replay, type ReplayedTable } from '../../server/log/replay.ts'
import { projectionTables } from '../../server/store/tables.ts'
import { dialects } from '../harness/catalog.ts'
import { sampleReserved } from '../harness/samples.ts'
import { writingHistory } from '../recover/history/actions.ts'
import { beginPlay, perform } from '../recover/history/perform.ts'
import { answered, declareScene, useScene, type Scene } from '../register/scene.ts'
import { openSweepScene, type SweepScene } from '../retention/sweep-scene.ts'
import { openRaw } from '../store/raw.ts'
import { upTo } from './drafts.ts'

const HISTORY_LENGTH = 60

for (const dialect of dialects) {
  describe(`replaying the log on ${dialect}`, () => {
    const scene = useScene(dialect)
    const replayAll = (onProgress?: (count: number) => void): Promise<readonly ReplayedTable[]> =>
      replay(scene().at.catalog.database, projections, onProgress)
    const rows = async (): Promise<ReadonlyMap<string, readonly unknown[]>> => {
      const raw = await openRaw(scene().at.config)
      const found = new Map<string, readonly unknown[]>()
      for (const table of projectionTables) {
        found.set(table, sorted(await raw.run(`select * from ${table}`)))
      }
      await raw.close()
      return found
    }
    const tamper = async (...statements: readonly string[]): Promise<void> => {
      const raw = await openRaw(scene().at.config)
      for (const statement of statements) await raw.run(statement)
      await raw.close()
    }
    const differences = (report: readonly ReplayedTable[]): unknown =>
      Object.fromEntries(
        report
          .filter((one) => one.addedCount + one.removedCount > 0)
          .map((one) => [one.table, { added: one.addedCount, removed: one.removedCount }]),
      )

    test('after random histories it gives exactly the rows that are there', async () => {
      for (const seed of [1, 2, 3]) {
        const own = await declareScene(scene().at, `history-${seed}`)
        const play = await beginPlay(own)
        const [actions = []] = fc.sample(writingHistory(HISTORY_LENGTH), { seed, numRuns: 1 })
        for (const action of actions) await perform(play, action)
        answered(await own.post('/buckets/disk/probe', {}), 201)
        answered(await own.put('/policies/sample', { rpoSeconds: 60 }), 200)
        await own.put('/formats/grid/versions/1', {
          schema: { type: 'object' },
          compatibility: 'none',
          changelog: 'The first one.',
          recovery: { uri: 's3://scripts/restore.py', digest: digestOf('restore.py') },
        })
        await own.put('/jobs/labelled', { labels: { team: 'pricing' }, description: 'ünïcode' })
        const window = { from: '2026-11-23T00:00:00Z', to: '2026-11-24T00:00:00Z' }
        const { run } = await own.open('labelled', { labels: { shift: 'night' }, window })
        const held = await own.save(run, 1, {
          labels: { a: 'b', c: 'd' },
          format: { name: 'npz', version: '1' },
        })
        await retainAndSweep(await openSweepScene(own))
        const rehearsed = { outcome: 'restored', durationMs: 5, bytes: 1 }
        const outcome = { job: 'labelled', checkpoint: held, ...rehearsed }
        answered(await own.post('/drills/outcomes', outcome), 201)
        answered(await own.put(`/checkpoints/${held}/holds/audit`, { reason: 'Audit.' }), 200)
        await reserveThree(own, run)
        await acknowledgeDrift(own)
        const begun = { checkpoint: held, ownership: 'no-claim' }
        const { restore } = answered(await own.post('/restores', begun), 201)
        const end = { outcome: 'succeeded', checked: true, bytes: 10, durationMs: 5 }
        answered(await own.post(`/restores/${restore}/outcome`, end), 200)
        answered(await own.post('/restores', begun), 201)
      }
      const before = await rows()
      let last = 0
      const report = await replayAll((count) => {
        assert.ok(count > last)
        last = count
      })
      assert.deepEqual(differences(report), {})
      assert.deepEqual(await rows(), before)
      for (const { table, rowCount } of report) {
        assert.ok(rowCount > 0, `${table} has rows to compare`)
        assert.equal(rowCount, before.get(table)?.length)
      }
      const { size } = await entryCount()
      assert.equal(last, size)
    })

    test('a row that was changed, lost or made up is reported and repaired', async () => {
      const { run } = await scene().open('fares')
      const [lost, changed] = [await scene().save(run, 1), await scene().save(run, 2)]
      const before = await rows()
      await tamper(
        `update checkpoint set step = 99 where digest = '${changed}'`,
        `delete from checkpoint where digest = '${lost}'`,
        `insert into job (namespace, job, log_index, at, spec) values ('airline', 'made-up', 1, 'then', '{}')`,
        `update line set attempt = 7 where job = 'fares' and namespace = 'airline'`,
      )
      assert.equal(answered(await scene().latest('fares'), 200).checkpoint.step, 99)
      const report = await replayAll()
      assert.deepEqual(differences(report), {
        checkpoint: { added: 2, removed: 1 },
        job: { added: 0, removed: 1 },
        line: { added: 1, removed: 1 },
      })
      assert.deepEqual(await rows(), before)
      assert.equal(answered(await scene().latest('fares'), 200).checkpoint.step, 2)
      assert.deepEqual(differences(await replayAll()), {})
    })

    test('a catalog whose projections are gone has all of them again, and goes on', async () => {
      const { run } = await scene().open('gone')
      await scene().save(run, 1)
      const before = await rows()
      await tamper(...projectionTables.map((table) => `delete from ${table}`))
      await replayAll()
      assert.deepEqual(await rows(), before)
      await scene().save(run, 2)
      assert.equal((await scene().open('gone')).run.attempt, 2)
    })

    test('more entries than one chunk are replayed as well', async () => {
      const { run } = await scene().open('long')
      await Promise.all(upTo(300).map((number) => scene().put(`/jobs/job-${number}`, {})))
      for (const step of upTo(4)) await scene().save(run, step)
      await Promise.all(upTo(300).map((number) => scene().put(`/jobs/more-${number}`, {})))
      await scene().save(run, 4)
      assert.deepEqual(differences(await replayAll()), {})
    })

    test('what is not a projection stays as it is', async () => {
      const count = async () => (await entryCount()).size
      const [entries, token] = [await count(), { 'idempotency-key': 'kept' }]
      const body = { job: 'fares', resume: 'none' }
      const first = answered(await scene().post('/runs', body, token), 201)
      await replayAll()
      assert.equal(await count(), entries + 1)
      assert.deepEqual(answered(await scene().post('/runs', body, token), 201), first)
    })

    async function entryCount(): Promise<{ readonly size: number }> {
      const raw = await openRaw(scene().at.config)
      const [row] = await raw.run('select count(*) as n from entry')
      await raw.close()
      return { size: Number(row?.['n']) }
    }
  })
}

/** Something of all that retention records: a policy, holds that begin, change and end, a run, and a sweep. */
async function retainAndSweep({ scene, openJob, save, sweep }: SweepScene): Promise<void> {
  const retention = { anyOf: [{ keep: 'latest', count: 1 }] }
  const run = await openJob('swept', { retention, graceSeconds: 0 })
  const held = await save(run, 1, ['one'])
  await save(run, 2, ['two', 'shared'])
  await save(run, 3, ['shared'])
  const hold = `/checkpoints/${held}/holds/case`
  for (const reason of ['A case', 'Another']) answered(await scene.put(hold, { reason }), 200)
  answered(await scene.post('/retention-runs', { dryRun: false, job: 'swept' }), 201)
  assert.equal((await sweep({ job: 'swept' })).removedCount, 1)
  answered(await scene.at.call('DELETE', scene.path(hold)), 200)
}

function sorted(found: readonly unknown[]): readonly unknown[] {
  return found.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
}

/** A difference that somebody goes on in spite of. */
async function acknowledgeDrift(scene: Scene): Promise<void> {
  const made = { schemaVersion: 1, sections: { code: { commit: 'c0ffee', dirty: false } } }
  const environment = digestOf(canonicalize(made))
  await scene.put(`/environments/${environment}`, made)
  const { run } = await scene.open('drifted')
  const checkpoint = await scene.save(run, 1, { environment })
  const caller = {
    environment: { ...made, sections: { code: { commit: 'facade', dirty: false } } },
  }
  const body = { checkpoint, caller, note: 'Only a fix.' }
  answered(await scene.post('/drift-acknowledgements', body), 201)
}

/** A reservation that is open, one that was finalized and one that was given up. */
async function reserveThree(scene: Scene, run: Run): Promise<void> {
  for (const [place, end] of [undefined, 'finalize', 'abandon'].entries()) {
    const manifest = sampleReserved(run, 10 + place, 1)
    const { reservation } = answered(await scene.post('/reservations', { manifest }), 201)
    answered(await scene.put(`/reservations/${reservation}/shards/0`, { blobs: [] }), 200)
    if (end !== undefined) await scene.post(`/reservations/${reservation}/${end}`, {})
  }
}
