import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { checkReceipt } from '../../../client-sdk/verify/check-receipt.ts'
import { canonicalize } from '../../../schema/canonical-json.ts'
import { parseVerifierKey, type VerifierKey } from '../../../schema/transparency/verifier-key.ts'
import { projections } from '../../../server/compose.ts'
import { replay } from '../../../server/log/replay.ts'
import { entryOf, type Fact } from '../oracle/fact.ts'
import type { Question } from '../oracle/question.ts'
import { replyTo } from '../oracle/reply.ts'
import { worldOf } from '../oracle/world.ts'
import { askAll, replyDifference } from './ask.ts'
import type { Played } from './play.ts'
import type { Stage } from './stage.ts'

/** Entries asked for at a time, so that a log takes several pages. */
const ENTRIES_PAGE_COUNT = 25

/** The log holds exactly what the model says, numbered without gaps, and receipts bind its bytes. */
export async function verifyLog({ facts, leafHashes, proofs, keys, send }: Played): Promise<void> {
  const entries: Record<string, unknown>[] = []
  while (entries.length < facts.length) {
    const query = `?after=${entries.length - 1}&limit=${ENTRIES_PAGE_COUNT}`
    const { body, status } = await send('GET', `/entries${query}`)
    assert.equal(status, 200)
    assert.equal(body.size, facts.length, 'the log is as long as the model')
    assert.ok(body.items.length > 0, 'a page before the end of the log is not empty')
    entries.push(...body.items)
  }
  assert.deepEqual(
    entries.map(({ index, entry }) => ({ index, entry })),
    facts.map((fact) => ({ index: fact.index, entry: entryOf(fact) })),
  )
  assert.ok(facts.every((fact, place) => fact.index === place))
  for (const [place, { entry, leafHash }] of entries.entries()) {
    const bytes = canonicalize(JSON.parse(JSON.stringify(entry)))
    const hash = createHash('sha256').update('\u0000').update(bytes).digest('base64')
    assert.equal(leafHash, hash, `the leaf hash of entry ${place}`)
    assert.equal(leafHashes.get(place) ?? hash, hash, `the receipt of entry ${place}`)
    const tlogProof = proofs.get(place)
    if (tlogProof === undefined) continue
    const verdict = await checkReceipt({ entry: Buffer.from(bytes), tlogProof, keys: pinned(keys) })
    assert.deepEqual(verdict.findings, [], `the proof of entry ${place}`)
  }
}

const pinned = (keys: readonly string[]): readonly VerifierKey[] =>
  keys.flatMap((key) => {
    const parsed = parseVerifierKey(key)
    return parsed.ok ? [parsed.value] : []
  })

/** Each checkpoint's history is what the log says of it, and its manifest is the bytes with its digest. */
export async function verifyCheckpoints({ facts, send }: Played): Promise<void> {
  for (const fact of facts) {
    if (fact.kind !== 'checkpoint.registered') continue
    const { manifest, subject } = fact
    const stored = await send('GET', `/checkpoints/${subject}/manifest`)
    assert.deepEqual(stored.body, manifest)
    const history = await send('GET', `/checkpoints/${subject}/history`)
    assert.deepEqual(
      history.body.items.map((item: { readonly index: number }) => item.index),
      facts.filter((one) => one.subject === subject).map((one) => one.index),
    )
  }
}

/** Dropping every projection and reading the log again gives the same rows. */
export async function verifyReplay(stage: Stage): Promise<void> {
  for (const { addedCount, removedCount, table } of await replay(
    stage.servers[0].catalog.database,
    projections,
  )) {
    assert.deepEqual({ table, addedCount, removedCount }, { table, addedCount: 0, removedCount: 0 })
  }
}

/** Each fact holds from its entry on, and not before. */
export async function verifyEdges({ documents, facts, send }: Played): Promise<void> {
  for (const { index, kind, subject } of facts.slice(1)) {
    for (const asOf of [index - 1, index]) {
      const world = worldOf(facts.slice(0, asOf + 1))
      for (const question of edgeQuestions(kind, subject)) {
        const called = await askAll(send, question, asOf)
        const differs = replyDifference(question, replyTo(world, question, documents), called)
        assert.ok(differs === undefined, `as of ${asOf}, ${differs}`)
      }
    }
  }
}

function edgeQuestions(kind: Fact['kind'], subject: string): readonly Question[] {
  switch (kind) {
    case 'job.declared':
      return [{ op: 'job', job: subject }]
    case 'run.opened':
    case 'run.closed':
      return [{ op: 'run', run: subject }]
    case 'checkpoint.registered':
    case 'evidence.recorded':
      return [{ op: 'checkpoint', checkpoint: subject }]
    case 'checkpoint.tombstoned':
      return [
        { op: 'checkpoint', checkpoint: subject },
        { op: 'checkpoints', filter: { tombstoned: false }, limit: 100 },
      ]
    case 'namespace.declared':
    case 'log-key.published':
    case 'environment.recorded':
      return []
  }
}

/** What was answered about each moment is answered about it for ever. */
export async function verifyPast({ remembered, send }: Played): Promise<void> {
  for (const { asOf, called, question } of remembered) {
    const again = await askAll(send, question, asOf)
    const told = ({ body, status }: typeof called): unknown =>
      status < 300 ? { status, body } : { status, code: body.code, facts: body.facts }
    assert.deepEqual(told(again), told(called), `${JSON.stringify(question)} as of ${asOf}`)
  }
}
