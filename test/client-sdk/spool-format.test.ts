import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { openSpool } from '../../client-sdk/node.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import { makeFolder, receiptOf, recordOf } from './spool-fixture.ts'

const run = promisify(execFile)

const hasPython = await run('python3', ['--version']).then(
  () => true,
  () => false,
)

const page = await readFile(join(import.meta.dirname, '../../docs/spool-format.md'), 'utf8')

test(
  'what the Python of docs/spool-format.md writes is sent after what was there before',
  { skip: !hasPython && 'python3 is not installed' },
  async (t) => {
    const directory = await makeFolder(t)
    const inTheFuture = () => Date.now() + 3_600_000
    const spool = await openSpool({ directory, clock: inTheFuture })
    const before = recordOf(1)
    await spool.append(before)
    const line = { namespace: 'rail', job: 'fares', partition: '2026-11-23' }
    const manifests = [2, 3].map((step) =>
      canonicalize({ ...line, run: 'run-ü', attempt: 1, step, label: 'é' }),
    )
    const program = /```python\n(?<program>[^]*?)```/.exec(page)?.groups?.['program']
    assert.ok(program !== undefined)
    const calls = 'import sys\nfor text in sys.argv[2:]: append(sys.argv[1], text.encode())\n'
    await run('python3', ['-c', `${program}\n${calls}`, directory, ...manifests])

    const sent: string[] = []
    const report = await spool.drain((record) => {
      sent.push(record.manifest)
      assert.equal(record.checkpoint, digestOf(record.manifest))
      return Promise.resolve(receiptOf(record))
    })
    assert.deepEqual(sent, [before.manifest, ...manifests])
    assert.deepEqual([report.sent.length, report.waitingCount], [3, 0])
    assert.equal((await spool.status()).corruptCount, 0)
  },
)

test('the page names the folders and bounds that the code has', async (t) => {
  const directory = await makeFolder(t)
  await openSpool({ directory })
  for (const name of ['cairn-spool-1', 'waiting', 'refused', 'corrupt', 'gaps', 'tmp']) {
    assert.ok(page.includes(`\`${name}`), name)
    await run('ls', [join(directory, name)])
  }
})
