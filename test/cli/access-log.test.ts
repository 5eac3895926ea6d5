import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import BetterSqlite from 'better-sqlite3'
import { openWorkplace, type Served, type Workplace } from './command-fixture.ts'

describe('cairn access-log', () => {
  let place: Workplace
  let server: Served
  let variables: Readonly<Record<string, string>>
  const run = (...words: readonly string[]) => place.run(['access-log', ...words], { variables })
  before(async () => {
    place = openWorkplace()
    server = await place.serve(['--namespace', 'fares'])
    variables = {
      CAIRN_URL: server.ready.url,
      CAIRN_TOKEN: server.ready.token ?? '',
      CAIRN_NAMESPACE: 'fares',
    }
    await place.ask(['jobs', 'declare', 'nightly'], { variables })
    const stranger = { ...variables, CAIRN_TOKEN: 'nobody' }
    assert.equal((await place.run(['jobs', 'get', 'nightly'], { variables: stranger })).code, 5)
  })
  after(() => place.remove())

  it('lists who asked what, with what became of it', async () => {
    const { code, stdout } = await run('list')
    assert.equal(code, 0)
    assert.match(
      stdout,
      /^SEQUENCE +AT +ASKED\n(?:.*\n)* +0 +\S+ +operator declareNamespace appended 0\b/,
    )
    assert.match(stdout, / declareJob appended \d+\n/)
    assert.match(stdout, /nobody getJob denied TOKEN_INVALID on fares\/nightly\n/)
    const { items } = await place.ask(['access-log', 'list', '--limit', '1'], { variables })
    assert.deepEqual(Object.keys(items[0]), ['sequence', 'previous', 'hash', 'body'])
  })

  it('verifies the chain, and shows later that it only grew', async () => {
    const first = await run('verify')
    assert.deepEqual([first.code, first.stderr], [0, ''])
    const newest = /^3 records verified, 0 findings\.\nnewest (2:\S{44})\n$/.exec(first.stdout)?.[1]
    assert.ok(newest, first.stdout)
    await place.ask(['jobs', 'declare', 'weekly'], { variables })
    assert.equal((await run('verify', '--expect', newest)).code, 0)
    const other = await run('verify', '--expect', newest.replace(/:./, ':_'), '--json')
    assert.equal(other.code, 8)
    const { findings } = JSON.parse(other.stdout)
    assert.deepEqual(
      findings.map((finding: { readonly where: string }) => finding.where),
      ['access log record 2'],
    )
  })

  it('ends with 8 where a record was changed', async () => {
    const database = new BetterSqlite(join(place.directory, '.cairn', 'catalog.sqlite'))
    database.exec('drop trigger access_log_no_update')
    database.exec(
      "update access_log set body = cast(replace(body, 'operator', 'somebody') as blob) where sequence = 0",
    )
    database.close()
    const { code, stdout } = await run('verify')
    assert.equal(code, 8)
    assert.match(stdout, /^access log record 0 {2}Its hash is not that of its bytes/)
  })

  it('ends with 8 where its end was cut off, and where nothing is left of it', async () => {
    const database = new BetterSqlite(join(place.directory, '.cairn', 'catalog.sqlite'))
    database.exec('drop trigger access_log_no_delete')
    for (const what of ['where sequence = (select max(sequence) from access_log)', '']) {
      database.exec(`delete from access_log ${what}`)
      const { code, stdout } = await run('verify')
      assert.equal(code, 8)
      assert.match(stdout, /The log says that it has 4 records .*its end was cut off or replaced/)
    }
    database.close()
  })
})

describe('cairn migrate', () => {
  it('makes an embedded catalog, which has no roles to grant', async () => {
    const place = openWorkplace()
    const { code, stdout } = await place.run(['migrate'])
    assert.deepEqual([code, stdout], [0, 'The schema is up to date.\n'])
    const refused = await place.run(['migrate', '--grant', 'somebody'])
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /^cairn: CONFIG_INVALID: --grant is for PostgreSQL/)
    await place.remove()
  })
})
