import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { commands } from '../../client-sdk/cli/commands.ts'
import type { Given } from '../../client-sdk/cli/flag.ts'
import { openSession } from '../../client-sdk/cli/session.ts'
import { openWorkplace, type Workplace } from './command-fixture.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the command line', () => {
  let place: Workplace
  before(() => {
    place = openWorkplace()
  })
  after(() => place.remove())

  it('says in its help what every exit code means', async () => {
    const { code, stdout, stderr } = await place.run(['--help'])
    assert.deepEqual([code, stderr], [0, ''])
    for (let number = 0; number <= 8; number += 1) {
      assert.match(stdout, new RegExp(`^ {2}${number} {2}\\S`, 'm'))
    }
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line)
    for (const command of commands) {
      const [word = ''] = command.words.split(' ')
      assert.match(stdout, new RegExp(`^ {2}${word}[ |]`, 'm'))
    }
  })

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    assert.equal((await place.run(['--version'])).stdout, `${version}\n`)
  })

  it('ends with 2 and a suggestion for a command that does not exist', async () => {
    const { code, stdout, stderr } = await place.run(['sreve'])
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(
      stderr,
      /^cairn: INVALID_REQUEST: Unknown command 'sreve' \(Did you mean serve\?\)/,
    )
  })

  it('shows the help of a group that lacks its second word, and ends with 2', async () => {
    const { code, stdout, stderr } = await place.run(['runs'])
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^Usage: cairn runs/)
    assert.doesNotMatch(stderr, /INVALID_REQUEST/)
  })

  it('says how to get a token, and reads one from a file', async () => {
    const without = await place.run(['latest', 'nightly'])
    assert.equal(without.code, 5)
    assert.match(without.stderr, /^cairn: TOKEN_MISSING: .*CAIRN_TOKEN=\$\(npx cairn token\)/)
    const missing = await place.run(['latest', 'nightly', '--token-file', 'nowhere'])
    assert.equal(missing.code, 2)
    assert.match(missing.stderr, /The file nowhere cannot be read \(ENOENT\)\.\n$/)
    writeFileSync(join(place.directory, 'token'), 'secret-of-file\n')
    const words = ['latest', 'nightly', '--token-file', 'token', '--url', 'http://127.0.0.1:1']
    const tried = await place.run([...words, '--json'])
    assert.equal(tried.code, 6)
    assert.equal(JSON.parse(tried.stderr).code, 'CONNECTION_FAILED')
    assert.doesNotMatch(tried.stderr, /secret-of-file/)
  })

  it('refuses a URL with credentials and does not repeat them', async () => {
    const variables = { CAIRN_TOKEN: 'x', CAIRN_URL: 'http://me:hidden@127.0.0.1:1' }
    const { code, stderr } = await place.run(['runs', 'list'], { variables })
    assert.equal(code, 2)
    assert.match(stderr, /^cairn: CONFIG_INVALID: /)
    assert.doesNotMatch(stderr, /hidden/)
  })

  it('ends quietly when nobody reads what it writes', async () => {
    const command = join(root, 'client-sdk', 'cli', 'cairn.ts')
    const child = spawn(
      'sh',
      [
        '-c',
        `"$0" "$1" --help | true; "$0" "$1" environment capture --json | head -c 1`,
        process.execPath,
        command,
      ],
      {
        cwd: place.directory,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.stdout.resume()
    const [code] = (await once(child, 'close')) as [number]
    assert.deepEqual([code, stderr], [0, ''])
  })
})

describe('commands', () => {
  /** What a command says of flags and positions that it cannot take. */
  const refusalOf = async (words: string, given: Readonly<Record<string, Given>>) => {
    const command = commands.find((other) => other.words === words)
    assert.ok(command)
    // It must be found before anything is read, written or asked.
    const error: unknown = await command.run(openSession({ json: true }), given).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    return error instanceof Error && 'code' in error ? [error.code, error.message] : error
  }

  it('name the flag that is missing or wrong', async () => {
    assert.deepEqual(await refusalOf('resume', {}), ['INVALID_REQUEST', '--job is missing.'])
    for (const [words, given, code, pattern] of [
      ['resume', { job: 'A b' }, 'INVALID_NAME', /^--job: a name has 1 to 128 .*\.$/],
      ['resume', { job: 'a', from: 'today' }, 'INVALID_DIGEST', /^--from: a digest is /],
      ['evidence', { digest: 'sha256:12' }, 'INVALID_DIGEST', /^<digest>: a digest is /],
      ['runs close', { outcome: 'well' }, 'INVALID_REQUEST', /: it must be succeeded, failed or c/],
      ['runs list', { limit: '0' }, 'INVALID_REQUEST', /: it must be a whole number from 1 to 100/],
      ['register', { step: '1.5' }, 'INVALID_REQUEST', /^--step: it must be a whole number from 0/],
      ['register', { parameters: ['x'] }, 'INVALID_REQUEST', /^--param: write name=value\.$/],
      ['register', {}, 'INVALID_REQUEST', /^--step is missing\.$/],
      ['register', { manifest: 'm', step: '1' }, 'INVALID_REQUEST', /^A manifest says everything/],
      ['register', { step: '1', files: ['f'] }, 'INVALID_REQUEST', /^--store is missing/],
      [
        'register',
        { step: '1', labels: ['a=1', 'a=2'] },
        'INVALID_REQUEST',
        /--label gives "a" twice/,
      ],
      ['restore', { into: 'd' }, 'INVALID_REQUEST', /^Give either a job or --plan\.$/],
      ['token', { grants: ['fly:default/*'] }, 'INVALID_REQUEST', /^--grant: "fly" is no verb/],
      ['token', { grants: ['read'] }, 'INVALID_REQUEST', /^--grant: after the verbs comes ":"/],
      [
        'token',
        { lifetimeSeconds: '10y' },
        'INVALID_REQUEST',
        /^--expires: a time is a number and/,
      ],
      ['token', { lifetimeSeconds: '400d' }, 'INVALID_REQUEST', /^--expires: a token lives from 1/],
    ] as const) {
      const refused = await refusalOf(words, given)
      assert.ok(Array.isArray(refused), `${words} ${JSON.stringify(given)}: ${String(refused)}`)
      assert.equal(refused[0], code)
      assert.match(String(refused[1]), pattern)
    }
  })

  it('have words and flags of their own', () => {
    const words = commands.map((command) => command.words)
    assert.equal(new Set(words).size, words.length)
    for (const { words: name, takes } of commands) {
      const flags = Object.values(takes).map((flag) => flag.usage.split(' ')[0])
      assert.equal(new Set(flags).size, flags.length, name)
      assert.equal(flags.includes('--json'), false, name)
    }
  })
})
