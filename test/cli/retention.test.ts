import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openWorkplace, type Served, type Workplace } from './command-fixture.ts'

describe('an operator who keeps what matters', () => {
  let place: Workplace
  let server: Served
  let variables: Readonly<Record<string, string>>
  let checkpoints: readonly string[] = []
  const ask = async (...words: readonly string[]) => await place.ask(words, { variables })
  const run = async (...words: readonly string[]) => await place.run(words, { variables })

  before(async () => {
    place = openWorkplace()
    server = await place.serve()
    variables = { CAIRN_URL: server.ready.url, CAIRN_TOKEN: server.ready.token ?? '' }
  })
  after(() => place.remove())

  const objectCount = (): number => {
    const objects = join(server.ready.dataDirectory, 'blobs', 'objects')
    if (!existsSync(objects)) return 0
    return readdirSync(objects).reduce(
      (count, shelf) => count + readdirSync(join(objects, shelf)).length,
      0,
    )
  }

  it('sets a policy by flags or by a file, and declares a job with it', async () => {
    const flags = '--keep-latest 2 --keep-best 1:loss:lowest --grace 0s'.split(' ')
    const set = await ask('policy', 'set', 'nightly', ...flags)
    assert.deepEqual(set.spec, {
      retention: {
        anyOf: [
          { keep: 'latest', count: 2 },
          { keep: 'best', count: 1, label: 'loss', order: 'lowest' },
        ],
      },
      graceSeconds: 0,
    })
    writeFileSync(
      join(place.directory, 'policy.yaml'),
      'retention:\n  anyOf:\n    - keep: latest\n      count: 1\n      tier: light\nverification:\n  everySeconds: 86400\n  grade: present\n',
    )
    const filed = await ask('policy', 'set', 'filed', '--file', 'policy.yaml')
    assert.equal(filed.spec.verification.grade, 'present')
    assert.match(
      (await run('policy', 'show', 'nightly')).stdout,
      /keeps +latest 2; or best 1 by lowest loss/,
    )
    assert.match((await run('policy', 'list')).stdout, /filed[^]+nightly/)
    const both = await run('policy', 'set', 'x', '--file', 'policy.yaml', '--keep-latest', '1')
    assert.equal(both.code, 2)
    assert.equal((await run('policy', 'set', 'x', '--keep-best', 'loss')).code, 2)
    assert.equal((await run('jobs', 'declare', 'fares', '--policy', 'nobody')).code, 3)
    assert.equal(
      (await ask('jobs', 'declare', 'fares', '--policy', 'nightly')).spec.policy,
      'nightly',
    )
  })

  it('sees why each checkpoint is kept or dropped before anything happens', async () => {
    const opened = await ask('resume', '--job', 'fares')
    writeFileSync(join(place.directory, 'run.json'), JSON.stringify(opened))
    const store = `disk:${join(server.ready.dataDirectory, 'blobs')}`
    const saved: string[] = []
    for (const [place_, loss] of ['0.9', '0.1', '0.5', '0.4', '0.3'].entries()) {
      writeFileSync(join(place.directory, 'model.bin'), `weights ${place_}`)
      const words = `register --run-file run.json --step ${place_ + 1} --file model.bin --label loss=${loss}`
      saved.push((await ask(...words.split(' '), '--store', store)).checkpoint)
    }
    checkpoints = saved
    const { run: decided, decisions } = await ask('retain', '--dry-run')
    assert.deepEqual([decided.keptCount, decided.droppedCount], [3, 2])
    assert.deepEqual(
      decisions.map((one: { step: number; decision: string }) => `${one.step} ${one.decision}`),
      ['5 keep', '4 keep', '3 drop', '2 keep', '1 drop'],
    )
    const { stdout } = await run('retain', '--dry-run')
    assert.match(stdout, /keep +last good one, one of the latest/)
    assert.match(stdout, /keep +one of the best/)
    assert.match(stdout, /drop +no rule keeps it/)
    assert.match(stdout, /3 checkpoints kept, 2 dropped with up to 18 B\./)
    assert.match(stdout, /A dry run: nothing was withdrawn\./)
  })

  it('holds one, withdraws the rest, and removes their bytes', async () => {
    const [first = '', , third = ''] = checkpoints
    await ask('hold', 'place', first, 'audit', '--reason', 'Q4', '--until', '2999-01-31')
    assert.match((await run('hold', 'list', first)).stdout, /audit[^]+2999-01-31/)
    assert.equal((await ask('retain')).run.tombstonedCount, 1)
    assert.equal(objectCount(), 5)
    assert.equal((await ask('sweep', '--dry-run')).removedCount, 1)
    assert.equal(objectCount(), 5)
    const { stdout } = await run('sweep')
    assert.match(stdout, /1 object removed, 9 B\.\n1 checkpoint swept\./)
    assert.equal(objectCount(), 4)
    assert.equal((await run('plan', 'fares', '--checkpoint', third)).code, 3)
    await ask('hold', 'lift', first, 'audit')
    assert.equal((await ask('retain')).run.tombstonedCount, 1)
    assert.equal((await ask('sweep')).removedCount, 1)
    assert.equal(objectCount(), 3)
  })
})
