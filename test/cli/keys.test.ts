import assert from 'node:assert/strict'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openWorkplace, type Served, type Workplace } from './command-fixture.ts'

interface Listed {
  readonly origin: string
  readonly keys: readonly {
    readonly key: string
    readonly state: string
    readonly verifierKey: string
  }[]
}

describe('cairn keys', () => {
  let place: Workplace
  before(() => {
    place = openWorkplace()
  })
  after(() => place.remove())

  const ask = (...words: readonly string[]): Promise<Listed> => place.ask(['keys', ...words])
  const statesOf = ({ keys }: Listed): readonly string[] => keys.map(({ state }) => state)

  it('lists, adds and retires the keys that sign, and says how a namespace knows them', async () => {
    const none = await place.run(['keys', 'list'])
    assert.deepEqual(
      [none.code, none.stdout],
      [0, 'There are no keys yet: the first start of a server makes one.\n'],
    )
    assert.deepEqual(readdirSync(place.directory), [])
    await (await place.serve()).end('SIGTERM')
    const first = await ask('list', '--namespace', 'fares')
    assert.deepEqual(statesOf(first), ['signs'])
    assert.match(first.origin, /^cairn-[0-9a-f]{16}\.local\/v1\/namespaces\/fares\/log$/)
    assert.ok(first.keys[0]?.verifierKey.startsWith(`${first.origin}+`))

    const both = await ask('rotate', '--namespace', 'fares')
    assert.deepEqual(statesOf(both), ['signs', 'signs'])
    assert.deepEqual(both.keys[0], first.keys[0])

    const [old] = both.keys
    assert.deepEqual(statesOf(await ask('retire', old?.key ?? '')), ['retired', 'signs'])
    assert.deepEqual(statesOf(await ask('list')), ['retired', 'signs'])
  })

  it('refuses to retire the last key that signs, and a key that is none', async () => {
    const { keys } = await ask('list')
    const last = await place.run(['keys', 'retire', keys.at(-1)?.key ?? ''])
    assert.equal(last.code, 2)
    assert.match(
      last.stderr,
      /^cairn: INVALID_REQUEST: No other key signs: run "cairn keys rotate"/,
    )
    const none = await place.run(['keys', 'retire', 'zz'])
    assert.equal(none.code, 2)
    assert.match(none.stderr, /names 0 keys/)
  })

  it('shows a person the keys as a table', async () => {
    const { code, stdout } = await place.run(['keys', 'list'])
    assert.equal(code, 0)
    assert.match(stdout, /^KEY +STATE +SINCE/)
    assert.match(stdout, /2 keys of cairn-[0-9a-f]{16}\.local/)
  })

  it('names the memory where that is what cannot be used', async () => {
    const memory = join(place.directory, 'memory.sqlite')
    writeFileSync(memory, 'no database, however long one looks at it'.repeat(50))
    const variables = { CAIRN_SIGNER_MEMORY: memory }
    for (const words of [['serve', '--port', '0'], ['fsck']]) {
      const { code, stderr } = await place.run(words, { variables })
      assert.equal(code, 6)
      assert.match(
        stderr,
        /STORAGE_UNAVAILABLE: The signer's memory \(CAIRN_SIGNER_MEMORY\) cannot/,
      )
    }
  })

  it('take a log as it is when the memory of what they signed is lost, and only then', async () => {
    const token = (await place.run(['token'])).stdout.trim()
    const declare = (name: string, served: Served) =>
      place.run(['jobs', 'declare', name], {
        variables: { CAIRN_URL: served.ready.url, CAIRN_TOKEN: token },
      })
    let served = await place.serve()
    assert.equal((await declare('one', served)).code, 0)
    const early = await place.run(['keys', 'remember'])
    assert.equal(early.code, 2)
    assert.match(early.stderr, /has a head of .*: it is not lost/)
    await served.end('SIGTERM')

    for (const suffix of ['', '-wal', '-shm']) {
      rmSync(join(place.directory, '.cairn', `signer-memory.sqlite${suffix}`), { force: true })
    }
    served = await place.serve()
    const again = { ...served, ready: { ...served.ready, token } }
    const refused = await declare('two', again)
    assert.equal(refused.code, 7)
    assert.match(refused.stderr, /LOG_ROLLED_BACK: .*memory knows nothing of .*cairn keys remember/)
    const { size } = await place.ask(['keys', 'remember'])
    assert.ok(size > 0)
    assert.equal((await declare('two', again)).code, 0)
    await served.end('SIGTERM')
  })
})
