import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { isCatalogError } from '../../schema/errors.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Command } from '../../server/log/command.ts'
import { decideRegistration, type Registration } from '../../server/register/decide-registration.ts'
import { checkpointByDigest, read } from '../../server/timeline/lookups.ts'
import { dialects } from '../harness/catalog.ts'
import { idOf, sampleManifest } from '../harness/samples.ts'
import { answered, useScene } from './scene.ts'

for (const dialect of dialects) {
  describe(`the checks of a registration on ${dialect}`, () => {
    const scene = useScene(dialect)
    const namespace = 'airline' as NamespaceName
    const actor = 'tester'
    const registering = (manifest: Manifest): Command<Registration> => {
      const text = canonicalize(manifest)
      const document = { digest: idOf(manifest), bytes: Buffer.from(text), value: manifest }
      const decided = decideRegistration(scene().at.catalog.context, { manifest, document })
      return { namespace, actor, ...decided }
    }
    const failing = (manifest: Manifest): Command<undefined> => ({
      namespace,
      actor,
      reads: [read(checkpointByDigest, namespace, idOf(manifest))],
      decide: () => ({
        drafts: [
          {
            entry: {
              kind: 'evidence.recorded',
              subject: idOf(manifest),
              finding: 'present',
              outcome: 'failed',
              method: 'test',
            },
          },
        ],
        result: () => undefined,
      }),
    })

    test('a delta, under a policy of storage, is refused for what failed before it in its batch', async () => {
      answered(await scene().put('/policies/placed', { storage: { lifecycle: 'warn' } }), 200)
      answered(await scene().put('/jobs/placed', { policy: 'placed' }), 200)
      const { run } = await scene().open('placed')
      const base = sampleManifest(run, 1)
      await scene().save(run, 1)
      const { log } = scene().at.catalog.context
      // The registration before makes the rows of checkpoints the first that are written, and those of evidence the last.
      const [, , delta] = await Promise.allSettled([
        log.append(registering(sampleManifest(run, 2))),
        log.append(failing(base)),
        log.append(registering(sampleManifest(run, 3, { base: idOf(base) }))),
      ])
      assert.equal(delta.status, 'rejected')
      assert.ok(isCatalogError(delta.reason))
      assert.equal(delta.reason.code, 'BASE_NOT_GOOD')
    })
  })
}
