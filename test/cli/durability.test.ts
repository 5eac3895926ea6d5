import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import BetterSqlite from 'better-sqlite3'
import { openWorkplace, type Served, type Workplace } from './command-fixture.ts'

describe('a catalog that is killed', () => {
  let place: Workplace
  let server: Served
  let token = ''
  const variables = () => ({ CAIRN_URL: server.ready.url, CAIRN_TOKEN: token })
  const ask = async (...words: readonly string[]) =>
    await place.ask(words, { variables: variables() })
  const run = async (...words: readonly string[]) =>
    await place.run(words, { variables: variables() })

  before(async () => {
    place = openWorkplace()
    server = await place.serve()
    token = server.ready.token ?? ''
  })
  after(() => place.remove())

  it('has after kill -9 and a start what it had acknowledged', async () => {
    const opened = await ask('resume', '--job', 'nightly')
    writeFileSync(join(place.directory, 'run.json'), JSON.stringify(opened))
    const { receipt } = await ask('register', '--run-file', 'run.json', '--step', '1')
    assert.equal((await server.end('SIGKILL')).code, null)
    server = await place.serve()
    const latest = await ask('latest', 'nightly')
    assert.equal(latest.checkpoint.checkpoint, receipt.checkpoint)
    assert.equal(latest.checkpoint.index, receipt.index)
  })

  it('does not fail the job while it is down: the spool keeps, and sends later', async () => {
    await server.end('SIGKILL')
    const words = ['register', '--run-file', 'run.json', '--spool', 'spool'] as const
    const spooled = await ask(...words, '--step', '2')
    assert.equal(spooled.status, 'spooled')
    assert.equal(spooled.reason.code, 'CONNECTION_FAILED')
    const status = await ask('spool', 'status', 'spool')
    assert.equal(status.waitingCount, 1)
    const late = await run('spool', 'flush', 'spool', '--timeout', '1s')
    assert.equal(late.code, 6)
    assert.match(late.stderr, /^cairn: DEADLINE_EXCEEDED: /)

    server = await place.serve()
    assert.deepEqual(await ask('spool', 'flush', 'spool'), { sentCount: 1, refusedCount: 0 })
    const latest = await ask('latest', 'nightly')
    assert.equal(latest.checkpoint.checkpoint, spooled.checkpoint)
  })

  it('says which spooled records it refused, and takes them when they are put back', async () => {
    await server.end('SIGTERM')
    const words = ['register', '--run-file', 'run.json', '--spool', 'spool'] as const
    await ask(...words, '--step', '3')
    server = await place.serve()
    await ask('resume', '--job', 'nightly')
    const flushed = await run('spool', 'flush', 'spool', '--json')
    assert.equal(flushed.code, 8)
    assert.deepEqual(JSON.parse(flushed.stdout), { sentCount: 0, refusedCount: 1 })
    const { items } = await ask('spool', 'list', 'spool')
    assert.deepEqual(
      items.map((item: { readonly place: string }) => item.place),
      ['refused'],
    )
    assert.equal(items[0].problem.code, 'ATTEMPT_FENCED')
    const { stdout } = await run('spool', 'retry', 'spool', items[0].name)
    assert.equal(stdout, '1 record put back.\n')
  })

  it('finds no spool where none is', async () => {
    const { code, stderr } = await run('spool', 'list', 'spol')
    assert.equal(code, 2)
    assert.match(stderr, /^cairn: CONFIG_INVALID: There is no spool at /)
  })

  it('replays its log: nothing changes, unless someone changed a row', async () => {
    await server.end('SIGTERM')
    const clean = await place.run(['replay', '--json'])
    assert.equal(clean.code, 0, clean.stderr)
    const report = JSON.parse(clean.stdout)
    assert.equal(report.changedCount, 0)
    assert.ok(report.entryCount > 5)

    const database = new BetterSqlite(join(place.directory, '.cairn', 'catalog.sqlite'))
    database.prepare('update checkpoint set step = 7 where step = 2').run()
    database.close()
    const altered = await place.run(['replay'])
    assert.equal(altered.code, 8, altered.stderr)
    assert.match(altered.stdout, /\ncheckpoint +2 +1 +1\n/)
    assert.match(altered.stdout, /2 rows changed\.\n$/)
    assert.equal((await place.run(['replay', '--json'])).code, 0)
  })

  it('replays no folder in which there is no catalog', async () => {
    const { code, stderr } = await place.run(['replay', '--data-dir', 'nowhere'])
    assert.equal(code, 2)
    assert.match(stderr, /There is no catalog at .*nowhere\/catalog\.sqlite/)
  })
})
