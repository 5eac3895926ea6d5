import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { openTileFolder } from '../../client-sdk/stores/tile-folder.ts'
import { auditLog } from '../../client-sdk/verify/audit-log.ts'
import { checkHead } from '../../client-sdk/verify/check-head.ts'
import { parseVerifierKey } from '../../schema/transparency/verifier-key.ts'
import { valueOf } from '../transparency/note-samples.ts'
import { newSigner } from '../verify/tile-log.ts'
import { verifyFolderNaively } from '../verify/naive-verifier.ts'
import { auditorPolicy, policyText } from '../witness/deployment.ts'
import { growingLog, submit, writeLogs } from '../witness/witness-fixture.ts'
import { openWorkplace, type Served, type Started, type Workplace } from './command-fixture.ts'

interface WitnessReady {
  readonly url: string
  readonly pid: number
  readonly verifierKey: string
  readonly origins: readonly string[]
}

/** Starts `cairn witness` on a free port and waits until it is ready. */
async function startWitness(
  place: Workplace,
  logs: string,
): Promise<Started & { readonly ready: WitnessReady }> {
  const words = ['witness', '--json', '--port', '0', '--logs', logs]
  const started = place.start([...words, '--name', 'witness.example/w1'])
  return { ...started, ready: JSON.parse(await started.until(/\n/)) as WitnessReady }
}

describe('cairn witness', () => {
  let place: Workplace

  before(() => {
    place = openWorkplace()
  })
  after(() => place.remove())

  it('has after kill -9 its key, and the heads that it cosigned', async () => {
    const signer = newSigner()
    const log = growingLog(signer, 60)
    const logs = writeLogs(place.directory, [signer.key])
    const first = await startWitness(place, logs)
    assert.deepEqual(first.ready.origins, [signer.key.name])
    assert.equal((await submit(first.ready.url, log.request(0, 40))).status, 200)
    await first.end('SIGKILL')
    const second = await startWitness(place, logs)
    assert.equal(second.ready.verifierKey, first.ready.verifierKey)
    assert.deepEqual(
      [
        await submit(second.ready.url, log.request(0, 30)),
        (await submit(second.ready.url, log.request(40, 60))).status,
      ],
      [{ status: 409, type: 'text/x.tlog.size', text: '40\n' }, 200],
    )
    assert.equal((await second.end('SIGTERM')).code, 0)
  })

  it('says what is wrong with its settings', async () => {
    const words = ['witness', '--data-dir', 'other', '--logs']
    const unnamed = await place.run([...words, 'logs.policy'])
    assert.equal(unnamed.code, 2)
    assert.match(unnamed.stderr, /^cairn: CONFIG_INVALID: .*a new one needs a name/)
    const missing = await place.run([...words, 'nowhere.policy'])
    assert.equal(missing.code, 2)
    assert.match(missing.stderr, /nowhere\.policy cannot be read/)
  })
})

/** Entries beside the first ones: more than one full tile. */
const JOBS_COUNT = 300

