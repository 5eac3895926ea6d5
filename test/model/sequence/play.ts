import assert from 'node:assert/strict'
import type { Recorded } from '../oracle/fact.ts'
import type { Question } from '../oracle/question.ts'
import { replyTo, type Reply } from '../oracle/reply.ts'
import { callOf, type Request } from '../oracle/request.ts'
import { refused } from '../oracle/verdict.ts'
import { worldOf, type World } from '../oracle/world.ts'
import type { Called } from '../../harness/catalog.ts'
import type { Action, AskAction } from './action.ts'
import { askAll, replyDifference, type Send } from './ask.ts'
import { picked } from './pick.ts'
import { questionOf } from './resolve-question.ts'
import { batchOf, requestOf } from './resolve.ts'
import { settle, type Sent } from './settle.ts'
import type { Stage } from './stage.ts'
import { questionsAbout } from './touched.ts'

/** A question that was asked about now, and what was answered then. */
export interface Remembered {
  readonly question: Question
  readonly asOf: number
  readonly called: Called
}

/** What a sequence left behind. */
export interface Played {
  readonly send: Send
  readonly facts: readonly Recorded[]
  readonly remembered: readonly Remembered[]
  /** Environment documents that were sent, by digest. */
  readonly documents: ReadonlyMap<string, unknown>
  /** Leaf hashes that receipts gave, by index. */
  readonly leafHashes: ReadonlyMap<number, string>
  /** Proofs that answers to writes gave, by index. */
  readonly proofs: ReadonlyMap<number, string>
  /** Verifier keys of the namespace's log. */
  readonly keys: readonly string[]
  /** Every call and its status, in order. */
  readonly transcript: readonly string[]
}

/** Plays a sequence in a new namespace and compares every answer with the model's. */
export class Player implements Played {
  readonly facts: Recorded[] = []
  readonly remembered: Remembered[] = []
  readonly documents = new Map<string, unknown>()
  readonly leafHashes = new Map<number, string>()
  readonly proofs = new Map<number, string>()
  readonly keys: string[] = []
  readonly transcript: string[] = []
  readonly #stage: Stage
  readonly #namespace: string
  readonly #keyed: (Sent & { readonly key: string })[] = []

  constructor(stage: Stage) {
    this.#stage = stage
    this.#namespace = stage.newNamespace()
  }

  readonly send: Send = async (method, path, body, headers) => {
    const full = `/v1/namespaces/${this.#namespace}${path}`
    const called = await this.#stage.call(method, full, body, headers)
    const code = called.status < 300 ? '' : ` ${called.body?.code}`
    this.transcript.push(
      `${method} ${path} ${body === undefined ? '' : JSON.stringify(body)} -> ${called.status}${code}`,
    )
    if (called.status < 300) this.#rememberProofs(called.body)
    return called
  }

  /** The namespace's own declaration, from which every sequence starts; both servers hear it at once. */
  async begin(): Promise<void> {
    const at = this.#stage.tick()
    const [first, second] = await Promise.all([this.send('PUT', '', {}), this.send('PUT', '', {})])
    assert.equal(first.status, 200)
    assert.deepEqual(first.body, second.body)
    this.facts.push({
      kind: 'namespace.declared',
      subject: this.#namespace,
      spec: {},
      index: 0,
      at,
    })
    const { origin, keys } = (await this.send('GET', '/log/keys')).body
    this.keys.push(...keys)
    this.facts.push({
      kind: 'log-key.published',
      subject: origin,
      keys: keys.map((key: string) => ({ key, signs: true })),
      index: 1,
      at,
    })
  }

  /** One step; the stamp is new with each. */
  async step(action: Action, stamp: string): Promise<void> {
    const at = this.#stage.tick()
    const world = worldOf(this.facts)
    if (action.do === 'ask') return this.#ask(world, action)
    if (action.do === 'again') return this.#sendAgain(action.pick)
    const sent =
      action.do === 'twice'
        ? await this.#writeTwice(requestOf(world, action.write, stamp), stamp)
        : await Promise.all(
            requestsOf(world, action, stamp).map((request, place) =>
              this.#write(request, `${stamp}-${place}`),
            ),
          )
    this.#settle(world, sent, at)
    await this.#remember(sent)
  }

