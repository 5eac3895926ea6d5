import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runDemo } from '../../client-sdk/cli/demo/run-demo.ts'
import { screenOf } from '../../client-sdk/cli/screen.ts'
import type { Session } from '../../client-sdk/cli/session.ts'

const command = fileURLToPath(new URL('../../client-sdk/cli/cairn.ts', import.meta.url))

/** The demonstration's folders go here, so that a leftover is seen. */
const directory = mkdtempSync(join(tmpdir(), 'cairn-test-demo-'))
process.env['TMPDIR'] = directory
after(() => rmSync(directory, { recursive: true, force: true }))

/** A session that keeps what is told. */
function keepingSession(): { readonly session: Session; readonly told: () => string } {
  let text = ''
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk)
      done()
    },
  })
  const screen = screenOf(output, {})
  const session = {
    variables: process.env,
    json: false,
    output,
    errors: output,
    outputScreen: screen,
    errorScreen: screen,
  }
  return { session, told: () => text }
}

test('two partitions are killed, the catalog too, and the results are the same', async () => {
  const { session, told } = keepingSession()
  const report = await runDemo({
    session,
    seed: 5,
    partitions: ['10-14', '18-24'],
    rowsPerSecond: 100_000,
  })
  assert.ok(report)
  const page = report.text(session.outputScreen)
  assert.equal(report.hasFindings, false, page)
  assert.match(page, /All as promised/)
  assert.match(page, /restored from the one above/)
  assert.match(told(), /SIGKILL at step \d+, attempt 1; latest good: \d+/)
  assert.match(told(), /ATTEMPT_FENCED/)
  assert.match(told(), /catalog +kill -9/)
  assert.deepEqual(readdirSync(directory), [])
})

test('a state, a region and a library are lost, and it goes on from the right one each time', async () => {
  const { session, told } = keepingSession()
  const report = await runDemo({ session, seed: 7, drill: true })
  assert.ok(report)
  const page = report.text(session.outputScreen)
  assert.equal(report.hasFindings, false, page)
  assert.match(page, /All as promised/)
  for (const why of ['EVIDENCE_FAILED', 'UNAVAILABLE', 'ENVIRONMENT_DIFFERS']) {
    assert.match(told(), new RegExp(`The drill foretold: [^\n]*${why}[^]*Passed over:[^]*${why}`))
  }
  assert.match(told(), /step 160[^]*step 80[^]*step 40/)
  assert.deepEqual(readdirSync(directory), [])
})

const withoutProc = existsSync('/proc/self/cmdline') ? false : 'there is no /proc to look into'

test('Ctrl-C ends all that the demonstration has started', { skip: withoutProc }, async () => {
  const demo = spawn(process.execPath, [command, 'demo', '--seed', '5'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    demo.once('close', (_code, signal) => resolve(signal))
  })
  await firstStanding(demo)
  assert.equal(processesIn(directory).length, 5, 'the catalog and four jobs')
  demo.kill('SIGINT')
  assert.equal(await ended, 'SIGINT')
  assert.deepEqual(processesIn(directory), [])
  assert.deepEqual(readdirSync(directory), [])
})

/** Resolves when the demonstration tells how far its jobs are. */
function firstStanding(demo: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    demo.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (/… 00-10 \d/.test(text)) resolve()
    })
    demo.once('close', () => reject(new Error(`It ended early: ${text}`)))
  })
}

/** The processes that were told to work in a folder. */
function processesIn(folder: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(folder)
    } catch {
      // It ended while it was looked at.
      return false
    }
  })
}
