import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { formatVerifierKey } from '../../schema/transparency/verifier-key.ts'
import golden from '../vectors/tlog/tessera-log.json' with { type: 'json' }
import { verifyFolderNaively } from './naive-verifier.ts'
import { smallEntries, tileLogOf, writeFolder } from './tile-log.ts'

async function written(
  context: TestContext,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cairn-tiles-'))
  context.after(() => rm(path, { recursive: true, force: true }))
  await writeFolder(path, files)
  return path
}

test('a verifier written from the specification alone accepts the folders that we write', async (context) => {
  for (const size of [0, 1, 255, 256, 257, 1_000, 66_000]) {
    const log = tileLogOf(smallEntries(size))
    const directory = await written(context, log.files)
    assert.equal(verifyFolderNaively(directory, formatVerifierKey(log.key)), size)
  }
})

test('that verifier accepts a folder that another implementation wrote', async (context) => {
  const files = new Map([
    ['checkpoint', new TextEncoder().encode(golden.heads[15])],
    ['tile/0/000.p/15', Uint8Array.from(Buffer.from(golden.hashTile, 'base64'))],
    ['tile/entries/000.p/15', Uint8Array.from(Buffer.from(golden.entryBundle, 'base64'))],
  ])
  const directory = await written(context, files)
  assert.equal(verifyFolderNaively(directory, golden.verifierKey), 15)
})

test('that verifier refuses a folder with a byte changed in any file', async (context) => {
  const log = tileLogOf(smallEntries(300))
  const directory = await written(context, log.files)
  const vkey = formatVerifierKey(log.key)
  for (const [path, bytes] of log.files) {
    for (const at of [0, Math.floor(bytes.length / 2), bytes.length - 9]) {
      await writeFile(join(directory, path), bytes.with(at, (bytes[at] ?? 0) ^ 1))
      assert.throws(() => verifyFolderNaively(directory, vkey), `${path} byte ${at}`)
    }
    await writeFile(join(directory, path), bytes)
  }
  assert.equal(verifyFolderNaively(directory, vkey), 300)
})
