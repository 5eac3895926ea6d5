import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Dialect } from '../../migrations/dialect.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import type { DrillFinding } from '../../schema/drill.ts'
import type { Run } from '../../schema/run.ts'
import type { Config } from '../../server/config.ts'
import { tables } from '../../server/store/tables.ts'
import { dialects, newConfig, openTestCatalog } from '../harness/catalog.ts'
import { sampleBlob } from '../harness/samples.ts'
import { answered, declareScene, itemsOf, refused, type Scene } from '../register/scene.ts'
import { openRaw } from '../store/raw.ts'

const regions = [
  'eu-west-1',
  'eu-west-3',
  'eu-north-1',
  'us-east-1',
  'ap-east-1',
  'sa-east-1',
  'me-south-1',
  'ca-west-1',
  'ca-east-1',
]

/** A worker's bytes in a region's bucket, and copies of them in others. */
const shardsIn = (region: string, ...copies: readonly string[]) => {
  const blob = {
    ...sampleBlob('model.bin', `${region}${copies.join()}`),
    uri: `s3://states-${region}/model.bin`,
  }
  const others = copies.map((other) => ({
    uri: `s3://states-${other}/model.bin`,
    versionId: 'v1',
    region: other,
  }))
  return [{ rank: 0, blobs: [others.length === 0 ? blob : { ...blob, copies: others }] }]
}

/** A catalog that knows a bucket of each region; nobody answers there, and nobody is asked. */
async function configWithRegions(dialect: Dialect): Promise<Config> {
  const config = await newConfig(dialect)
  const bucketsFile = join(config.dataDirectory, 'buckets.json')
  const buckets = regions.map((region) => ({ bucket: `states-${region}`, region }))
  writeFileSync(bucketsFile, JSON.stringify({ buckets }))
  return { ...config, bucketsFile }
}

