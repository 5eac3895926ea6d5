import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { captureEnvironment } from '../../client-sdk/node.ts'
import type { Digest } from '../../schema/digest.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, useScene } from '../register/scene.ts'

for (const dialect of dialects) {
  describe(`a drill over captured environments, on ${dialect}`, () => {
    const scene = useScene(dialect)
    /** Records what is captured in a folder with this lock file. */
    const capture = async (name: string, content: string): Promise<Digest> => {
      const directory = await mkdtemp(join(tmpdir(), 'cairn-captured-'))
      try {
        await writeFile(join(directory, name), content)
        const { document, digest } = await captureEnvironment({ directory, timeoutMs: 20_000 })
        answered(await scene().put(`/environments/${digest}`, document), 201)
        return digest as Digest
      } finally {
        await rm(directory, { recursive: true })
      }
    }

    test('a library upgraded: what was captured with another version is passed over, what nobody can tell too', async () => {
      const { run } = await scene().open('captured')
      const [then, now, unread] = [
        await capture('requirements.txt', 'NumPy==1.26.4\nscipy==1.13.0\n'),
        await capture('requirements.txt', 'NumPy==2.0.0\nscipy==1.13.0\n'),
        await capture('uv.lock', 'version = 1\n'),
      ]
      const drill = async (library: string, version: string) => {
        const faults = [{ fault: 'library-upgraded', library, version }]
        const { items } = answered(await scene().post('/drills', { job: 'captured', faults }), 200)
        return items.map((item: Readonly<Record<string, { step?: number }>>) => [
          item['verdict'],
          item['to']?.step,
          item['reason'],
        ])
      }
      await scene().save(run, 1, { environment: now })
      await scene().save(run, 2, { environment: then })
      assert.deepEqual(await drill('scipy', '1.13.0'), [])
      assert.deepEqual(await drill('numpy', '1.26.4'), [])
      assert.deepEqual(await drill('numpy', '2.0.0'), [['falls-back', 1, 'ENVIRONMENT_DIFFERS']])
      // Listed by name are those that are pinned at the top; below them may be any other.
      assert.deepEqual(await drill('zlib', '1.3'), [['lost', undefined, 'ENVIRONMENT_UNKNOWN']])
      await scene().save(run, 3, { environment: unread })
      assert.deepEqual(await drill('numpy', '2.0.0'), [['falls-back', 1, 'ENVIRONMENT_UNKNOWN']])
    })
  })
}
