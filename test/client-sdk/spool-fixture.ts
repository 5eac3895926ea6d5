import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Gap, Receipt } from '../../client-sdk/api.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import type { SpoolRecord } from '../../client-sdk/spool.ts'
import { canonicalize } from '../../schema/canonical-json.ts'

/** An empty folder that goes when the test ends. */
export async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-sdk-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A record of a small manifest that no other step shares. */
export function recordOf(
  step: number,
  changes: { readonly job?: string; readonly gap?: Gap; readonly padding?: string } = {},
): SpoolRecord {
  const { job = 'fares', gap, padding = '' } = changes
  const manifest = canonicalize({ job, step, padding, ...(gap === undefined ? {} : { gap }) })
  return {
    namespace: 'rail',
    job,
    partition: '2026-11-23',
    run: 'run-1',
    attempt: 1,
    step,
    checkpoint: digestOf(manifest),
    manifest,
  }
}

/** What a catalog answers for a record. */
export function receiptOf(record: SpoolRecord): Receipt {
  return {
    namespace: record.namespace,
    checkpoint: record.checkpoint,
    index: record.step,
    leafHash: `${'A'.repeat(43)}=`,
    proof: '',
    at: '2026-11-23T10:00:00.000Z',
  }
}

/** A `send` that takes everything, and the steps it took, in order, by job. */
export function recorder(): {
  readonly steps: Map<string, number[]>
  readonly send: (record: SpoolRecord) => Promise<Receipt>
} {
  const steps = new Map<string, number[]>()
  return {
    steps,
    send: (record) => {
      steps.set(record.job, [...(steps.get(record.job) ?? []), record.step])
      return Promise.resolve(receiptOf(record))
    },
  }
}
