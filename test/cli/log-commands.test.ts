import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openHttpTiles } from '../../client-sdk/verify/http-tiles.ts'
import { entryBundlesOf, hashTilesOf } from '../../schema/transparency/tile-coverage.ts'
import { formatTilePath } from '../../schema/transparency/tile-path.ts'
import { ForkedLog } from '../client-sdk/forked-log.ts'
import { openWorkplace, type Ended, type Served, type Workplace } from './command-fixture.ts'

/** Another log's key: what a person would paste by mistake. */
const FOREIGN_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'

/** What a command answered as JSON, which it must have ended with this code. */
// A test looks into any answer; what it has is what it asserts.
// oxlint-disable-next-line typescript/no-explicit-any
function documentOf({ code, stdout, stderr }: Ended, wanted: number): any {
  assert.equal(code, wanted, stderr + stdout)
  return JSON.parse(stdout)
}

function codesOf(document: { readonly findings: readonly { readonly code: string }[] }) {
  return document.findings.map((finding) => finding.code)
}

describe('an auditor at a terminal', () => {
  let place: Workplace
  let server: Served
  let variables: Readonly<Record<string, string>>
  let key = ''
  let checkpoint = ''
  const cairn = (...words: readonly string[]) => place.run(words, { variables })
  const ask = (...words: readonly string[]) => place.ask(words, { variables })
  const write = (name: string, content: string | Uint8Array) => {
    const path = join(place.directory, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  const readText = (name: string) => readFileSync(join(place.directory, name), 'utf8')

  before(async () => {
    place = openWorkplace()
    server = await place.serve()
    variables = { CAIRN_URL: server.ready.url, CAIRN_TOKEN: server.ready.token ?? '' }
    write('run.json', JSON.stringify(await ask('resume', '--job', 'nightly')))
    write('model.bin', 'weights')
    for (const step of [1, 2, 3]) {
      const words = `register --run-file run.json --step ${step} --store disk:./states --file model.bin`
      checkpoint = (await ask(...words.split(' '))).checkpoint
    }
  })
  after(() => place.remove())

  it('gets the keys and the head, and checks the one by the other', async () => {
    const keys = await ask('log', 'keys')
    assert.deepEqual(Object.keys(keys), ['origin', 'keys'])
    key = keys.keys[0]
    assert.ok(key.startsWith(`${keys.origin}+`))
    const unchecked = await ask('log', 'head')
    assert.equal(unchecked.checked, false)
    const head = await ask('log', 'head', '--key', key)
    assert.deepEqual(head, { ...unchecked, checked: true })
    assert.equal(head.origin, keys.origin)
    const { stdout } = await cairn('log', 'head')
    assert.equal(stdout.trimEnd(), head.signedHead.trimEnd())
    const foreign = documentOf(await cairn('log', 'head', '--key', FOREIGN_KEY, '--json'), 8)
    assert.deepEqual(codesOf(foreign), ['signature-unknown'])
    const text = await cairn('log', 'head', '--key', FOREIGN_KEY)
    assert.equal(text.code, 8)
    assert.match(text.stdout, /\nFINDING +WHERE +WHAT\nsignature-unknown /)
  })

  it('audits the whole log over HTTP', async () => {
    const found = await ask('log', 'audit', '--key', key)
    assert.deepEqual(found.findings, [])
    assert.equal(found.ok, true)
    assert.equal(found.checkedCount, found.head.size)
    const { code, stdout } = await cairn('log', 'audit', '--key', key)
    assert.equal(code, 0)
    assert.match(stdout, /\nNothing found wrong\.\n$/)
    const foreign = documentOf(await cairn('log', 'audit', '--key', FOREIGN_KEY, '--json'), 8)
    assert.deepEqual(codesOf(foreign), ['signature-unknown'])
  })

  it('takes a policy as well as a key', async () => {
    write('policy', `log ${key}\nquorum none\n`)
    assert.equal((await ask('log', 'audit', '--policy', 'policy')).ok, true)
    write('policy', `log ${key}\n`)
    const { code, stderr } = await cairn('log', 'audit', '--policy', 'policy')
    assert.equal(code, 2)
    assert.match(stderr, /^cairn: CONFIG_INVALID: end: It has no quorum line/)
  })

  it('asks whom to believe rather than believing the log', async () => {
    for (const words of [['audit'], ['verify', '--folder', 'x'], ['watch', '--memory', 'x']]) {
      const { code, stderr } = await cairn('log', ...words)
      assert.equal(code, 2)
      assert.match(stderr, /^cairn: INVALID_REQUEST: Say whom to believe/)
    }
    const { code, stderr } = await cairn('log', 'audit', '--key', 'x', '--key', 'y')
    assert.equal(code, 2)
    assert.match(stderr, /^cairn: CONFIG_INVALID: key 1: .* key 2: /)
  })

  it('proves a checkpoint, and verifies the proof without a server', async () => {
    const receipt = await ask('log', 'prove', checkpoint)
    assert.deepEqual(Object.keys(receipt), ['checkpoint', 'index', 'entry', 'proof'])
    write('receipt.json', JSON.stringify(receipt))
    const { stdout } = await cairn('log', 'prove', checkpoint)
    assert.equal(stdout.trimEnd(), receipt.proof.trimEnd())
    const { stdout: manifest } = await cairn('checkpoints', 'manifest', checkpoint)
    write('manifest.json', manifest)
    const alone = { variables: {} }
    const words = ['log', 'verify', 'receipt.json', '--key', key]
    const verified = await place.ask([...words, '--manifest', 'manifest.json'], alone)
    assert.deepEqual([verified.ok, verified.index], [true, receipt.index])
    const piped = await place.ask(['log', 'verify', '-', '--key', key], {
      input: JSON.stringify(receipt),
    })
    assert.deepEqual(piped, verified)
    write('manifest.json', manifest.replace('"step":3', '"step":4'))
    const wrong = await place.run([...words, '--manifest', 'manifest.json', '--json'], alone)
    assert.deepEqual(codesOf(documentOf(wrong, 8)), ['manifest-mismatch'])
  })

  it('lists what is wrong with a receipt, whatever it is', async () => {
    const receipt = JSON.parse(readText('receipt.json'))
    for (const [bad, codes] of [
      ['', ['proof-malformed']],
      ['{"entry":', ['proof-malformed']],
      ['[]', ['proof-malformed']],
      ['{}', ['base64-malformed']],
      [JSON.stringify({ ...receipt, entry: '!' }), ['base64-malformed']],
      [JSON.stringify({ ...receipt, proof: 7 }), ['proof-malformed']],
      [JSON.stringify({ ...receipt, index: 0 }), ['entry-mismatch']],
      [JSON.stringify({ ...receipt, checkpoint: 'x' }), ['entry-mismatch']],
      [JSON.stringify({ ...receipt, proof: 'x' }), ['proof-malformed']],
      [
        JSON.stringify({ ...receipt, entry: Buffer.from('{}').toString('base64') }),
        ['proof-invalid', 'entry-mismatch'],
      ],
      ['\u0000\u00ff', ['proof-malformed']],
    ] as const) {
      write('bad.json', bad)
      const found = await place.run(['log', 'verify', 'bad.json', '--key', key, '--json'])
      assert.deepEqual(codesOf(documentOf(found, 8)), codes, bad)
    }
    assert.equal((await place.run(['log', 'verify', 'nowhere', '--key', key])).code, 2)
    assert.equal((await place.run(['log', 'verify', '--key', key])).code, 2)
  })

  it('verifies a folder of tiles without a server, and lists what is wrong with one', async () => {
    const { head } = await ask('log', 'audit', '--key', key)
    const source = openHttpTiles({
      url: `${server.ready.url}/v1/namespaces/default/log`,
      token: server.ready.token ?? '',
    })
    const tiles = [...hashTilesOf(head.size), ...entryBundlesOf(head.size)].map(formatTilePath)
    for (const path of ['checkpoint', ...tiles]) {
      const bytes = await source.read(path)
      assert.ok(bytes, path)
      write(join('tiles', path), bytes)
    }
    const words = ['log', 'verify', '--folder', 'tiles', '--key', key]
    assert.deepEqual((await place.ask(words)).head, head)
    const bundle = tiles.find((path) => path.includes('entries')) ?? ''
    const bytes = readFileSync(join(place.directory, 'tiles', bundle))
    write(join('tiles', bundle), bytes.with(20, (bytes[20] ?? 0) ^ 1))
    const found = documentOf(await place.run([...words, '--json']), 8)
    assert.deepEqual(codesOf(found), ['tile-mismatch', 'root-mismatch'])
    write('tiles/checkpoint', 'no note at all')
    const mangled = documentOf(await place.run([...words, '--json']), 8)
    assert.deepEqual(codesOf(mangled), ['note-malformed'])
    const empty = await place.run(['log', 'verify', '--folder', 'nowhere', '--key', key, '--json'])
    assert.deepEqual(codesOf(documentOf(empty, 8)), ['tile-missing'])
  })

  it('ends as unavailable where the server cannot be reached, and with a hint for half a receipt', async () => {
    const away = { variables: { ...variables, CAIRN_URL: 'http://127.0.0.1:1' } }
    const words = ['log', 'audit', '--key', key]
    assert.equal((await place.run(words, away)).code, 6)
    assert.equal((await place.run([...words, '--json'], away)).code, 6)
    write('half', (await cairn('log', 'prove', checkpoint)).stdout)
    const half = documentOf(await cairn('log', 'verify', 'half', '--key', key, '--json'), 8)
    assert.match(half.findings[0].message, /the proof alone.*cairn log prove --json/)
  })

  it('keeps no evidence against a log whose key it does not know', async () => {
    const words = ['log', 'watch', '--memory', 'strange', '--count', '1', '--key', FOREIGN_KEY]
    const found = documentOf(await cairn(...words, '--json'), 8)
    assert.deepEqual(new Set(codesOf(found)), new Set(['signature-unknown']))
    assert.equal(found.evidence, undefined)
    assert.deepEqual(readdirSync(join(place.directory, 'strange')), [])
  })

  it('watches the log, and goes on from what it remembers', async () => {
    const words = ['log', 'watch', '--memory', 'heads', '--key', key]
    const seen = await cairn(...words, '--count', '1')
    assert.equal(seen.code, 0)
    assert.match(seen.stdout, /^\d+ {2}[A-Za-z0-9+/]{43}=\n$/)
    await ask('jobs', 'declare', 'another')
    const again = await ask(...words, '--count', '2', '--every', '1s')
    assert.equal(again.ok, true)
    assert.equal(again.head.size, Number.parseInt(seen.stdout) + 1)
    const away = ['--url', 'http://127.0.0.1:1', '--count', '1', '--json']
    const missed = documentOf(await cairn(...words, ...away), 8)
    assert.deepEqual([missed.ok, missed.head], [false, null])
    assert.match(missed.missed, /could not be reached/)
  })
})

/** Answers over a socket what the log would. */
async function answer(
  log: ForkedLog,
  { method = 'GET', url = '/' }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const found = await log.respond({
    method,
    url: new URL(url, 'http://localhost'),
    headers: new Headers(),
    body: undefined,
    signal: AbortSignal.timeout(60_000),
  })
  response.writeHead(found.status, Object.fromEntries(found.headers))
  response.end(new Uint8Array(await found.arrayBuffer()))
}

describe('a watcher of a log that lies', () => {
  let place: Workplace
  let server: Server
  let log: ForkedLog
  let url = ''

  before(async () => {
    place = openWorkplace()
    log = new ForkedLog()
    server = createServer((request, response) => {
      void answer(log, request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const step of [1, 2]) log.append(`{"step":${step}}`)
  })
  after(async () => {
    server.close()
    await place.remove()
  })

  const watch = (...words: readonly string[]) =>
    place.run(['log', 'watch', '--url', url, '--key', log.verifierKey, ...words], {
      variables: { CAIRN_TOKEN: 't' },
    })

  it('keeps both signed heads and ends with 8', async () => {
    const words = ['--memory', 'heads', '--count', '1']
    assert.equal((await watch(...words)).code, 0)
    const remembered = log.signedHead
    log.rewrite()
    log.append('{"step":3}')
    const found = documentOf(await watch(...words, '--json'), 8)
    assert.deepEqual(codesOf(found), ['proof-invalid'])
    const evidence = JSON.parse(readFileSync(found.evidence, 'utf8'))
    assert.equal(evidence.offered, log.signedHead)
    assert.equal(evidence.remembered[0].signedHead, remembered)
    assert.equal(evidence.conflicts[0].remembered, remembered)
    assert.ok(evidence.conflicts[0].consistencyPath.length > 0)
    const text = await watch(...words)
    assert.equal(text.code, 8)
    assert.match(text.stdout, /contradiction-[0-9a-f]{16}\.json\n\nFINDING /)
    const kept = readdirSync(join(place.directory, 'heads'))
    assert.equal(kept.filter((name) => name.startsWith('contradiction-')).length, 1)
  })

  it('sees a log that was set back', async () => {
    const words = ['--memory', 'others', '--count', '1']
    assert.equal((await watch(...words)).code, 0)
    log.setBack(1)
    const found = documentOf(await watch(...words, '--json'), 8)
    assert.ok(codesOf(found).includes('head-older'))
    assert.ok(codesOf(found).includes('tile-missing'))
  })
})
