import assert from 'node:assert/strict'
import { copyFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import BetterSqlite from 'better-sqlite3'
import { openWorkplace, type Workplace } from './command-fixture.ts'

describe('cairn serve', () => {
  let place: Workplace
  before(() => {
    place = openWorkplace()
  })
  after(() => place.remove())

  it('says in one line of JSON where it is, and gives a token on its first start only', async () => {
    const first = await place.serve(['--namespace', 'fares'])
    assert.match(first.ready.url, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.equal(first.ready.namespace, 'fares')
    assert.equal(first.ready.dataDirectory, join(place.directory, '.cairn'))
    const token = first.ready.token ?? ''
    const listed = await place.ask(['namespaces', 'list'], {
      variables: { CAIRN_URL: first.ready.url, CAIRN_TOKEN: token },
    })
    assert.deepEqual(
      listed.items.map((item: { readonly namespace: string }) => item.namespace),
      ['fares'],
    )
    const ended = await first.end('SIGTERM')
    assert.deepEqual(ended, { code: 0, stdout: `${JSON.stringify(first.ready)}\n`, stderr: '' })

    const second = await place.serve()
    assert.equal(second.ready.token, undefined)
    assert.equal((await second.end('SIGINT')).code, 0)
  })

  it('writes no token where no terminal shows it', async () => {
    const fresh = openWorkplace()
    const server = fresh.start(['serve', '--port', '0'])
    await server.until(/Ctrl-C stops it/)
    const { code, stdout, stderr } = await server.end('SIGTERM')
    assert.equal(code, 0)
    assert.match(stdout, /^Cairn is ready\.\n/)
    assert.match(stdout, /export CAIRN_TOKEN=\$\(npx cairn token\)/)
    assert.doesNotMatch(stdout + stderr, /eyJ/)
    await fresh.remove()
  })

  it('says that its database was set back, at the start and beside each answer', async () => {
    const file = join(place.directory, '.cairn', 'catalog.sqlite')
    const first = await place.serve()
    const token = (await place.run(['token'])).stdout.trim()
    const asking = (url: string) => ({ variables: { CAIRN_URL: url, CAIRN_TOKEN: token } })
    await first.end('SIGTERM')
    copyFileSync(file, `${file}.old`)
    const second = await place.serve()
    const opened = await place.run(['resume', '--job', 'nightly'], asking(second.ready.url))
    assert.equal(opened.code, 0, opened.stderr)
    await second.end('SIGTERM')
    copyFileSync(`${file}.old`, file)

    const server = place.start(['serve', '--port', '0'])
    const said = await server.until(/Ctrl-C stops it/)
    assert.match(
      said,
      /Warning: "default" is read, and not written to\. .*entries \d+ to \d+ are missing/,
    )
    assert.match(said, /until the newest database is back, or "cairn log repair"/)
    const url = /http:\S+/.exec(said)?.[0] ?? ''
    const listed = await place.run(['jobs', 'list'], asking(url))
    assert.equal(listed.code, 0)
    assert.match(
      listed.stderr,
      /^Warning: .*LOG_ROLLED_BACK.*: entries \d+ to \d+ are missing\..*\n$/,
    )
    const { stderr } = await server.end('SIGTERM')
    assert.match(stderr, /"level":40.*"namespace":"default".*are missing/)
    await rm(file)
    await rm(join(place.directory, '.cairn', 'signer-memory.sqlite'))
  })

  it('says in one sentence that its port is in use', async () => {
    const server = await place.serve()
    const port = new URL(server.ready.url).port
    const { code, stdout, stderr } = await place.run(['serve', '--port', port])
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.equal(
      stderr,
      `cairn: CONFIG_INVALID: Port ${port} of 127.0.0.1 is in use: stop what listens there, or give another --port.\n`,
    )
    await server.end('SIGTERM')
  })

  it('says in one sentence that the database is of a newer version', async () => {
    const file = join(place.directory, '.cairn', 'catalog.sqlite')
    const database = new BetterSqlite(file)
    database
      .prepare('insert into schema_migration (name, at) values (?, ?)')
      .run('9999-future', '2026-11-23T00:00:00.000Z')
    const { code, stderr } = await place.run(['serve', '--port', '0'])
    database.prepare('delete from schema_migration where name = ?').run('9999-future')
    database.close()
    assert.equal(code, 2)
    assert.match(stderr, /^cairn: SCHEMA_UNKNOWN: .*"9999-future".*\n$/)
  })

  it('says in one sentence that the database is away, and not its password', async () => {
    const variables = { CAIRN_DATABASE_URL: 'postgres://cairn:secret@127.0.0.1:1/catalog' }
    const { code, stderr } = await place.run(['serve', '--port', '0'], { variables })
    assert.equal(code, 6)
    assert.match(stderr, /^cairn: STORAGE_UNAVAILABLE: The database of CAIRN_DATABASE_URL .*\n$/)
    assert.doesNotMatch(stderr, /secret/)
  })

  it('says in one sentence that its folder is none', async () => {
    writeFileSync(join(place.directory, 'file'), '')
    const { code, stderr } = await place.run(['serve', '--port', '0', '--data-dir', 'file/data'])
    assert.equal(code, 2)
    assert.match(
      stderr,
      /^cairn: CONFIG_INVALID: The data folder .*file\/data cannot be used .*\n$/,
    )
  })

  it('refuses an address that others can reach while it knows no issuers', async () => {
    const { code, stderr } = await place.run(['serve', '--host', '0.0.0.0', '--json'])
    assert.equal(code, 2)
    assert.equal(JSON.parse(stderr).code, 'CONFIG_INVALID')
  })

  it('declares no namespace whose name is none', async () => {
    const { code, stderr } = await place.run(['serve', '--namespace', 'Up/Down'])
    assert.equal(code, 2)
    assert.match(stderr, /^cairn: INVALID_NAME: --namespace: /)
  })
})

describe('cairn token', () => {
  it('makes no key in a folder where no server was started', async () => {
    const place = openWorkplace()
    const { code, stdout, stderr } = await place.run(['token'])
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /run "cairn serve" there first/)
    await place.remove()
  })

  it('prints a token alone, which may do what its grants say and no more', async () => {
    const place = openWorkplace()
    const server = await place.serve()
    const grants = '--grant read:default/nightly --grant read,append:default/other-*'.split(' ')
    const { stdout } = await place.run(['token', '--subject', 'reader', ...grants])
    assert.match(stdout, /^[\w.-]+\n$/)
    const variables = { CAIRN_URL: server.ready.url, CAIRN_TOKEN: stdout.trim() }
    const allowed = await place.run(['resume', '--job', 'other-job'], { variables })
    assert.equal(allowed.code, 0, allowed.stderr)
    const refused = await place.run(['resume', '--job', 'nightly', '--json'], { variables })
    assert.equal(refused.code, 5)
    assert.equal(refused.stdout, '')
    const problem = JSON.parse(refused.stderr)
    assert.equal(problem.code, 'FORBIDDEN')
    assert.equal(problem.status, 403)
    assert.equal(problem.facts.verb, 'append')
    await server.end('SIGTERM')
    await place.remove()
  })
})
