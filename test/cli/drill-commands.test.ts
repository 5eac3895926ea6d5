import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openWorkplace, type Served, type Workplace } from './command-fixture.ts'

describe('an operator who rehearses', () => {
  let place: Workplace
  let server: Served
  let variables: Readonly<Record<string, string>>
  const saved: string[] = []

  const cairn = (...words: readonly string[]) => place.run(words, { variables })
  const ask = (...words: readonly string[]) => place.ask(words, { variables })
  /** A command that has something to look at. */
  const find = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await cairn(...words, '--json')
    assert.equal(code, 8, stderr)
    return JSON.parse(stdout)
  }

  before(async () => {
    place = openWorkplace()
    server = await place.serve()
    variables = {
      CAIRN_URL: server.ready.url,
      CAIRN_TOKEN: server.ready.token ?? '',
      TMPDIR: place.directory,
    }
    const window = '2026-11-23/2026-11-24'
    const opened = await ask(...'resume --job nightly --partition p --window'.split(' '), window)
    writeFileSync(join(place.directory, 'run.json'), JSON.stringify(opened))
    for (const step of ['10', '20']) {
      writeFileSync(join(place.directory, 'model.bin'), `the state of step ${step}`)
      const words = `register --run-file run.json --step ${step} --store disk:./states-${step} --file model.bin`
      saved.push((await ask(...words.split(' '))).checkpoint)
    }
  })
  after(() => place.remove())

  it('sees what a fault would cost, and the exit code says that there is something', async () => {
    const found = await find('drill', 'plan', 'nightly', '--corrupt', saved[1] ?? '')
    const [finding] = found.items
    assert.deepEqual(
      [finding.from.step, finding.to.step, finding.reason],
      [20, 10, 'EVIDENCE_FAILED'],
    )
    const text = await cairn('drill', 'plan', '--lose-bucket', 'file://')
    assert.equal(text.code, 8)
    assert.match(text.stdout, /nightly +p +20 +lost +UNAVAILABLE/)
    const fine = await cairn(
      'drill',
      'plan',
      'nightly',
      '--upgrade',
      'numpy=2.0',
      '--corrupt',
      saved[0] ?? '',
    )
    assert.equal(fine.code, 8, 'no environment was recorded, which is not known to load')
    assert.equal((await cairn('drill', 'plan', '--lose-region', 'nowhere-1')).code, 3)
    assert.equal((await cairn('drill', 'plan')).code, 2)
  })

  it('restores for real into a folder that is gone afterwards, and opens no run', async () => {
    const entries = async (): Promise<number> => (await ask('log', 'entries', '--all')).items.length
    const count = await entries()
    const done = await ask(
      ...'drill run nightly --partition p --corrupt'.split(' '),
      saved[1] ?? '',
    )
    assert.equal(done.checkpoint, saved[0])
    assert.equal(done.step, 10)
    assert.equal(done.finding.reason, 'EVIDENCE_FAILED')
    assert.equal(await entries(), count)
    const left = readdirSync(place.directory).filter((name) => name.startsWith('cairn-drill-'))
    assert.deepEqual(left, [])
    const kept = await ask(...'drill run nightly --partition p --into kept'.split(' '))
    assert.equal(kept.step, 20)
    const file = join(place.directory, 'kept', '00-step-20', 'rank-0', 'model.bin')
    assert.equal(await readFile(file, 'utf8'), 'the state of step 20')
    const again = await cairn(...'drill run nightly --partition p --into kept'.split(' '))
    assert.equal(again.code, 2)
    const lost = 'drill run nightly --partition p --lose-bucket file://'
    assert.equal((await cairn(...lost.split(' '))).code, 3)
  })

  it('does with a token that may only read, and records with one that may verify', async () => {
    const reader = await place.ask(['token', '--grant', 'read:default/nightly'])
    const only = { variables: { ...variables, CAIRN_TOKEN: reader.token } }
    const words = 'drill run nightly --partition p'.split(' ')
    assert.equal((await place.ask(words, only)).step, 20)
    assert.equal((await place.run([...words, '--record'], only)).code, 5)
    const recorded = await ask(...words, '--record')
    assert.ok(recorded.recorded.index > 0)
  })

  it('is told what is due', async () => {
    await ask(...'policy set fast --rehearse-every 60s --rto 1s'.split(' '))
    await ask(...'jobs declare nightly --policy fast'.split(' '))
    // It was rehearsed a moment ago.
    assert.deepEqual((await ask('drill', 'due')).items, [])
    const shown = await cairn('policy', 'show', 'fast')
    assert.match(shown.stdout, /rehearsed every +1 min/)
  })

  it('goes back on purpose, having seen what that leaves behind, and carries a token about', async () => {
    const covered = await ask(...'coverage nightly --from 2026-11-23 --to 2026-11-24'.split(' '))
    assert.equal(covered.items[0].state, 'good')
    const gap = await find(...'coverage nightly --from 2026-11-23 --to 2026-11-25'.split(' '))
    assert.equal(gap.items[1].reason, 'NO_WINDOW')
    const { token } = await ask(
      ...'resume-token issue nightly --partition p --lifetime 1h'.split(' '),
    )
    assert.equal((await ask('resume-token', 'plan', token)).step, 20)
    const preview = await ask(...'rewind nightly --partition p --to'.split(' '), saved[0] ?? '')
    assert.equal(preview.count, 1)
    const resume = 'resume --job nightly --partition p --from'.split(' ')
    const back = await ask(...resume, saved[0] ?? '', '--rewind')
    assert.equal(back.plan.step, 10)
    assert.deepEqual(back.abandons, preview)
    assert.equal((await cairn(...resume, token)).code, 4, 'its state was left behind')
    assert.equal((await ask(...resume, token, '--rewind')).plan.step, 20)
    assert.equal((await cairn(...resume, `${token}x`)).code, 2)
  })
})