describe('a server with a witness, and the folder that its log is published to', () => {
  let place: Workplace
  let server: Served
  let headers: Record<string, string>
  let vkey: string

  const folder = (): string => join(place.directory, 'public')
  const log = (): string => join(folder(), 'default')
  const put = async (path: string): Promise<{ readonly index: number }> => {
    const url = `${server.ready.url}/v1/namespaces/default${path}`
    const response = await fetch(url, { method: 'PUT', headers, body: '{}' })
    assert.equal(response.status, 200, await response.clone().text())
    return (await response.json()) as { readonly index: number }
  }
  const audited = async (): Promise<number> => {
    const keys = [valueOf(parseVerifierKey(vkey))]
    const verdict = await auditLog(openTileFolder({ directory: log() }), { keys })
    assert.deepEqual(verdict.findings, [])
    // A publisher may be at work, and the second look sees more than the first.
    assert.ok(verifyFolderNaively(log(), vkey) >= verdict.checkedCount)
    return verdict.checkedCount
  }

  before(async () => {
    place = openWorkplace()
    server = await place.serve()
    headers = {
      authorization: `Bearer ${server.ready.token ?? ''}`,
      'content-type': 'application/json',
    }
    const response = await fetch(`${server.ready.url}/v1/namespaces/default/log/keys`, { headers })
    const found = (await response.json()) as { readonly keys: readonly string[] }
    vkey = found.keys[0] ?? ''
  })
  after(() => place.remove())

  it('is whole after kill -9 at any moment, and complete after the next run', async () => {
    await Promise.all(Array.from({ length: JOBS_COUNT }, (_, at) => put(`/jobs/job-${at}`)))
    const words = ['log', 'publish', '--folder', 'public', '--json']
    for (const path of ['tile/entries/000', 'tile/0/000', 'tile/entries/001.p', 'checkpoint']) {
      const publishing = place.start(words)
      const ended = publishing.ended.then(() => true)
      // Ends when the file is there or the command has ended, which the fixture bounds.
      while (!existsSync(join(log(), path))) {
        if (await Promise.race([ended, setTimeout(1, false)])) break
      }
      await publishing.end('SIGKILL')
      if (existsSync(join(log(), 'checkpoint'))) await audited()
    }
    const { code, stdout } = await place.run(words)
    assert.equal(code, 0)
    assert.ok(Array.isArray(JSON.parse(stdout).published))
    assert.ok((await audited()) > JOBS_COUNT)
    assert.equal(
      (await place.run(['log', 'publish', '--folder', 'public'])).stdout,
      'Nothing new to publish.\n',
    )
    assert.deepEqual(readdirSync(join(folder(), '.tmp')), [])
  })

  it('has the cosigned head soon after a write that waited for it', async () => {
    await server.end('SIGTERM')
    const logs = writeLogs(place.directory, [valueOf(parseVerifierKey(vkey))])
    const witness = await startWitness(place, logs)
    const policy = policyText([witness.ready])
    writeFileSync(join(place.directory, 'witnesses.policy'), policy)
    server = await place.serve([], {
      variables: { CAIRN_LOG_POLICY: 'witnesses.policy', CAIRN_PUBLISH_FOLDER: 'public' },
    })
    const { index } = await put('/jobs/witnessed?wait=witnessed')
    const variables = {
      CAIRN_URL: server.ready.url,
      CAIRN_TOKEN: (headers['authorization'] ?? '').slice('Bearer '.length),
    }
    writeFileSync(
      join(place.directory, 'run.json'),
      JSON.stringify(await place.ask(['resume', '--job', 'nightly'], { variables })),
    )
    const words = ['register', '--run-file', 'run.json', '--step', '1', '--wait-witnessed']
    const { receipt } = await place.ask(words, { variables })
    assert.match(receipt.proof, /\n— witness\.example\/w1 /)
    const trust = {
      keys: [],
      policy: auditorPolicy([valueOf(parseVerifierKey(vkey))], policy),
    }
    const isPublished = async (): Promise<boolean> => {
      const verdict = await checkHead(readFileSync(join(log(), 'checkpoint')), trust)
      return verdict.ok && (verdict.head?.size ?? 0) > index
    }
    const signal = AbortSignal.timeout(20_000)
    while (!(await isPublished())) await setTimeout(20, undefined, { signal })
    assert.ok((await audited()) > index)

    // The server has the folder; a second publisher would race it.
    const second = await place.run(['log', 'publish', '--folder', 'public'])
    assert.equal(second.code, 2)
    assert.match(second.stderr, /^cairn: CONFIG_INVALID: Another process publishes to /)
    assert.equal((await server.end('SIGTERM')).code, 0)
  })

  it('is followed until the command is stopped', async () => {
    server = await place.serve()
    const following = place.start(['log', 'publish', '--folder', 'public', '--follow', '--json'])
    const sizeBefore = await audited()
    await put('/jobs/followed')
    const signal = AbortSignal.timeout(30_000)
    while ((await audited()) === sizeBefore) await setTimeout(50, undefined, { signal })
    const { code, stdout } = await following.end('SIGTERM')
    assert.equal(code, 0)
    assert.equal(JSON.parse(stdout).published[0].before, sizeBefore)
  })
})
