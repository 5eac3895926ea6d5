import assert from 'node:assert/strict'
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { openWorkplace, type RunOptions } from './command-fixture.ts'

describe('moving a catalog by command', () => {
  const place = openWorkplace()
  after(() => place.remove())
  const at = (name: string): string => join(place.directory, name)

  /** A catalog that serves, with a run and some jobs in it. */
  const serveFilled = async () => {
    const served = await place.serve()
    const variables = { CAIRN_URL: served.ready.url, CAIRN_TOKEN: served.ready.token ?? '' }
    const options: RunOptions = { variables }
    await place.ask(['resume', '--job', 'nightly'], options)
    for (const job of ['one', 'two', 'three']) await place.ask(['jobs', 'declare', job], options)
    return { served, options }
  }

  test('export, import, fsck and backup work beside a server, and say what they did', async () => {
    const { served, options } = await serveFilled()
    const exported = await place.ask(['export', '--out', 'default.export'])
    assert.equal(exported.namespace, 'default')
    assert.equal(exported.sizeBytes, statSync(at('default.export')).size)
    const piped = await place.run(['export'])
    assert.equal(piped.code, 0)
    assert.equal(piped.stdout, readFileSync(at('default.export'), 'utf8'))

    const [key = ''] = /"keys":\["([^"]+)"/.exec(piped.stdout)?.slice(1) ?? []
    const elsewhere = ['--data-dir', 'elsewhere']
    const imported = await place.ask(['import', 'default.export', '--key', key, ...elsewhere])
    assert.equal(imported.size, exported.entryCount)
    assert.deepEqual(imported.warnings, [])
    const again = await place.run(['import', 'default.export', ...elsewhere])
    assert.equal(again.code, 4)
    assert.match(again.stderr, /NAMESPACE_NOT_EMPTY/)
    const throughPipe = await place.ask(['import', '-', '--data-dir', 'third'], {
      input: piped.stdout,
    })
    assert.equal(throughPipe.size, imported.size)
    assert.equal(throughPipe.warnings.length, 1)

    for (const folder of ['.cairn', 'elsewhere', 'third']) {
      const sound = await place.run(['fsck', '--data-dir', folder])
      assert.equal(sound.code, 0, sound.stderr)
      assert.match(sound.stdout, /Nothing is wrong/)
    }
    const copied = await place.ask(['backup', 'copy.sqlite'])
    assert.equal(copied.sizeBytes, statSync(at('copy.sqlite')).size)
    const variables = { CAIRN_DATABASE_URL: `sqlite:${at('copy.sqlite')}` }
    const verdict = await place.ask(['fsck', '--namespace', 'default'], { variables })
    assert.deepEqual([verdict.ok, verdict.entryCount], [true, exported.entryCount])
    await place.ask(['jobs', 'declare', 'four'], options)
    await served.end('SIGTERM')
  })

  test('what is wrong ends with an exit code of its own and a sentence', async () => {
    const bytes = readFileSync(at('default.export'))
    writeFileSync(at('cut.export'), bytes.subarray(0, -100))
    const cut = await place.run(['import', 'cut.export', '--data-dir', 'fourth'])
    assert.equal(cut.code, 7)
    assert.match(cut.stderr, /COPY_CORRUPT: .* at byte \d+: .*cut off/)
    const none = await place.run(['import', 'none.export', '--data-dir', 'fourth'])
    assert.equal(none.code, 2)
    const badKey = await place.run(['import', 'default.export', '--key', 'mine'])
    assert.equal(badKey.code, 2)
    assert.match(badKey.stderr, /--key/)
    const taken = await place.run(['export', '--out', 'cut.export'])
    assert.equal(taken.code, 2)
    const unknown = await place.run(['export', '--namespace', 'nowhere', '--out', 'none.export'])
    assert.equal(unknown.code, 3)
    for (const words of [
      ['fsck'],
      ['export'],
      ['backup', 'x'],
      ['log', 'repair', '--folder', 'x'],
    ]) {
      const ended = await place.run([...words, '--data-dir', 'mistyped'])
      assert.equal(ended.code, 2, words.join(' '))
      assert.match(ended.stderr, /There is no catalog at .*mistyped/)
    }
    const twice = await place.run(['log', 'repair', '--folder', 'a', '--export', 'b'])
    assert.equal(twice.code, 2)
    const empty = await place.run(['log', 'repair', '--folder', 'nothing-here'])
    assert.equal(empty.code, 7)
    assert.match(empty.stderr, /no signed head/)
    truncateSync(at('copy.sqlite'), 10_000)
    const variables = { CAIRN_DATABASE_URL: `sqlite:${at('copy.sqlite')}` }
    const damaged = await place.run(['fsck'], { variables })
    assert.equal(damaged.code, 8)
    assert.match(damaged.stdout, /database-/)
  })
})
