import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { EMPTY_ROOT } from '../../schema/merkle.ts'
import { checkSignedNote } from '../../schema/transparency/check-note.ts'
import { parseCosignature } from '../../schema/transparency/cosignature.ts'
import { parseSignatureLine, parseSignedNote } from '../../schema/transparency/signed-note.ts'
import { parseVerifierKey } from '../../schema/transparency/verifier-key.ts'
import { formatWitnessRequest } from '../../schema/transparency/witness-request.ts'
import { valueOf } from '../transparency/note-samples.ts'
import { newSigner } from '../verify/tile-log.ts'
import {
  growingLog,
  newFolder,
  submit,
  WITNESS_MS,
  witnessIn,
  writeLogs,
} from './witness-fixture.ts'
import { startWitness } from '../../server/witness/start-witness.ts'

async function openWitness(context: TestContext, nowMs?: () => number) {
  const signer = newSigner()
  const directory = newFolder(context)
  const witness = await witnessIn(directory, [signer.key], nowMs)
  context.after(() => witness.close())
  return { signer, directory, witness, log: growingLog(signer, 300), url: witness.url }
}

/** Where monitors ask for a log. */
function monitoringUrl(url: string, origin: string): string {
  return `${url}/${createHash('sha256').update(origin).digest('hex')}/checkpoint`
}

