import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, test, type TestContext } from 'node:test'
import { formatVerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { followCatalog } from '../../server/publish-logs.ts'
import { dialects } from '../harness/catalog.ts'
import { startListening, type Listening } from '../http/listening.ts'

/**
 * Where the program `fsck` of transparency-dev/tessera is, which shares nothing with Cairn:
 * `go install github.com/transparency-dev/tessera/cmd/fsck@v1.0.0`.
 */
const VERIFIER = process.env['CAIRN_TESSERA_FSCK']
const NAMESPACE = 'airline' as NamespaceName
/** Two full tiles, the beginning of a third, and a level above. */
const ENTRY_COUNT = 700
const TIMEOUT_MS = 60_000

/** Its workers: with one alone it would wait for itself once that has found something. */
const WORKERS_COUNT = 4

/** What the verifier says of a log at a URL; it ends with 0 whatever it finds. */
function verify(
  directory: string,
  { url, key, token }: { readonly url: string; readonly key: string; readonly token?: string },
): Promise<string> {
  const keyFile = join(directory, 'key.pub')
  writeFileSync(keyFile, `${key}\n`)
  const options = [
    '-ui=false',
    '-N',
    `${WORKERS_COUNT}`,
    '-storage_url',
    url,
    '-public_key',
    keyFile,
  ]
  if (token !== undefined) options.push('-bearer_token', token)
  return new Promise((resolve, reject) => {
    execFile(VERIFIER ?? '', options, { timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(`${stdout}${stderr}`)
      else reject(error)
    })
  })
}

async function grow({ server, token }: Listening): Promise<void> {
  for (let at = 0; at < ENTRY_COUNT; at += 100) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, place) =>
        fetch(`${server.url}/v1/namespaces/${NAMESPACE}/jobs/job-${at + place}`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: '{}',
        }),
      ),
    )
    assert.ok(answers.every((answer) => answer.ok))
  }
}

function folderOf(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-outside-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

function keyOf({ server }: Listening): string {
  const [key] = server.catalog.context.signer.verifierKeys(NAMESPACE)
  assert.ok(key)
  return formatVerifierKey(key)
}

const reason =
  'CAIRN_TESSERA_FSCK names no fsck of transparency-dev/tessera, which needs Go to build'

describe('a verifier of C2SP logs that is not ours', { skip: VERIFIER ? false : reason }, () => {
  test('is there', () => assert.ok(existsSync(VERIFIER ?? ''), `${VERIFIER} is no file`))

  for (const dialect of dialects) {
    test(`accepts what Cairn serves and publishes, and refuses it changed, on ${dialect}`, async (context) => {
      const listening = await startListening(dialect, context)
      const directory = folderOf(context)
      const key = keyOf(listening)
      await grow(listening)
      const accepted = new RegExp(`Successfully fsck'd log with size ${await listening.size()} `)
      const served = `${listening.server.url}/v1/namespaces/${NAMESPACE}/log/`
      assert.match(await verify(directory, { url: served, key, token: listening.token }), accepted)

      const published = join(directory, 'published')
      const publisher = await followCatalog(listening.server.catalog, published)
      await publisher?.close()
      const log = join(published, NAMESPACE)
      const url = `${pathToFileURL(log).href}/`
      assert.match(await verify(directory, { url, key }), accepted)

      const bundle = join(log, 'tile/entries/001')
      const bytes = readFileSync(bundle)
      bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000)
      writeFileSync(bundle, bytes)
      assert.match(await verify(directory, { url, key }), /fsck failed/)
    })
  }
})
