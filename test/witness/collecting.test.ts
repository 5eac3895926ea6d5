import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, test, type TestContext } from 'node:test'
import type { NamespaceName } from '../../schema/names.ts'
import { formatSignatureLine, parseSignedNote } from '../../schema/transparency/signed-note.ts'
import { formatVerifierKey } from '../../schema/transparency/verifier-key.ts'
import { parseWitnessRequest } from '../../schema/transparency/witness-request.ts'
import { readTreeHead } from '../../server/log/read-tiles.ts'
import { openCosignatures } from '../../server/cosign/cosignatures.ts'
import { readWitnessPolicy } from '../../server/cosign/witness-policy.ts'
import { dialects, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { answered, declareScene, type Scene } from '../register/scene.ts'
import { cosignatureBy, signerOf, valueOf } from '../transparency/note-samples.ts'
import { logKeysOf, NAMESPACE, openWitness, policyText } from './deployment.ts'
import { openServer, readAll } from './foreign-witness.ts'
import { growingLog, newFolder, submit } from './witness-fixture.ts'

const namespace = NAMESPACE as NamespaceName
const foreign = signerOf('cosignature', 'witness.example/foreign', new Uint8Array(32).fill(7))
const other = signerOf('cosignature', 'witness.example/other', new Uint8Array(32).fill(8))

async function openScene(context: TestContext, dialect: TestCatalog['config']['database']['kind']) {
  const at = await openTestCatalog(dialect)
  context.after(() => at.close())
  return declareScene(at, NAMESPACE)
}

/** Collects for a catalog as a policy says, and keeps what went wrong. */
function collect(context: TestContext, { at }: Scene, policy: string) {
  const file = join(newFolder(context), 'policy')
  writeFileSync(file, policy)
  const failures: string[] = []
  const failure = Promise.withResolvers<string>()
  const { db, signer } = at.catalog.context
  const cosignatures = openCosignatures({
    ...readWitnessPolicy(file),
    db,
    signer,
    onFailure: (error) => {
      const message = error instanceof Error ? error.message : String(error)
      failures.push(message)
      failure.resolve(message)
    },
  })
  context.after(() => cosignatures.close())
  return { cosignatures, failures, failure: failure.promise }
}

const soon = () => AbortSignal.timeout(10_000)

for (const dialect of dialects) {
  describe(`collecting cosignatures on ${dialect}`, () => {
    test('begins anew from the size that the witness tells', async (context) => {
      const scene = await openScene(context, dialect)
      const witness = await openWitness(context, logKeysOf(scene.at))
      for (const job of ['one', 'two', 'three']) {
        answered(await scene.put(`/jobs/${job}`, {}), 200)
        // Each knows nothing of what the one before was told.
        const { cosignatures, failures } = collect(context, scene, policyText([witness]))
        const size = await scene.size()
        assert.equal((await cosignatures.waitFor(namespace, size, soon())).size, size)
        assert.deepEqual(failures, [])
      }
    })

    test('counts no answer but a cosignature of the witness on this head', async (context) => {
      const scene = await openScene(context, dialect)
      const answers: ((note: string) => readonly [number, string])[] = [
        () => [200, ''],
        () => [200, 'what is that?\n'],
        () => [500, 'broken'],
        () => [409, 'many\n'],
        () => [302, ''],
        () => [200, 'x'.repeat(400_000)],
        (text) => [200, formatSignatureLine(cosignatureBy(other, text, 1))],
        (text) => [200, formatSignatureLine(cosignatureBy(foreign, `${text}x\n`, 1))],
        (text) => [
          200,
          formatSignatureLine(cosignatureBy(other, text, 1)) +
            formatSignatureLine(cosignatureBy(foreign, text, 5)),
        ],
      ]
      let askedCount = 0
      const url = await openServer(context, (request, response) => {
        const answer = async (): Promise<void> => {
          const { note } = valueOf(parseWitnessRequest(await readAll(request)))
          const [status, text] = answers[askedCount]?.(note.text) ?? [500, '']
          askedCount += 1
          response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {})
          response.end(text)
        }
        void answer()
      })
      const policy = policyText([{ url, verifierKey: formatVerifierKey(foreign.key) }])
      // A new collection each time, as one alone would leave the witness in peace for longer and longer.
      for (let good = 0; good < answers.length - 1; good += 1) {
        const { cosignatures, failure } = collect(context, scene, policy)
        const waits = cosignatures.waitFor(namespace, 1, soon())
        assert.match(await failure, /^The witness witness\.example\/foreign did not cosign: /)
        await cosignatures.close()
        await assert.rejects(waits, { code: 'NOT_WITNESSED' })
        assert.equal(askedCount, good + 1)
      }
      const { cosignatures } = collect(context, scene, policy)
      const { signedHead } = await cosignatures.waitFor(namespace, 1, soon())
      const names = valueOf(parseSignedNote(signedHead)).signatures.map((one) => one.keyName)
      assert.deepEqual(
        names.filter((name) => name.startsWith('witness')),
        [foreign.key.name],
      )
    })

    test('says it when a witness has cosigned more than the database has', async (context) => {
      const scene = await openScene(context, dialect)
      const witness = await openWitness(context, logKeysOf(scene.at))
      const size = await scene.size()
      const { signer } = scene.at.catalog.context
      // What the log was before its database was set back: signed by the same key.
      const lost = growingLog(
        {
          key: logKeysOf(scene.at)[0] ?? assert.fail('no key'),
          head: (count, root) => signer.sign(namespace, { size: count, root }),
        },
        size + 5,
      )
      assert.equal((await submit(witness.url, lost.request(0, size + 5))).status, 200)
      const { cosignatures, failures, failure } = collect(context, scene, policyText([witness]))
      const waits = cosignatures.waitFor(namespace, size, soon())
      assert.match(await failure, /has cosigned \d+ entries .* the database has fewer/)
      await cosignatures.close()
      await assert.rejects(waits, { code: 'NOT_WITNESSED' })
      assert.equal(failures.length, 1)
    })

    test('has after a restart what was cosigned before it, also where the witness is away', async (context) => {
      const scene = await openScene(context, dialect)
      const witness = await openWitness(context, logKeysOf(scene.at))
      const policy = policyText([witness])
      const size = await scene.size()
      const first = collect(context, scene, policy)
      const { signedHead } = await first.cosignatures.waitFor(namespace, size, soon())
      await first.cosignatures.close()
      await witness.close()
      const second = collect(context, scene, policy)
      const note = await scene.at.catalog.context.signer.signStored(
        namespace,
        await readTreeHead(scene.at.catalog.context.db, namespace),
      )
      assert.equal(await second.cosignatures.addTo(namespace, note), signedHead)
      const again = await second.cosignatures.waitFor(namespace, size, soon())
      assert.equal(again.signedHead, signedHead)
      // One of another head, and of nobody who is asked, stays where it is.
      const stranger = { url: witness.url, verifierKey: formatVerifierKey(foreign.key) }
      const third = collect(context, scene, policyText([stranger]))
      assert.equal(await third.cosignatures.addTo(namespace, note), note)
    })

    // The clock that is moved would be that of PostgreSQL's connections too.
    const skip = dialect === 'postgres' ? 'once is enough: no statement has to do with it' : false
    test(
      'asks a witness that is back within four seconds, however long it was away',
      { skip },
      async (context) => {
        const scene = await openScene(context, dialect)
        let isAway = true
        const url = await openServer(context, (request, response) => {
          const answer = async (): Promise<void> => {
            const { note } = valueOf(parseWitnessRequest(await readAll(request)))
            response.writeHead(isAway ? 500 : 200)
            response.end(formatSignatureLine(cosignatureBy(foreign, note.text, 1)))
          }
          void answer()
        })
        context.mock.timers.enable({ apis: ['setTimeout'] })
        const policy = policyText([{ url, verifierKey: formatVerifierKey(foreign.key) }])
        const { cosignatures, failures } = collect(context, scene, policy)
        const size = await scene.size()
        const waits = cosignatures.waitFor(namespace, size, soon())
        for (let count = 1; count <= 9; count += 1) {
          while (failures.length < count) await setImmediate()
          isAway = count < 9
          context.mock.timers.tick(4_000)
        }
        assert.equal((await waits).size, size)
      },
    )

    test('has a quorum without the witness that is away, and keeps no request waiting', async (context) => {
      const scene = await openScene(context, dialect)
      const near = await openWitness(context, logKeysOf(scene.at))
      const url = await openServer(context, () => undefined)
      const away = { url, verifierKey: formatVerifierKey(foreign.key) }
      const { cosignatures } = collect(context, scene, policyText([near, away], 1))
      for (const job of ['one', 'two', 'three']) {
        answered(await scene.put(`/jobs/${job}`, {}), 200)
        const size = await scene.size()
        assert.equal((await cosignatures.waitFor(namespace, size, soon())).size, size)
      }
      const waits = cosignatures.waitFor(namespace, 1_000, soon())
      await cosignatures.close()
      await assert.rejects(waits, { code: 'NOT_WITNESSED' })
    })
  })
}

test('a policy of witnesses that cannot make a quorum is refused, as is what is no policy', async (context) => {
  const file = join(newFolder(context), 'policy')
  const key = formatVerifierKey(foreign.key)
  const bad = [
    '',
    'quorum w\n',
    `witness w ${key}\nquorum w\n`,
    `witness w ${key} ftp://witness.example\nquorum w\n`,
    `witness w ${key} https://user@witness.example\nquorum w\n`,
  ]
  for (const text of bad) {
    writeFileSync(file, text)
    assert.throws(() => readWitnessPolicy(file), { code: 'CONFIG_INVALID' }, text)
  }
  assert.throws(() => readWitnessPolicy(`${file}.none`), { code: 'CONFIG_INVALID' })
  writeFileSync(file, `witness w ${key} https://witness.example/a/\nquorum w\n`)
  assert.deepEqual(readWitnessPolicy(file).witnesses, [
    { key: foreign.key, url: 'https://witness.example/a' },
  ])
})
