import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { formatVerifierKey, type VerifierKey } from '../../schema/transparency/verifier-key.ts'
import { formatWitnessRequest } from '../../schema/transparency/witness-request.ts'
import { parseSignedNote } from '../../schema/transparency/signed-note.ts'
import { startWitness, type RunningWitness } from '../../server/witness/start-witness.ts'
import { naiveTree } from '../schema/naive-tree.ts'
import { valueOf } from '../transparency/note-samples.ts'
import { smallEntries, type LogSigner } from '../verify/tile-log.ts'

/** The witness's clock in tests, in epoch milliseconds. */
export const WITNESS_MS = Date.parse('2026-11-23T10:00:00.000Z')

/** A new folder, removed after the test. */
export function newFolder(context: Pick<TestContext, 'after'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-witness-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Writes the file of logs that a witness knows. */
export function writeLogs(directory: string, keys: readonly VerifierKey[]): string {
  const file = join(directory, 'logs.policy')
  const lines = keys.map((key) => `log ${formatVerifierKey(key)}\n`)
  writeFileSync(file, `${lines.join('')}quorum none\n`)
  return file
}

/** Starts a witness in a folder, on a free port, which knows these logs. */
export async function witnessIn(
  directory: string,
  keys: readonly VerifierKey[],
  nowMs = () => WITNESS_MS,
): Promise<RunningWitness> {
  return startWitness({
    directory,
    name: 'witness.example/w1',
    logsFile: writeLogs(directory, keys),
    host: '127.0.0.1',
    port: 0,
    nowMs,
  })
}

/** Sends a body to a witness. */
export async function submit(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<{ readonly status: number; readonly type: string; readonly text: string }> {
  const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body })
  const type = response.headers.get('content-type') ?? ''
  return { status: response.status, type, text: await response.text() }
}

/** A log that grows, and what it asks its witness. */
export function growingLog(signer: LogSigner, count: number) {
  const tree = naiveTree(smallEntries(count))
  const noteAt = (size: number): string => signer.head(size, tree.root(0, size))
  return {
    tree,
    noteAt,
    request: (oldSize: number, size: number, note = noteAt(size)): string =>
      formatWitnessRequest({
        oldSize,
        proof: oldSize === 0 ? [] : tree.consistency(oldSize, size),
        note: valueOf(parseSignedNote(note)),
      }),
  }
}
