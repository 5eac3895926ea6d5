import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { parseAccessBody, type AccessLine } from '../../schema/access-log.ts'
import type { Grant } from '../../schema/grant.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { checkAccessLog } from '../../server/inspect/check-access-log.ts'
import { openFindingList, type CheckFinding } from '../../server/inspect/check-findings.ts'
import type { Reader } from '../../server/store/database.ts'
import { dialects, openTestCatalog } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import {
  answered,
  declareScene,
  refused,
  sceneIn,
  useScene,
  type Scene,
} from '../register/scene.ts'
import { openRaw } from '../store/raw.ts'

for (const dialect of dialects) {
  describe(`the access log on ${dialect}`, () => {
    const scene = useScene(dialect)
    const bearer = async (subject: string, grants: readonly Grant[]) => ({
      authorization: `Bearer ${await scene().at.tokenFor(subject, grants)}`,
    })
    const check = (namespace = scene().namespace) =>
      findingsOf(scene().at.catalog.context.db, namespace)

    test('a write is in it with who asked, by which grant, and the entries it made', async () => {
      const before = (await linesOf(scene())).length
      const size = await scene().size()
      const headers = await bearer('alice', [
        { verbs: ['read'], on: 'airline/*' },
        { verbs: ['append'], on: 'airline/seats' },
        { verbs: ['append', 'verify'], on: 'air*/fares' },
      ])
      const opened = await scene().post('/runs', { job: 'fares', resume: 'none' }, headers)
      const { run } = answered(opened, 201)
      const manifest = sampleManifest(run, 1)
      const { checkpoint } = answered(
        await scene().post('/checkpoints', { manifest }, headers),
        201,
      )
      const found = { finding: 'present', outcome: 'passed', method: 'test' }
      answered(await scene().post(`/checkpoints/${checkpoint}/evidence`, found, headers), 201)
      answered(await scene().post(`/runs/${run.run}/close`, { outcome: 'failed' }, headers), 200)
      const asked = { outcome: 'appended', count: 1, principal: 'alice', grant: 'air*/fares' }
      assert.deepEqual((await linesOf(scene())).slice(before), [
        { ...asked, operation: 'openRun', entries: [[size, size + 1]] },
        { ...asked, operation: 'registerCheckpoint', entries: [[size + 2, size + 2]] },
        { ...asked, operation: 'recordEvidence', entries: [[size + 3, size + 3]] },
        { ...asked, operation: 'closeRun', entries: [[size + 4, size + 4]] },
      ])
    })

    test('a repeat and a refusal are in it, and made no entry', async () => {
      const { run } = await scene().open('again')
      await scene().save(run, 1)
      const before = (await linesOf(scene())).length
      answered(await scene().register(sampleManifest(run, 1)), 200)
      const other = sampleManifest(run, 1, { parameters: { rate: 1 } })
      refused(await scene().register(other), 'REGISTRATION_CONFLICT')
      const asked = { count: 1, principal: 'tester', grant: '*/*', operation: 'registerCheckpoint' }
      assert.deepEqual((await linesOf(scene())).slice(before), [
        { ...asked, outcome: 'unchanged' },
        { ...asked, outcome: 'refused', code: 'REGISTRATION_CONFLICT' },
      ])
    })

    test('what arrives together is one record, and equal requests are one line of it', async () => {
      const { run } = await scene().open('batch')
      const [before, size] = [await recordsOf(scene()), await scene().size()]
      const items = Array.from({ length: 64 }, (_, step) => ({
        manifest: sampleManifest(run, step),
      }))
      answered(await scene().post('/checkpoints/batch', { items }), 200)
      const after = await recordsOf(scene())
      assert.equal(after.length, before.length + 1)
      const [line] = (await linesOf(scene())).slice(-1)
      assert.deepEqual(line, {
        outcome: 'appended',
        count: 64,
        principal: 'tester',
        operation: 'registerCheckpoints',
        grant: '*/*',
        entries: [[size, size + 63]],
      })
      assert.ok((after.at(-1)?.body.length ?? 0) < 256, 'a batch costs few bytes')
    })

    test('a denial is in it: with whom, or why nobody, for what, and never the token', async () => {
      const at = await openTestCatalog(dialect)
      const fresh = await declareScene(at, 'airline')
      const path = fresh.path('/jobs/fares')
      const reader = await at.tokenFor('bob', [{ verbs: ['read'], on: 'airline/*' }])
      for (const authorization of ['', 'Bearer no.such.token', `Bearer ${reader}`]) {
        assert.ok((await at.call('PUT', path, {}, { authorization })).status >= 401)
      }
      const { run } = await fresh.open('other')
      const other = await at.tokenFor('carol', [{ verbs: ['append'], on: 'airline/mine' }])
      const items = [{ manifest: sampleManifest(run, 1) }]
      const authorization = `Bearer ${other}`
      answered(await fresh.post('/checkpoints/batch', { items }, { authorization }), 200)
      const { config } = at
      await at.catalog.close()
      const again = await openTestCatalog(dialect, config)
      const denied = (await linesOf(sceneIn(again, 'airline'))).filter(
        (line) => line.outcome === 'denied',
      )
      const byWhom = denied.map((line) =>
        [line.code, line.principal, line.operation, line.on].join(' '),
      )
      assert.deepEqual(
        new Set(byWhom),
        new Set([
          'TOKEN_MISSING  declareJob airline/fares',
          'TOKEN_INVALID  declareJob airline/fares',
          'FORBIDDEN bob declareJob airline/fares',
          'FORBIDDEN carol registerCheckpoints airline/other',
        ]),
      )
      assert.equal(byWhom.length, 4)
      assert.doesNotMatch(JSON.stringify(denied), /such|eyJ/)
      assert.deepEqual(await findingsOf(again.catalog.context.db, 'airline'), [])
      await again.close()
    })

    test('a flood of denials is counted in few records', async () => {
      const at = await openTestCatalog(dialect)
      const fresh = await declareScene(at, 'airline')
      const asked = Array.from({ length: 300 }, (_, number) =>
        at.call('GET', fresh.path(`/jobs/job-${number % 3}`), undefined, { authorization: '' }),
      )
      for (const called of await Promise.all(asked)) refused(called, 'TOKEN_MISSING')
      const { config } = at
      await at.catalog.close()
      const again = await openTestCatalog(dialect, config)
      const reopened = sceneIn(again, 'airline')
      assert.ok((await recordsOf(reopened)).length <= 3)
      const denied = (await linesOf(reopened)).filter((line) => line.outcome === 'denied')
      assert.equal(
        denied.reduce((sum, line) => sum + line.count, 0),
        300,
      )
      await again.close()
    })

    test('a denial in a namespace that nobody declared leaves no trace in the database', async () => {
      const headers = { authorization: '' }
      const path = '/v1/namespaces/nowhere/jobs'
      refused(await scene().at.call('GET', path, undefined, headers), 'TOKEN_MISSING')
      const odd = '/v1/namespaces/NO%00WHERE/jobs'
      refused(await scene().at.call('GET', odd, undefined, headers), 'TOKEN_MISSING')
      const rows = await openRaw(scene().at.config)
      assert.deepEqual(
        await rows.run("select 1 as one from access_log where namespace <> 'airline'"),
        [],
      )
      await rows.close()
    })

    test('a name that no record can hold harms neither its neighbours nor the log', async () => {
      const odd = await bearer('odd\ud800', [{ verbs: ['append'], on: 'airline/*' }])
      const [wrong, fine] = await Promise.all([
        scene().at.call('PUT', scene().path('/jobs/odd'), {}, odd),
        scene().put('/jobs/even', {}),
      ])
      refused(wrong, 'NOT_CANONICAL')
      answered(fine, 200)
      refused(await scene().at.call('GET', scene().path('/jobs/odd'), undefined, odd), 'FORBIDDEN')
      const principals = (await linesOf(scene())).map((line) => line.principal)
      assert.ok(principals.includes('odd\ufffd'))
    })

    test('it is read page by page, by whoever may audit', async () => {
      const all = await recordsOf(scene())
      const pages: unknown[] = []
      let cursor = ''
      do {
        const page = answered(await scene().get(`/access-log?limit=2${cursor}`), 200)
        assert.ok(page.items.length <= 2)
        pages.push(...page.items)
        cursor = page.next === null ? '' : `&cursor=${page.next}`
      } while (cursor !== '')
      assert.deepEqual(pages, all)
      const newest = answered(await scene().get('/access-log?limit=2&order=newest-first'), 200)
      assert.deepEqual(newest.items, all.slice(-2).toReversed())
      const next = await scene().get(`/access-log?limit=2&order=newest-first&cursor=${newest.next}`)
      assert.deepEqual(answered(next, 200).items, all.slice(-4, -2).toReversed())
      refused(await scene().get(`/access-log?cursor=${newest.next}`), 'INVALID_CURSOR')
      const headers = await bearer('dora', [
        { verbs: ['append', 'read', 'verify', 'retire', 'admin'], on: '*/*' },
      ])
      const path = scene().path('/access-log')
      refused(await scene().at.call('GET', path, undefined, headers), 'FORBIDDEN')
      refused(await scene().get('/access-log?cursor=AAAA'), 'INVALID_CURSOR')
    })

    test('its chain holds, and a record that is changed or taken out is found', async () => {
      assert.ok((await recordsOf(scene())).length > 4)
      assert.deepEqual(await check(), [])
      const raw = await openRaw(scene().at.config)
      await raw.run(
        dialect === 'sqlite'
          ? 'drop trigger access_log_no_update'
          : 'alter table access_log disable trigger all',
      )
      if (dialect === 'postgres') {
        await raw.run('alter table access_log drop constraint access_log_hash')
      }
      const forged = Buffer.from('{"at":"then","lines":[],"v":1}').toString('hex')
      const bytes = dialect === 'sqlite' ? `x'${forged}'` : `'\\x${forged}'::bytea`
      await raw.run(`update access_log set body = ${bytes} where sequence = 2`)
      await raw.close()
      // The reader's snapshot lasts as long as its turn.
      await setImmediate()
      assert.deepEqual(
        (await check()).map(({ code, where }) => [code, where]),
        [['access-log-altered', 'access log record 2']],
      )
    })

    test('its end is in the head row, so that one that was cut off or emptied is found', async () => {
      const own = await declareScene(scene().at, 'railway')
      const anybody = { authorization: 'Bearer none' }
      await own.put('/jobs/one', {})
      for (const job of ['one', 'two']) {
        refused(
          await scene().at.call('GET', own.path(`/jobs/${job}`), undefined, anybody),
          'TOKEN_INVALID',
        )
        // Denials alone make a record too.
        await own.put('/jobs/one', {})
      }
      const findings = () => findingsOf(own.at.catalog.context.db, 'railway')
      const { items, end } = answered(await own.get('/access-log?limit=500'), 200)
      assert.deepEqual(end, { count: items.length, hash: items.at(-1).hash })
      assert.deepEqual(await findings(), [])
      const raw = await openRaw(own.at.config)
      await raw.run(
        dialect === 'sqlite'
          ? 'drop trigger access_log_no_delete'
          : 'alter table access_log disable trigger all',
      )
      for (const rest of [`sequence = ${items.length - 1}`, 'true']) {
        await raw.run(`delete from access_log where namespace = 'railway' and ${rest}`)
        await setImmediate()
        const [finding, ...others] = await findings()
        assert.deepEqual(others, [])
        assert.equal(finding?.code, 'access-log-altered')
        assert.match(finding.message, new RegExp(`ended at ${items.length}: its end was cut off`))
      }
      await raw.close()
    })
  })
}

async function findingsOf(db: Reader, namespace: string): Promise<readonly CheckFinding[]> {
  const findings = openFindingList()
  await checkAccessLog({
    db,
    namespace: namespace as NamespaceName,
    findings,
    onEntries: () => undefined,
  })
  return findings.listed
}

interface Item {
  readonly sequence: number
  readonly body: string
}

async function recordsOf(scene: Scene): Promise<readonly Item[]> {
  return answered(await scene.get('/access-log?limit=500'), 200).items
}

/** What all records say, oldest first. */
async function linesOf(scene: Scene): Promise<readonly AccessLine[]> {
  return (await recordsOf(scene)).flatMap(({ body }) => {
    const parsed = parseAccessBody(Buffer.from(body))
    assert.ok(parsed.ok)
    return parsed.value.lines
  })
}
