import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openWorkplace, type Served, type Workplace } from './command-fixture.ts'

const digestPattern = /^sha256:[0-9a-f]{64}$/

describe('a job that is a shell script', () => {
  let place: Workplace
  let server: Served
  let variables: Readonly<Record<string, string>>
  const written: string[] = []
  let full = ''
  let delta = ''

  /** Runs a command as the job does, and keeps what it wrote. */
  const cairn = async (...words: readonly string[]) => {
    const ended = await place.run(words, { variables })
    written.push(ended.stdout, ended.stderr)
    return ended
  }
  const ask = async (...words: readonly string[]) => await place.ask(words, { variables })
  const write = (name: string, content: string) =>
    writeFileSync(join(place.directory, name), content)

  before(async () => {
    place = openWorkplace()
    server = await place.serve()
    variables = { CAIRN_URL: server.ready.url, CAIRN_TOKEN: server.ready.token ?? '' }
  })
  after(() => place.remove())

  it('starts fresh, and keeps what it needs in a file', async () => {
    const opened = await ask('resume', '--job', 'nightly', '--partition', '2026-11-23')
    assert.deepEqual(Object.keys(opened), ['run', 'plan', 'skipped'])
    assert.equal(opened.plan, null)
    assert.equal(opened.run.attempt, 1)
    assert.equal(opened.run.namespace, 'default')
    write('run.json', JSON.stringify(opened))
  })

  it('registers files with parameters, seeds and labels', async () => {
    write('model.bin', 'weights')
    const registered = await ask(
      'register',
      ...'--run-file run.json --step 10 --store disk:./states --file model.bin'.split(' '),
      ...'--param rate=0.1 --param name=007 --label team=a'.split(' '),
      ...'--seed numpy.pcg64=42 --format npz@1'.split(' '),
    )
    assert.deepEqual(Object.keys(registered), ['status', 'checkpoint', 'receipt'])
    assert.equal(registered.status, 'registered')
    assert.match(registered.checkpoint, digestPattern)
    full = registered.checkpoint
    const { stdout } = await cairn('checkpoints', 'manifest', full)
    assert.equal(`sha256:${createHash('sha256').update(stdout).digest('hex')}`, full)
    const manifest = JSON.parse(stdout)
    assert.deepEqual(manifest.parameters, { name: '007', rate: 0.1 })
    assert.deepEqual(manifest.shards[0].seeds, [{ generator: 'numpy.pcg64', seed: 42 }])
    assert.deepEqual(manifest.labels, { team: 'a' })
    assert.deepEqual(manifest.format, { name: 'npz', version: '1' })
    assert.equal(manifest.shards[0].blobs[0].name, 'model.bin')
  })

  it('registers a manifest from a file or from stdin, and the same twice is one', async () => {
    const { manifest, run } = JSON.parse(
      JSON.stringify({
        manifest: JSON.parse((await cairn('checkpoints', 'manifest', full)).stdout),
        run: JSON.parse(readFileSync(join(place.directory, 'run.json'), 'utf8')).run,
      }),
    )
    const next = { ...manifest, step: 20, kind: 'delta', base: full, run: run.run }
    write('manifest.json', JSON.stringify(next))
    const first = await ask('register', 'manifest.json')
    const again = await place.ask(['register', '-'], { variables, input: JSON.stringify(next) })
    assert.deepEqual(again, first)
    delta = first.checkpoint
  })

  it('gets the latest good state, plans from it, and restores it twice', async () => {
    const latest = await ask('latest', 'nightly', '--partition', '2026-11-23')
    assert.equal(latest.checkpoint.checkpoint, delta)
    assert.deepEqual(latest.skipped, [])
    const plan = await ask('plan', 'nightly', '--partition', '2026-11-23')
    assert.deepEqual(
      plan.stages.map((stage: { readonly checkpoint: string }) => stage.checkpoint),
      [full, delta],
    )
    write('plan.json', JSON.stringify(plan))
    const restored = await ask('restore', '--plan', 'plan.json', '--into', 'state')
    assert.equal(restored.bytesFetched, 14)
    const file = restored.stages[0].files[0].path
    assert.equal(readFileSync(file, 'utf8'), 'weights')
    const again = await ask('restore', 'nightly', '--partition', '2026-11-23', '--into', 'state')
    assert.deepEqual([again.bytesFetched, again.bytesReused], [0, 14])
  })

  it('resumes from it and restores in the same step, and fences the older attempt', async () => {
    const words = 'resume --job nightly --partition 2026-11-23 --restore-into resumed'
    const resumed = await ask(...words.split(' '))
    assert.equal(resumed.run.attempt, 2)
    assert.equal(resumed.plan.checkpoint, delta)
    assert.equal(resumed.restored.stages.length, 2)
    write('run2.json', JSON.stringify(resumed))
    const refused = await cairn('register', '--run-file', 'run.json', '--step', '30', '--json')
    assert.equal(refused.code, 4)
    const problem = JSON.parse(refused.stderr)
    assert.equal(problem.code, 'ATTEMPT_FENCED')
    assert.equal(problem.retryable, false)
    assert.match(problem.requestId, /./)
  })

  it('tells the catalog of its restores, unless it is asked not to', async () => {
    const { items } = await ask('restores', 'list', 'nightly')
    assert.deepEqual(
      items.map((item: Record<string, unknown>) => [item['outcome'], item['run'] !== undefined]),
      [
        ['succeeded', true],
        ['succeeded', false],
      ],
    )
    const words = 'restore nightly --partition 2026-11-23 --into quiet --unreported'
    assert.equal((await ask(...words.split(' '))).report, 'off')
    assert.equal((await ask('restores', 'list')).items.length, 2)
    const planned = await ask('plan', 'nightly', '--partition', '2026-11-23', '--max-step', '10')
    assert.equal(planned.step, 10)
    assert.equal(planned.skipped[0].reason, 'STEP_TOO_HIGH')
    const none = await cairn('plan', 'nightly', '--partition', '2026-11-23', '--reads', 'npz@2')
    assert.equal(none.code, 3)
    assert.match(none.stderr, /FORMAT_UNREADABLE/)
  })

  it('draws the lineage, and compares', async () => {
    const { checkpoint } = await ask('register', '--run-file', 'run2.json', '--step', '30')
    const { code, stdout } = await cairn('lineage', checkpoint)
    assert.equal(code, 0)
    const lines = stdout.trimEnd().split('\n')
    assert.deepEqual(
      lines.map((line) => /^\* step \d+/.exec(line)?.[0]),
      ['* step 30', '* step 20', '* step 10'],
    )
    assert.match(lines[0] ?? '', /\(restored-from 20\)$/)
    const below = await ask('lineage', full, '--descendants')
    assert.equal(below.nodes.length, 3)
    const same = await cairn('compare', full, full, '--exit-code')
    assert.equal(same.code, 8, 'what neither side recorded is unknown, and not equal')
    const compared = await ask('compare', checkpoint, full)
    assert.equal(compared.verdict, 'unknown')
  })

  it('finds no good state after failed evidence, and says what it passed over', async () => {
    await ask('evidence', full, '--finding', 'present', '--outcome', 'failed', '--method', 'ls')
    const text = await cairn(
      'latest',
      'nightly',
      '--partition',
      '2026-11-23',
      '--min-grade',
      'present',
    )
    assert.equal(text.code, 3)
    assert.equal(text.stdout, '')
    assert.match(text.stderr, /^cairn: NO_GOOD_CHECKPOINT: /)
    assert.match(text.stderr, /\n +10 {2}EVIDENCE_FAILED /)
    const refused = await cairn('tombstone', full, '--reason', 'corrupt')
    assert.equal(refused.code, 4)
    assert.match(refused.stderr, /^cairn: CHAIN_IN_USE: /)
    const withdrawn = await ask('tombstone', delta, '--reason', 'other', '--note', 'a test')
    assert.equal(withdrawn.reason, 'other')
    const history = await ask('checkpoints', 'history', delta)
    const restored = ['restore.opened', 'restore.recorded', 'evidence.recorded']
    assert.deepEqual(
      history.items.map((item: { readonly entry: { readonly kind: string } }) => item.entry.kind),
      ['checkpoint.registered', ...restored, ...restored, 'checkpoint.tombstoned'],
    )
  })

  it('closes its run, once', async () => {
    const run = await ask('runs', 'close', 'succeeded', '--run-file', 'run2.json')
    assert.equal(run.outcome, 'succeeded')
    const again = await cairn('runs', 'close', 'failed', '--run', run.run)
    assert.equal(again.code, 4)
    assert.match(again.stderr, /^cairn: RUN_CLOSED: /)
    const got = await ask('runs', 'get', run.run)
    assert.equal(got.state, 'closed')
  })

  it('lists in pages, and says whether there is more', async () => {
    const page = await ask('checkpoints', 'list', '--job', 'nightly', '--limit', '2')
    assert.deepEqual(Object.keys(page), ['items', 'more'])
    assert.deepEqual([page.items.length, page.more], [2, true])
    const all = await ask('checkpoints', 'list', '--all', '--label', 'team=a')
    assert.deepEqual([all.items.length, all.more], [2, false])
    const entries = await ask('log', 'entries', '--after', '0', '--limit', '1')
    assert.deepEqual([entries.items[0].index, entries.more], [1, true])
    const { stdout } = await cairn('runs', 'list')
    assert.match(stdout, /^OPENED +JOB +PARTITION +TRY +STATE +FROM +STEP +RUN\n/)
    assert.equal(stdout.trimEnd().split('\n').length, 3)
  })

  it('asks as of a past moment', async () => {
    const { index } = await ask('checkpoints', 'get', delta)
    const words = ['latest', 'nightly', '--partition', '2026-11-23', '--as-of', String(index)]
    const then = await ask(...words)
    assert.equal(then.checkpoint.checkpoint, delta)
    const beyond = await cairn('latest', 'nightly', '--as-of', '1000000')
    assert.equal(beyond.code, 2)
    assert.match(beyond.stderr, /^cairn: LOG_INDEX_OUT_OF_RANGE: /)
  })

  it('records its environment, and refers to it by the digest alone', async () => {
    const captured = await ask('environment', 'capture')
    write('environment.json', JSON.stringify(captured))
    const { stdout } = await cairn('environment', 'record', '--from', 'environment.json')
    assert.equal(stdout, `${captured.environment}\n`)
    const document = await ask('environment', 'get', captured.environment)
    assert.deepEqual(document, captured.document)
    // Nothing was recorded of what made the state: that is unknown, and no reason to refuse.
    const flags = ['--partition', '2026-11-23', '--runs-in', captured.environment]
    const { drift } = await ask('plan', 'nightly', ...flags, '--as-of', '8')
    assert.deepEqual([drift.severity, drift.verdict], ['unknown', 'allow'])
    const words = ['--job', 'nightly', '--partition', 'drift', '--environment']
    const first = await ask('resume', ...words, captured.environment)
    write('drift.json', JSON.stringify(first))
    await ask('register', '--run-file', 'drift.json', '--step', '1')
    const changed = structuredClone(captured.document)
    changed.sections.runtime.arch = 'other'
    changed.sections.runtime.name = 'other'
    write('changed.json', JSON.stringify(changed))
    const recorded = await cairn('environment', 'record', '--from', 'changed.json')
    const other = [...words, recorded.stdout.trim()]
    const refused = await cairn('resume', ...other, '--acknowledge-drift', 'New machines.')
    assert.equal(refused.code, 4)
    assert.match(refused.stderr, /DRIFT_REFUSED.*\n(?:.*\n)*blocker +environment.runtime +arch /)
    changed.sections.runtime.arch = captured.document.sections.runtime.arch
    write('changed.json', JSON.stringify(changed))
    const again = await cairn('environment', 'record', '--from', 'changed.json')
    const held = [...words, again.stdout.trim()]
    const asked = await cairn('resume', ...held, '--check-drift')
    assert.match(asked.stderr, /DRIFT_UNACKNOWLEDGED/)
    const opened = await ask('resume', ...held, '--acknowledge-drift', 'Another runtime.')
    assert.equal(opened.plan.drift.verdict, 'allow-with-acknowledgement')
  })

  it('declares names', async () => {
    const declared = await ask('namespaces', 'declare', 'fares', '--description', 'of flights')
    assert.equal(declared.namespace, 'fares')
    await ask('jobs', 'declare', 'daily', '--namespace', 'fares', '--label', 'tier=gold')
    const jobs = await ask('jobs', 'list', '--namespace', 'fares')
    assert.deepEqual(jobs.items[0].spec, { labels: { tier: 'gold' } })
    const { code, stderr } = await cairn('jobs', 'get', 'weekly', '--namespace', 'fares')
    assert.equal(code, 3)
    assert.match(stderr, /^cairn: JOB_NOT_FOUND: /)
  })

  it('finds corrupt bytes, and leaves none behind', async () => {
    const plan = JSON.parse(readFileSync(join(place.directory, 'plan.json'), 'utf8'))
    plan.stages[0].blobs[0].digest = `sha256:${'0'.repeat(64)}`
    write('bad-plan.json', JSON.stringify(plan))
    const { code, stderr } = await cairn('restore', '--plan', 'bad-plan.json', '--into', 'bad')
    assert.equal(code, 7)
    assert.match(stderr, /^cairn: BLOB_CORRUPT: /)
  })

  it('never reads its token anywhere', async () => {
    const { code, stderr } = await cairn('latest', 'nightly', '--url', 'http://127.0.0.1:1')
    assert.equal(code, 6)
    assert.match(stderr, /^cairn: CONNECTION_FAILED: /)
    const token = server.ready.token ?? ''
    assert.ok(token.length > 100)
    const all = [...written, (await server.end('SIGTERM')).stderr].join('\n')
    for (const part of token.split('.')) assert.equal(all.includes(part), false)
  })
})