for (const dialect of dialects) {
  describe(`drills on ${dialect}`, () => {
    let declared: Scene | undefined
    before(async () => {
      const at = await openTestCatalog(dialect, await configWithRegions(dialect))
      declared = await declareScene(at, 'airline')
    })
    after(() => declared?.at.close())
    const scene = (): Scene => {
      assert.ok(declared)
      return declared
    }
    const drill = async (body: object) => answered(await scene().post('/drills', body), 200)
    const lose = (region: string) => ({ faults: [{ fault: 'region-lost', region }] })
    const short = ({ verdict, from, to, reason }: DrillFinding) => [
      verdict,
      from.step,
      to?.step,
      reason,
    ]
    const opened = async (job: string, members: Record<string, unknown> = {}): Promise<Run> =>
      (await scene().open(job, members)).run

    test('a lost region: what falls back, to what, at which cost against the RPO', async () => {
      await scene().put('/policies/hourly', { rpoSeconds: 600 })
      await scene().put('/jobs/regional', { policy: 'hourly' })
      const run = await opened('regional')
      const old = await scene().save(run, 10, { shards: shardsIn('eu-west-1') })
      scene().at.advance(900_000)
      await scene().save(run, 20, { shards: shardsIn('eu-west-1', 'us-east-1') })
      scene().at.advance(900_000)
      const newest = await scene().save(run, 30, { shards: shardsIn('us-east-1') })
      const found = await drill({ job: 'regional', ...lose('us-east-1') })
      assert.equal(found.asOf, (await scene().size()) - 1)
      const [finding] = found.items as readonly DrillFinding[]
      assert.deepEqual(found.items.map(short), [['falls-back', 30, 20, 'UNAVAILABLE']])
      assert.equal(finding?.from.checkpoint, newest)
      assert.equal(finding?.lostSteps, 10)
      assert.equal(finding?.lostSeconds, 900)
      assert.deepEqual([finding?.rpoSeconds, finding?.withinRpo], [600, false])
      const both = {
        job: 'regional',
        faults: [...lose('us-east-1').faults, ...lose('eu-west-1').faults],
      }
      const [lost] = (await drill(both)).items
      assert.deepEqual(short(lost), ['lost', 30, undefined, 'UNAVAILABLE'])
      assert.equal(lost.lostSteps, 30)
      assert.equal(lost.lostSeconds, 1800)
      const corrupt = [{ fault: 'checkpoint-corrupt', checkpoint: old }]
      assert.deepEqual((await drill({ job: 'regional', faults: corrupt })).items, [])
    })

    test('an unreadable bucket takes a delta down with its base, and says which one', async () => {
      const run = await opened('bucket')
      await scene().save(run, 1, { shards: shardsIn('eu-north-1') })
      const base = await scene().save(run, 2, { shards: shardsIn('ap-east-1') })
      await scene().save(run, 3, { base, shards: shardsIn('eu-north-1') })
      const faults = [{ fault: 'bucket-unreadable', bucket: 'states-ap-east-1' }]
      const { items } = await drill({ job: 'bucket', faults })
      const origin = [{ fault: 'bucket-unreadable', bucket: 's3://states-ap-east-1' }]
      assert.deepEqual((await drill({ job: 'bucket', faults: origin })).items, items)
      assert.deepEqual(items.map(short), [['falls-back', 3, 1, 'UNAVAILABLE']])
      assert.equal(items[0].because, base)
      assert.equal(items[0].passedOverCount, 2)
      assert.equal(items[0].rpoSeconds, undefined)
    })

    test('a corrupt checkpoint, an upgraded library and a changed policy are seen through the same choice', async () => {
      const record = async (sections: object): Promise<Digest> => {
        const document = { schemaVersion: 1, sections }
        const digest = digestOf(canonicalize(document))
        await scene().put(`/environments/${digest}`, document)
        return digest
      }
      await scene().put('/policies/plain', { rpoSeconds: 60 })
      await scene().put('/jobs/seen', { policy: 'plain' })
      const run = await opened('seen')
      const [none, old, now] = [
        await record({ runtime: { node: '24' } }),
        await record({ dependencies: { numpy: '1.26' } }),
        await record({ dependencies: { numpy: '2.0' } }),
      ]
      const first = await scene().save(run, 1, { environment: now })
      await scene().evidence(first, 'verified')
      await scene().save(run, 2, { environment: none })
      await scene().save(run, 3)
      const newest = await scene().save(run, 4, { environment: old })
      const of = async (fault: object) => {
        const { items } = await drill({ job: 'seen', faults: [fault] })
        return items.map(short)
      }
      assert.deepEqual(await of({ fault: 'checkpoint-corrupt', checkpoint: newest }), [
        ['falls-back', 4, 3, 'EVIDENCE_FAILED'],
      ])
      const upgrade = { fault: 'library-upgraded', library: 'numpy', version: '2.0' }
      // What recorded nothing of its libraries is not known to load, and never taken for the same.
      assert.deepEqual(await of(upgrade), [['falls-back', 4, 1, 'ENVIRONMENT_DIFFERS']])
      assert.deepEqual(await of({ ...upgrade, library: 'scipy' }), [])
      const spec = { requiredGrade: 'verified', rpoSeconds: 1 }
      assert.deepEqual(await of({ fault: 'policy-changed', policy: 'plain', spec }), [
        ['falls-back', 4, 1, 'GRADE_TOO_LOW'],
      ])
    })

    test('a line of many environments is seen through, however many it has', async () => {
      const run = await opened('many-environments')
      const digests: Digest[] = []
      for (let count = 0; count < 12; count += 1) {
        const document = { schemaVersion: 1, sections: { dependencies: { numpy: `1.${count}` } } }
        const environment = digestOf(canonicalize(document))
        await scene().put(`/environments/${environment}`, document)
        digests.push(await scene().save(run, count, { environment }))
      }
      const upgrade = { fault: 'library-upgraded', library: 'numpy', version: '1.0' }
      const { items } = await drill({ job: 'many-environments', faults: [upgrade] })
      assert.equal(items[0].to.checkpoint, digests[0])
      assert.equal(items[0].passedOverCount, 11)
    })

    test('a drill changes nothing: every row of every table is as before, unless it is recorded', async () => {
      const run = await opened('still')
      await scene().save(run, 1, { shards: shardsIn('sa-east-1') })
      const untouched = await everything(scene())
      await drill({ job: 'still', ...lose('sa-east-1') })
      await drill(lose('sa-east-1'))
      refused(await scene().post('/drills', lose('nowhere-1')), 'DRILL_TARGET_NOT_FOUND')
      assert.deepEqual(await everything(scene()), untouched)
      const size = await scene().size()
      const headers = { 'idempotency-key': `drill-${dialect}` }
      const body = { job: 'still', record: true, ...lose('sa-east-1') }
      const recorded = answered(await scene().post('/drills', body, headers), 200)
      await scene().save(run, 2, { shards: shardsIn('eu-west-3') })
      const again = answered(await scene().post('/drills', body, headers), 200)
      assert.deepEqual(again, recorded)
      assert.equal(await scene().size(), size + 2)
      const [{ entry }] = itemsOf(await scene().get(`/entries?after=${size - 1}&limit=1`))
      assert.equal(entry.kind, 'drill.recorded')
      assert.equal(entry.subject, recorded.recorded.drill)
      assert.deepEqual(entry.faults, body.faults)
      const { asOf, counts, findings } = recorded
      assert.deepEqual(entry.planned, { asOf, counts, findings, isWhole: true })
      // Whoever reads the log can find the same again.
      const anew = await drill({ job: 'still', ...lose('sa-east-1'), asOf })
      assert.equal(anew.findings, findings)
      assert.equal(digestOf(canonicalize(anew.items)), findings)
    })

    test('a whole namespace goes by pages, and every line is examined once', async () => {
      for (const partition of ['a', 'b', 'c']) {
        const run = await opened('paged', { partition })
        await scene().save(run, 1, { shards: shardsIn('me-south-1') })
      }
      await opened('paged', { partition: 'd' })
      const whole = await drill(lose('me-south-1'))
      const counts = { examined: 0, lost: 0, withoutGood: 0 }
      const items: DrillFinding[] = []
      let cursor: string | null = ''
      for (let pages = 0; cursor !== null && pages < 50; pages += 1) {
        const page: typeof whole = await drill({
          ...lose('me-south-1'),
          limit: 2,
          ...(cursor === '' ? {} : { cursor }),
        })
        items.push(...page.items)
        for (const name of ['examined', 'lost', 'withoutGood'] as const) {
          counts[name] += page.counts[name]
        }
        // Whatever is recorded meanwhile, all pages are of the moment of the first.
        await opened(`meanwhile-${pages}`)
        assert.equal(page.asOf, whole.asOf)
        cursor = page.next
      }
      assert.deepEqual(items, whole.items)
      const { examined, lost, withoutGood } = whole.counts
      assert.deepEqual(counts, { examined, lost, withoutGood })
      assert.equal(lost, 3)
      assert.ok(withoutGood >= 1)
      const slice = await drill({ job: 'paged', partition: 'b', ...lose('me-south-1') })
      assert.deepEqual(slice.counts.examined, 1)
    })

    test('a drill sees the past as it was', async () => {
      const run = await opened('then')
      await scene().save(run, 1, { shards: shardsIn('ca-west-1') })
      const asOf = (await scene().size()) - 1
      await scene().save(run, 2, { shards: shardsIn('ca-east-1') })
      const past = await drill({ job: 'then', ...lose('ca-west-1'), asOf })
      assert.deepEqual(past.items.map(short), [['lost', 1, undefined, 'UNAVAILABLE']])
      assert.deepEqual((await drill({ job: 'then', ...lose('ca-west-1') })).items, [])
    })

    test('what does not exist is refused by its name, and a drill asks for a grant', async () => {
      const run = await opened('named')
      await scene().save(run, 1)
      const post = (body: object, headers?: Record<string, string>) =>
        scene().post('/drills', body, headers)
      const corrupt = [{ fault: 'checkpoint-corrupt', checkpoint: digestOf('nothing') }]
      refused(await post({ faults: corrupt }), 'CHECKPOINT_NOT_FOUND')
      const changed = [{ fault: 'policy-changed', policy: 'nobodys', spec: {} }]
      refused(await post({ faults: changed }), 'POLICY_NOT_FOUND')
      refused(await post({ job: 'nobody', ...lose('eu-west-1') }), 'JOB_NOT_FOUND')
      const misspelt = refused(
        await post({ job: 'named', ...lose('eu-wst-1') }),
        'DRILL_TARGET_NOT_FOUND',
      )
      assert.equal(misspelt.target, 'eu-wst-1')
      const unread = [{ fault: 'bucket-unreadable', bucket: 's3://state' }]
      refused(await post({ job: 'named', faults: unread }), 'DRILL_TARGET_NOT_FOUND')
      refused(await post({ partition: 'p', ...lose('eu-west-1') }), 'INVALID_REQUEST')
      refused(await post({ faults: [] }), 'INVALID_REQUEST')
      refused(await post({ ...lose('eu-west-1'), cursor: 'x' }), 'INVALID_CURSOR')
      const reader = await scene().at.tokenFor('reader', [{ verbs: ['read'], on: '*/named' }])
      const headers = { authorization: `Bearer ${reader}` }
      const bucket = [{ fault: 'bucket-unreadable', bucket: 'states-eu-west-1' }]
      answered(await post({ faults: bucket }, headers), 200)
      refused(await post({ job: 'named', faults: bucket, record: true }, headers), 'FORBIDDEN')
      refused(await post({ job: 'still', faults: bucket }, headers), 'FORBIDDEN')
    })

    test('a rehearsal that was reported ends what is due, until it is due again', async () => {
      await scene().put('/policies/weekly', { rehearseEverySeconds: 604_800 })
      await scene().put('/jobs/rehearsed', { policy: 'weekly' })
      const run = await opened('rehearsed')
      const checkpoint = await scene().save(run, 1)
      const due = async () =>
        itemsOf(await scene().get('/drills/due')).map(({ job }: { job: string }) => job)
      assert.deepEqual(await due(), [])
      scene().at.advance(604_800_000)
      assert.deepEqual(await due(), ['rehearsed'])
      const report = (outcome: string, members: object = {}) =>
        scene().post('/drills/outcomes', {
          job: 'rehearsed',
          checkpoint,
          outcome,
          durationMs: 40,
          bytes: 7,
          ...members,
        })
      answered(await report('failed'), 201)
      assert.deepEqual(await due(), ['rehearsed'], 'a failed one is none')
      const standing = await scene().get(`/checkpoints/${checkpoint}`)
      answered(await report('restored', { faults: lose('eu-west-1').faults }), 201)
      assert.deepEqual(await due(), [])
      // It is no evidence: the checkpoint stands as before.
      assert.deepEqual((await scene().get(`/checkpoints/${checkpoint}`)).body, standing.body)
      scene().at.advance(604_800_000)
      const [again] = itemsOf(await scene().get('/drills/due'))
      assert.equal(again.job, 'rehearsed')
      assert.ok(Date.parse(again.lastAt) < Date.parse(again.dueAt))
      refused(await report('restored', { partition: 'x' }), 'RESUME_MISMATCH')
      refused(await report('restored', { checkpoint: digestOf('none') }), 'CHECKPOINT_NOT_FOUND')
    })
  })
}

/** Every row of every table. */
async function everything(scene: Scene): Promise<ReadonlyMap<string, readonly string[]>> {
  const raw = await openRaw(scene.at.config)
  const found = new Map<string, readonly string[]>()
  for (const table of Object.keys(tables)) {
    const rows = await raw.run(`select * from ${table}`)
    found.set(table, rows.map((row) => JSON.stringify(row)).toSorted())
  }
  await raw.close()
  return found
}
