import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openWorkplace, type Workplace } from './command-fixture.ts'

describe('formats on the command line', () => {
  let place: Workplace
  let variables: Readonly<Record<string, string>>
  const cairn = (...words: readonly string[]) => place.run(words, { variables })
  const write = (name: string, content: unknown) =>
    writeFileSync(join(place.directory, name), JSON.stringify(content))
  const digest = `sha256:${'a'.repeat(64)}`
  const publish = (version: string, changelog: string, ...more: readonly string[]) =>
    cairn(
      'formats',
      'publish',
      'grid',
      version,
      '--schema',
      `schema-${version}.json`,
      '--changelog',
      changelog,
      '--recovery-script',
      's3://s/r.py',
      '--recovery-digest',
      digest,
      ...more,
    )

  before(async () => {
    place = openWorkplace()
    const { ready } = await place.serve()
    variables = { CAIRN_URL: ready.url, CAIRN_TOKEN: ready.token ?? '' }
    const axis = { type: 'string' }
    write('schema-1.json', { type: 'object', properties: { axis }, additionalProperties: false })
    write('schema-2.json', {
      type: 'object',
      properties: { dim: axis },
      additionalProperties: false,
    })
    write('rename.json', [{ op: 'move', from: '/axis', path: '/dim' }])
  })
  after(() => place.remove())

  it('are published, refused when they do not fit, and listed with their changelog', async () => {
    const first = await publish('1', 'The first one.')
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stdout, /^format +grid@1$/m)
    const refused = await publish('2', 'Renamed.')
    assert.equal(refused.code, 4)
    assert.match(refused.stderr, /FORMAT_INCOMPATIBLE: .*"none" and an upcast from "1"/)
    const words = ['--compatibility', 'none', '--upcast', '1=rename.json']
    const second = await publish('2', 'Renamed.', ...words)
    assert.equal(second.code, 0, second.stderr)
    const listed = await cairn('formats', 'versions', 'grid')
    assert.match(listed.stdout, /^2 .* none +1 +Renamed\.\n1 .* backward .*The first one\.$/m)
    const all = await cairn('formats', 'list')
    assert.match(all.stdout, /^grid +2 .*Renamed\.$/m)
    const shown = await cairn('formats', 'show', 'grid', '2')
    assert.match(shown.stdout, /"dim": \{/)
    const wrong = await publish('3', 'x', '--upcast', '1=schema-1.json')
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /--schema|cannot be read|no JSON Patch/)
  })
})