  /** A client that loses patience: both servers get the request at once, and it must happen once. */
  async #writeTwice(request: Request, stamp: string): Promise<readonly Sent[]> {
    const [first, second] = await Promise.all([
      this.#write(request, stamp),
      this.#write(request, stamp),
    ])
    const told = ({ body, status }: Called): unknown => (status < 300 ? body : body.code)
    assert.deepEqual(told(first.called), told(second.called))
    return [first]
  }

  async #write(request: Request, stamp: string): Promise<Sent> {
    // A key belongs to whoever asks, in all namespaces.
    const key = `${this.#namespace}/${stamp}`
    if (request.op === 'recordEnvironment') this.documents.set(request.digest, request.document)
    const { body, method, path } = callOf(request)
    const byKey = request.op === 'openRun' || request.op === 'recordEvidence'
    const called = await this.send(method, path, body, byKey ? { 'idempotency-key': key } : {})
    if (byKey && called.status < 300) this.#keyed.push({ request, called, key })
    return { request, called }
  }

  #settle(world: World, sent: readonly Sent[], at: string): void {
    const { differences, facts } = settle(world, sent, { at, documents: this.documents })
    assert.ok(facts, differences.join('\nor, in another order, '))
    this.facts.push(...facts)
    for (const { called, request } of sent) {
      if (request.op === 'register' && called.status < 300) this.#rememberLeaf(called.body)
      if (request.op !== 'registerBatch') continue
      for (const { receipt } of called.body.results) if (receipt) this.#rememberLeaf(receipt)
    }
  }

  #rememberProofs(body: Called['body']): void {
    const receipts = (body?.results ?? []).flatMap((result: Called['body']) => result.receipt ?? [])
    for (const { proof } of [body ?? {}, ...receipts]) {
      if (proof === undefined) continue
      const index = Number(/^index (\d+)$/m.exec(proof)?.[1])
      assert.equal(proof, this.proofs.get(index) ?? proof, 'a proof is always the same')
      this.proofs.set(index, proof)
    }
  }

  #rememberLeaf({ index, leafHash }: { readonly index: number; readonly leafHash: string }): void {
    assert.equal(leafHash, this.leafHashes.get(index) ?? leafHash, 'a receipt is always the same')
    this.leafHashes.set(index, leafHash)
  }

  /** Asks about what was touched, so that the same can be asked of this moment later. */
  async #remember(sent: readonly Sent[]): Promise<void> {
    const world = worldOf(this.facts)
    const [first] = sent
    const questions = first === undefined ? [] : questionsAbout(world, first.request)
    for (const question of questions) await this.#askNow(world, question)
  }

  async #askNow(world: World, question: Question): Promise<void> {
    const called = await askAll(this.send, question, undefined)
    const reply = replyTo(world, question, this.documents)
    const differs = replyDifference(question, reply, called)
    assert.ok(differs === undefined, differs)
    this.remembered.push({ question, asOf: world.facts.length - 1, called })
  }

  async #ask(world: World, action: AskAction): Promise<void> {
    const question = questionOf(world, action)
    if (action.asOf < 0) return this.#askNow(world, question)
    const asOf = Math.floor((action.asOf * world.facts.length) / 1000)
    const past = worldOf(world.facts.slice(0, asOf + 1))
    const reply: Reply =
      asOf < world.facts.length
        ? replyTo(past, question, this.documents)
        : refused('LOG_INDEX_OUT_OF_RANGE')
    const differs = replyDifference(question, reply, await askAll(this.send, question, asOf))
    assert.ok(differs === undefined, `as of ${asOf}, ${differs}`)
  }

  /** The same key with the same request is the same answer, whatever has happened since. */
  async #sendAgain(pick: number): Promise<void> {
    const earlier = picked(this.#keyed, pick)
    if (earlier === undefined) return
    const { body, method, path } = callOf(earlier.request)
    const called = await this.send(method, path, body, { 'idempotency-key': earlier.key })
    assert.deepEqual(called.body, earlier.called.body)
    assert.equal(called.status, earlier.called.status)
  }
}

/** What one step sends at the same time. */
function requestsOf(
  world: World,
  action: Exclude<Action, { readonly do: 'ask' | 'again' | 'twice' }>,
  stamp: string,
): readonly Request[] {
  if (action.do === 'batch') return [batchOf(world, action.items, stamp)]
  if (action.do !== 'together') return [requestOf(world, action, stamp)]
  return action.writes.map((write, place) => requestOf(world, write, `${stamp}-${place}`))
}
