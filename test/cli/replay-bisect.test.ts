import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openWorkplace, type Workplace } from './command-fixture.ts'

const STEPS = 9
const FIRST_BAD = 6

describe('comparing runs and searching a line', () => {
  let place: Workplace
  let variables: Readonly<Record<string, string>>
  /** The checkpoints of the first run, by their step. */
  const saved: string[] = []
  const cairn = (...words: readonly string[]) => place.run(words, { variables })
  const ask = (...words: readonly string[]) => place.ask(words, { variables })

  const saveAll = async (job: string, stateAt: (step: number) => string) => {
    const { run } = await ask('resume', '--job', job)
    writeFileSync(join(place.directory, `${job}.json`), JSON.stringify({ run }))
    const digests: string[] = []
    for (let step = 1; step <= STEPS; step += 1) {
      writeFileSync(join(place.directory, 'model.bin'), stateAt(step))
      const words = `--run-file ${job}.json --step ${step} --store disk:./states --file model.bin`
      digests.push((await ask('register', ...words.split(' '), '--param', 'rate=1')).checkpoint)
    }
    return { run: run.run as string, digests }
  }

  before(async () => {
    place = openWorkplace()
    const { ready } = await place.serve()
    variables = { CAIRN_URL: ready.url, CAIRN_TOKEN: ready.token ?? '' }
    const first = await saveAll('one', (step) => (step < FIRST_BAD ? 'fine' : 'broken'))
    saved.push(first.run, ...first.digests)
  })
  after(() => place.remove())

  it('finds the first divergence of two runs, and ends with 8', async () => {
    const other = await saveAll('two', (step) => (step < 4 ? 'fine' : 'other'))
    const { code, stdout } = await cairn('replay-check', saved[0] ?? '', other.run, '--json')
    assert.equal(code, 8)
    const found = JSON.parse(stdout)
    assert.equal(found.verdict, 'different')
    assert.deepEqual([found.unknownCount, found.divergence.step], [3, 4])
    assert.equal(found.divergence.sections[0].section, 'state')
    const drawn = await cairn('replay-check', saved[0] ?? '', other.run)
    assert.match(drawn.stdout, /diverged at +step 4 \(durable\)/)
    assert.match(drawn.stdout, /\/ranks\/0\/model\.bin/)
    const all = await ask('compare-runs', saved[0] ?? '', other.run, '--all')
    assert.equal(all.items.length, STEPS)
  })

  it('names what a replay would miss', async () => {
    const { code, stdout } = await cairn('checkpoints', 'replay', saved[1] ?? '', '--exit-code')
    assert.equal(code, 8)
    assert.match(stdout, /^replay +partial$/m)
    assert.match(stdout, /major +SEEDS_MISSING/)
  })

  it('finds the first bad checkpoint with a command that looks at the restored state', async () => {
    const test = 'grep -q fine "$(find "$CAIRN_STATE" -name model.bin)" # --json'
    const words = [saved[1] ?? '', saved[STEPS] ?? '', '--restore', '--', 'sh', '-c', test]
    const { code, stdout, stderr } = await cairn('bisect', ...words)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /^step 5 is good; 3 left between$/m)
    assert.match(stdout, new RegExp(`^first bad +step ${FIRST_BAD}, ${saved[FIRST_BAD]}$`, 'm'))
  })

  it('judges by exit codes: 125 skips, what is above 127 ends the search', async () => {
    const [good = '', bad = ''] = [saved[1], saved[STEPS]]
    const byStep = async (script: string) =>
      await cairn('bisect', good, bad, '--json', '--', 'sh', '-c', script)
    const plain = await byStep(`test "$CAIRN_STEP" -lt ${FIRST_BAD}`)
    assert.equal(plain.code, 0, plain.stderr)
    const found = JSON.parse(plain.stdout)
    assert.equal(found.firstBad.step, FIRST_BAD)
    assert.equal(found.firstBad.checkpoint, saved[FIRST_BAD])
    assert.equal(found.lastGood.step, FIRST_BAD - 1)
    assert.ok(found.tried.length <= 4)
    const skipping = await byStep(
      `case $CAIRN_STEP in 5|6) exit 125;; [1-4]) exit 0;; *) exit 127;; esac`,
    )
    assert.equal(skipping.code, 8)
    const suspects = JSON.parse(skipping.stdout).suspects.map((one: { step: number }) => one.step)
    assert.deepEqual(suspects, [5, 6, 7])
    const ended = await byStep('exit 200')
    assert.equal(ended.code, 1)
    assert.equal(JSON.parse(ended.stderr.trimEnd().split('\n').at(-1) ?? '').code, 'ABORTED')
    const missing = await cairn('bisect', good, bad, '--', './no-such-program')
    assert.match(missing.stderr, /ABORTED: The command "\.\/no-such-program" cannot be started/)
  })

  it('refuses two checkpoints of which the first is not before the second', async () => {
    const [good = '', bad = ''] = [saved[3], saved[2]]
    const { code, stderr } = await cairn('bisect', good, bad, '--', 'true')
    assert.equal(code, 2)
    assert.match(stderr, /INVALID_REQUEST: .* is not before .* on its line/)
  })
})
