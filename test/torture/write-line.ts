import { randomUUID } from 'node:crypto'
import { Value } from 'typebox/value'
import { canonicalize } from '../../schema/canonical-json.ts'
import { Receipt } from '../../schema/checkpoint.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import { Run } from '../../schema/run.ts'
import { sampleManifest } from '../harness/samples.ts'
import { NAMESPACE, type Ledger } from './acknowledged.ts'
import { callUntilAnswered, type Answered, type Target } from './http.ts'
import { seededRandom } from './random.ts'

/** Registrations of one run before the next attempt is opened. */
const RUN_MAX_COUNT = 30
/** A full checkpoint comes at least this often, so that chains stay short. */
const CHAIN_MAX_COUNT = 8
const BATCH_MAX_COUNT = 6
/** Longest wait for one answer, over any number of restarts. */
const ANSWER_MAX_MS = 60_000

const prefix = `/v1/namespaces/${NAMESPACE}`

export interface LineOptions {
  readonly target: Target
  readonly job: string
  readonly partition: string
  readonly seed: string
  readonly ledger: Ledger
  readonly isStopped: () => boolean
}

/** A line of work: opens attempts one after the other and registers in each, whatever happens to the server. */
export interface Line {
  /** Works until stopped; rejects with a sentence when the catalog breaks a promise. */
  work(): Promise<void>
}

interface Position {
  readonly run: Run
  readonly step: number
  /** Newest durable checkpoint, and how many a restore of it needs. */
  readonly last: { readonly digest: Digest; readonly chainLength: number } | undefined
}

/** Opens a line; its choices follow from its seed. */
export function openLine(options: LineOptions): Line {
  const random = seededRandom(options.seed)
  const upTo = (most: number): number => 1 + Math.floor(random() * most)
  const promised: Receipt[] = []

  const call = (method: string, path: string, body?: string): Promise<Answered> =>
    callUntilAnswered(options.target, {
      method,
      path: `${prefix}${path}`,
      untilMs: Date.now() + ANSWER_MAX_MS,
      ...(body === undefined ? {} : { body, key: randomUUID() }),
    })

  const openRun = async (): Promise<Position> => {
    const { job, partition } = options
    const resume = random() < 0.9 ? 'latest' : 'none'
    const { status, body } = await call('POST', '/runs', JSON.stringify({ job, partition, resume }))
    if (!isSuccess(status)) throw broken('opening a run', status, body)
    const { run } = body as { readonly run: unknown }
    const opened = Value.Parse(Run, run)
    options.ledger.add([{ kind: 'run', run: opened }])
    return { run: opened, step: (opened.restoredFrom?.step ?? -1) + 1, last: undefined }
  }

  const remember = (receipts: readonly unknown[]): void => {
    const parsed = receipts.map((receipt) => Value.Parse(Receipt, receipt))
    options.ledger.add(parsed.map((receipt) => ({ kind: 'checkpoint', receipt })))
    promised.push(...parsed)
  }

  const registerOne = async (at: Position): Promise<Position> => {
    const tier = random() < 0.2 ? 'light' : 'durable'
    const extends_ =
      at.last !== undefined && at.last.chainLength < CHAIN_MAX_COUNT && random() < 0.7
    const base = extends_ ? at.last : undefined
    const manifest = manifestOf(at, { tier, ...(base === undefined ? {} : { base: base.digest }) })
    const { status, body } = await call('POST', '/checkpoints', canonicalize({ manifest }))
    if (!isSuccess(status)) throw broken('registering', status, body)
    remember([body])
    const chainLength = (base?.chainLength ?? 0) + 1
    const digest = digestOf(canonicalize(manifest))
    return {
      ...at,
      step: at.step + 1,
      last: tier === 'durable' ? { digest, chainLength } : at.last,
    }
  }

  const registerBatch = async (at: Position): Promise<Position> => {
    const count = upTo(BATCH_MAX_COUNT)
    const items = Array.from({ length: count }, (_, offset) => ({
      manifest: manifestOf({ ...at, step: at.step + offset }, {}),
    }))
    const { status, body } = await call('POST', '/checkpoints/batch', canonicalize({ items }))
    if (!isSuccess(status)) throw broken('registering a batch', status, body)
    const { results } = body as { readonly results: readonly { readonly receipt?: unknown }[] }
    const refused = results.find((result) => result.receipt === undefined)
    if (refused !== undefined || results.length !== count) throw broken('a batch', status, body)
    remember(results.map((result) => result.receipt))
    return { ...at, step: at.step + count }
  }

  /** What was promised before a restart must still be so after it. */
  const lookBack = async (): Promise<void> => {
    const receipt = promised[Math.floor(random() * promised.length)]
    if (receipt === undefined) return
    const { status, body } = await call('GET', `/checkpoints/${receipt.checkpoint}`)
    const index = (body as { readonly index?: unknown }).index
    if (status !== 200 || index !== receipt.index) {
      throw broken(`reading ${receipt.checkpoint}, promised at ${receipt.index},`, status, body)
    }
  }

  const close = async ({ run }: Position): Promise<void> => {
    const answered = await call('POST', `/runs/${run.run}/close`, '{"outcome":"succeeded"}')
    if (!isSuccess(answered.status)) throw broken('closing a run', answered.status, answered.body)
  }

  /** An attempt that another has taken over from must not get anything in. */
  const tryAsZombie = async (at: Position): Promise<void> => {
    const manifest = manifestOf(at, {})
    const { status, body } = await call('POST', '/checkpoints', canonicalize({ manifest }))
    const { code } = body as { readonly code?: unknown }
    if (code !== 'ATTEMPT_FENCED') throw broken('an old attempt registering', status, body)
  }

  return {
    work: async () => {
      let superseded: Position | undefined
      while (!options.isStopped()) {
        let at = await openRun()
        if (superseded !== undefined) await tryAsZombie(superseded)
        const end = at.step + upTo(RUN_MAX_COUNT)
        while (at.step < end && !options.isStopped()) {
          at = random() < 0.3 ? await registerBatch(at) : await registerOne(at)
          if (random() < 0.1) await lookBack()
        }
        const isClosed = random() < 0.5
        if (isClosed) await close(at)
        superseded = isClosed ? undefined : at
      }
    },
  }
}

function manifestOf({ run, step }: Position, members: Partial<Manifest>): Manifest {
  return sampleManifest(run, step, members)
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300

function broken(what: string, status: number, body: unknown): Error {
  return new Error(`${what} was answered with ${status}: ${JSON.stringify(body).slice(0, 500)}`)
}