describe('a witness', () => {
  test('cosigns heads that continue each other, and serves the newest with every signature', async (context) => {
    const { signer, witness, log, url } = await openWitness(context)
    const monitoring = monitoringUrl(url, signer.key.name)
    assert.equal((await fetch(monitoring)).status, 404)
    const key = valueOf(parseVerifierKey(witness.verifierKey))
    for (const [oldSize, size] of [
      [0, 1],
      [1, 256],
      [256, 256],
      [256, 299],
    ] as const) {
      const answer = await submit(url, log.request(oldSize, size))
      assert.equal(answer.status, 200, answer.text)
      assert.match(answer.text, /^— witness\.example\/w1 \S+\n$/)
      const cosignature = valueOf(parseSignatureLine(answer.text.trimEnd(), 'answer'))
      assert.equal(valueOf(parseCosignature(cosignature.signature)).timeSeconds, WITNESS_MS / 1000)
      const served = await fetch(monitoring)
      assert.equal(served.headers.get('content-type'), 'text/plain; charset=utf-8')
      const text = await served.text()
      assert.equal(text, log.noteAt(size) + answer.text)
      const checked = await checkSignedNote(valueOf(parseSignedNote(text)), [signer.key, key])
      assert.ok(checked.ok)
      assert.equal(checked.verifiedBy.length, 2)
    }
  })

  test('names the size it knows to whoever is stale, and stays where it was', async (context) => {
    const { log, url } = await openWitness(context)
    const first = await submit(url, log.request(7, 20))
    assert.deepEqual(first, { status: 409, type: 'text/x.tlog.size', text: '0\n' })
    assert.equal((await submit(url, log.request(0, 20))).status, 200)
    for (const stale of [log.request(0, 30), log.request(10, 30), log.request(25, 30)]) {
      const answer = await submit(url, stale)
      assert.deepEqual(answer, { status: 409, type: 'text/x.tlog.size', text: '20\n' })
    }
    assert.equal((await submit(url, log.request(20, 30))).status, 200)
  })

  test('cosigns no shorter log, whatever old size is claimed', async (context) => {
    const { log, url } = await openWitness(context)
    assert.equal((await submit(url, log.request(0, 30))).status, 200)
    assert.equal((await submit(url, log.request(20, 20))).status, 409)
    assert.equal((await submit(url, log.request(0, 20))).status, 409)
    const shrinking = log.request(20, 20).replace('old 20', 'old 30')
    const answer = await submit(url, shrinking)
    assert.equal(answer.status, 400, answer.text)
    assert.equal((await submit(url, log.request(30, 31))).status, 200)
  })

  test('refuses a proof that does not hold, and another root of a size it has cosigned', async (context) => {
    const { signer, log, url } = await openWitness(context)
    assert.equal((await submit(url, log.request(0, 20))).status, 200)
    const note = valueOf(parseSignedNote(log.noteAt(30)))
    const proof = log.tree.consistency(20, 30)
    const wrongProofs = [
      [],
      proof.slice(1),
      [...proof, EMPTY_ROOT],
      proof.with(0, EMPTY_ROOT),
      proof.toReversed(),
    ]
    for (const wrong of wrongProofs) {
      const answer = await submit(url, formatWitnessRequest({ oldSize: 20, proof: wrong, note }))
      assert.equal(answer.status, 422, answer.text)
    }
    const forked = log.request(20, 20, signer.head(20, log.tree.root(0, 21)))
    assert.equal((await submit(url, forked)).status, 422)
    const surplus = formatWitnessRequest({
      oldSize: 20,
      proof: [EMPTY_ROOT],
      note: valueOf(parseSignedNote(log.noteAt(20))),
    })
    assert.equal((await submit(url, surplus)).status, 422)
    assert.equal((await submit(url, log.request(20, 30))).status, 200)
  })

  test('follows the rules of size zero', async (context) => {
    const { signer, log, url } = await openWitness(context)
    const wrongRoot = log.request(0, 0, signer.head(0, log.tree.root(0, 1)))
    assert.equal((await submit(url, wrongRoot)).status, 422)
    const withProof = formatWitnessRequest({
      oldSize: 0,
      proof: [EMPTY_ROOT],
      note: valueOf(parseSignedNote(log.noteAt(5))),
    })
    assert.equal((await submit(url, withProof)).status, 422)
    assert.equal((await submit(url, log.request(0, 0))).status, 200)
    assert.equal((await submit(url, log.request(0, 0))).status, 200)
    assert.equal((await submit(url, log.request(0, 5))).status, 200)
  })

  test('knows only its logs and only their keys', async (context) => {
    const { signer, log, url } = await openWitness(context)
    const stranger = newSigner('elsewhere.example/log')
    const unknown = growingLog(stranger, 10)
    assert.equal((await submit(url, unknown.request(0, 5))).status, 404)
    const impostor = newSigner(signer.key.name)
    assert.equal((await submit(url, growingLog(impostor, 10).request(0, 5))).status, 403)
    const notByKey = newSigner(signer.key.name, 'someone.example/else')
    assert.equal((await submit(url, growingLog(notByKey, 10).request(0, 5))).status, 403)
    // A known name and id over another text: the note is refused whole, whoever else has signed.
    const forged = log.noteAt(5).replace('\n5\n', '\n6\n')
    assert.equal((await submit(url, log.request(0, 6, forged))).status, 403)
    const [, goodLine = ''] = log.noteAt(6).split('\n\n')
    assert.equal((await submit(url, log.request(0, 6, forged + goodLine))).status, 403)
    // Signatures of keys that it does not know change nothing, and are not kept.
    const [, otherLine = ''] = stranger.head(6, log.tree.root(0, 6)).split('\n\n')
    const noisy = log.request(0, 6, log.noteAt(6) + otherLine + goodLine)
    const answer = await submit(url, noisy)
    assert.equal(answer.status, 200, answer.text)
    const served = await (await fetch(monitoringUrl(url, signer.key.name))).text()
    assert.equal(served, log.noteAt(6) + answer.text)
  })

  test('refuses what is no request, and reads no more than one can have', async (context) => {
    const { log, url } = await openWitness(context)
    const good = log.request(0, 5)
    const bad = [
      '',
      'old 0\n',
      good.replace('old 0', 'old 00'),
      good.replace('old 0', 'old -1'),
      good.replace('old 0', 'old 9007199254740992'),
      good.slice(0, -1),
      good.replace('old 0\n', `old 0\n${'AAAA\n'.repeat(2)}`),
      good.replace('old 0\n', `old 0\n${`${'A'.repeat(43)}=\n`.repeat(64)}`),
      Uint8Array.of(0xff, 0xfe),
    ]
    for (const body of bad) assert.equal((await submit(url, body)).status, 400)
    assert.equal((await submit(url, 'x'.repeat(300_000))).status, 413)
    assert.equal((await fetch(`${url}/add-checkpoint`)).status, 404)
    assert.equal((await submit(url, good)).status, 200)
  })

  test('lets one of many requests from the same old size win', async (context) => {
    const { log, url } = await openWitness(context)
    assert.equal((await submit(url, log.request(0, 10))).status, 200)
    const sizes = Array.from({ length: 12 }, (_, number) => 11 + number)
    const answers = await Promise.all(sizes.map((size) => submit(url, log.request(10, size))))
    const won = sizes.filter((_, place) => answers[place]?.status === 200)
    assert.equal(won.length, 1)
    for (const { status, text } of answers) {
      if (status !== 200) assert.deepEqual([status, text], [409, `${won[0]}\n`])
    }
  })

  test('keeps its key and its memory over a restart, and its time when the clock is set back', async (context) => {
    let nowMs = WITNESS_MS
    const { signer, directory, witness, log } = await openWitness(context, () => nowMs)
    assert.equal((await submit(witness.url, log.request(0, 40))).status, 200)
    await witness.close()
    nowMs -= 3_600_000
    const again = await witnessIn(directory, [signer.key], () => nowMs)
    context.after(() => again.close())
    assert.equal(again.verifierKey, witness.verifierKey)
    assert.equal((await submit(again.url, log.request(0, 41))).text, '40\n')
    const answer = await submit(again.url, log.request(40, 41))
    const cosignature = valueOf(parseSignatureLine(answer.text.trimEnd(), 'answer'))
    assert.equal(valueOf(parseCosignature(cosignature.signature)).timeSeconds, WITNESS_MS / 1000)
    assert.equal(statSync(join(directory, 'witness-key.json')).mode & 0o777, 0o600)
  })

  test('starts only with a key, a name and logs that it can use', async (context) => {
    const directory = newFolder(context)
    const { key } = newSigner()
    const config = {
      directory,
      name: undefined,
      logsFile: writeLogs(directory, [key]),
      host: '127.0.0.1',
      port: 0,
      nowMs: () => WITNESS_MS,
    }
    mkdirSync(join(directory, 'folder', 'witness-key.json'), { recursive: true })
    await assert.rejects(
      startWitness({ ...config, directory: join(directory, 'folder'), name: 'w1' }),
      { code: 'CONFIG_INVALID', message: /witness-key\.json cannot be read .*\(EISDIR\)/ },
    )
    await assert.rejects(startWitness(config), { code: 'CONFIG_INVALID' })
    await assert.rejects(startWitness({ ...config, name: 'two words' }), { code: 'INVALID_NAME' })
    const file = join(directory, 'witness-key.json')
    assert.equal(existsSync(file), false)
    await (await startWitness({ ...config, name: 'w1' })).close()
    await assert.rejects(startWitness({ ...config, name: 'w2' }), { code: 'CONFIG_INVALID' })
    await assert.rejects(startWitness({ ...config, logsFile: join(directory, 'none') }), {
      code: 'CONFIG_INVALID',
    })
    await assert.rejects(startWitness({ ...config, logsFile: writeLogs(directory, []) }), {
      code: 'CONFIG_INVALID',
    })
    const good = readFileSync(file, 'utf8')
    for (const bad of ['', '{}', '{"name":"w1","privateKey":{}}', good.slice(0, -9)]) {
      writeFileSync(file, bad)
      await assert.rejects(startWitness({ ...config, logsFile: writeLogs(directory, [key]) }), {
        code: 'CONFIG_INVALID',
      })
      assert.equal(readFileSync(file, 'utf8'), bad)
    }
  })
})
