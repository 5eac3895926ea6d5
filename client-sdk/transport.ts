import { CatalogError } from '../schema/errors.ts'
import { operationTable, type OperationId, type Operations, type Receipt } from './api.ts'
import { attemptRequest, type Answer, type Attempted } from './attempt.ts'
import { RetryBudget } from './budget.ts'
import { within } from './deadline.ts'
import { abortedError, attemptTimeout, withDetail } from './errors.ts'
import { notify, type RequestEvent } from './hooks.ts'
import type { CallOptions, Settings } from './options.ts'
import { prepareRequest, type PreparedRequest } from './request.ts'
import { decideRetry, type Failure, type StopReason } from './retry.ts'
import type { TokenSource } from './token.ts'
import type { LogQuestions } from './trust.ts'

/** Total deadline of a call that reads, in milliseconds. */
const READ_TIMEOUT_MS = 30_000
/** Total deadline of a call that writes, in milliseconds. */
const WRITE_TIMEOUT_MS = 10_000

/** Total deadline of a write that waits for witnesses, for which the catalog takes up to 30 seconds. */
const WITNESSED_TIMEOUT_MS = 40_000

/** A call under way. */
interface Call {
  readonly request: PreparedRequest
  readonly signal: AbortSignal | undefined
  readonly idempotencyKey: string | undefined
  readonly timeoutMs: number
  /** Whether the catalog may take nearly as long as the whole call. */
  readonly isWaiting: boolean
  readonly deadlineMs: number
  /** Attempts made. */
  attempts: number
  /** Whether the token was changed within this call, which is done once. */
  refreshed: boolean
}

/** The input of an operation without its body, for callers that have the body as text. */
export type InputWithoutBody<Id extends OperationId> = Omit<Operations[Id]['input'], 'body'>

/** Sends calls: deadline, retries within a shared budget, one key for all attempts, token refresh. */
export class Transport {
  readonly #settings: Settings
  readonly #tokens: TokenSource
  readonly #budget = new RetryBudget()

  constructor(settings: Settings, tokens: TokenSource) {
    this.#settings = settings
    this.#tokens = tokens
  }

  /**
   * Calls an operation.
   *
   * @throws {CONNECTION_FAILED} the catalog could not be reached
   * @throws {DEADLINE_EXCEEDED} no answer within the total deadline
   * @throws {ABORTED} the signal aborted
   */
  async call<Id extends OperationId>(
    id: Id,
    input: Operations[Id]['input'],
    options: CallOptions = {},
  ): Promise<Operations[Id]['response']> {
    const body = 'body' in input ? JSON.stringify(input.body) : undefined
    const request = prepareRequest(id, waiting(id, input, options), body)
    return parseAnswer<Id>(await this.#send(request, options))
  }

  /** Calls an operation with a body that is sent exactly as it stands. */
  async callWithText<Id extends OperationId>(
    id: Id,
    { text, ...input }: InputWithoutBody<Id> & { readonly text: string },
    options: CallOptions = {},
  ): Promise<Operations[Id]['response']> {
    const request = prepareRequest(id, waiting(id, input, options), text)
    return parseAnswer<Id>(await this.#send(request, options))
  }

  /** Calls an operation whose answer is wanted as the exact bytes. */
  async callForBytes<Id extends OperationId>(
    id: Id,
    input: InputWithoutBody<Id>,
    options: CallOptions = {},
  ): Promise<Uint8Array> {
    return (await this.#send(prepareRequest(id, input), options)).bytes
  }

  /**
   * Checks what proves a registration, if the client has a `trust`.
   *
   * @throws {PROOF_INVALID} the receipt proves nothing
   * @throws {LOG_CONTRADICTED} its head and the one that is remembered cannot both be
   */
  async judgeReceipt(namespace: string, receipt: Receipt, options?: CallOptions): Promise<void> {
    await this.#settings.trust?.judgeReceipt(receipt, this.#questions(namespace, options))
  }

  /** Checks a signed tree head, if the client has a `trust`; throws as {@link Transport.judgeReceipt} does. */
  async judgeHead(namespace: string, signedHead: string, options?: CallOptions): Promise<void> {
    await this.#settings.trust?.judgeHead(signedHead, this.#questions(namespace, options))
  }

  #questions(namespace: string, { timeoutMs, signal }: CallOptions = {}): LogQuestions {
    const options = { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
    return {
      receipt: (digest) => this.call('getReceipt', { namespace, digest }, options),
      consistency: (between) =>
        this.call('getConsistencyProof', { namespace, ...between }, options),
    }
  }

  async #send(request: PreparedRequest, options: CallOptions): Promise<Answer> {
    const { clock } = this.#settings
    const isWaiting = request.method !== 'GET' && options.waitFor !== undefined
    const own = isWaiting ? WITNESSED_TIMEOUT_MS : WRITE_TIMEOUT_MS
    const preset = request.method === 'GET' ? READ_TIMEOUT_MS : own
    const timeoutMs = options.timeoutMs ?? this.#settings.timeoutMs ?? preset
    const call: Call = {
      request,
      signal: options.signal,
      idempotencyKey:
        options.idempotencyKey ?? (request.needsKey ? crypto.randomUUID() : undefined),
      timeoutMs,
      isWaiting,
      deadlineMs: clock.now() + timeoutMs,
      attempts: 0,
      refreshed: false,
    }
    // Bounded: `#pause` throws when the retries are used up, and the token is changed at most once.
    for (;;) {
      const attempted = await this.#attempt(call)
      if (attempted.kind === 'answered') {
        this.#budget.give()
        return attempted.answer
      }
      if (attempted.kind === 'unauthorized' && !call.refreshed) {
        call.refreshed = true
        if (this.#tokens.drop(attempted.token)) continue
      }
      await this.#pause(call, attempted.failure)
    }
  }

  async #attempt(call: Call): Promise<Attempted> {
    const wholeMs = call.isWaiting ? call.timeoutMs : call.timeoutMs / 2
    const { clock, attemptTimeoutMs = wholeMs } = this.#settings
    const remainingMs = call.deadlineMs - clock.now()
    const ms = Math.min(remainingMs, attemptTimeoutMs)
    call.attempts += 1
    const context = {
      settings: this.#settings,
      tokens: this.#tokens,
      idempotencyKey: call.idempotencyKey,
      event: eventOf(call),
    }
    const ended = await within({ clock, ms, signal: call.signal }, (signal) =>
      attemptRequest(context, call.request, signal),
    )
    if (ended.kind === 'done') return ended.value
    if (ended.kind === 'aborted') throw withDetail(abortedError(ended.reason), attemptsOf(call))
    return { kind: 'failed', failure: attemptTimeout(ms) }
  }

  /** Waits before the next attempt, or throws the failure when there is none. */
  async #pause(call: Call, failure: Failure): Promise<void> {
    const { clock, random, retries, hooks } = this.#settings
    const remainingMs = call.deadlineMs - clock.now()
    if (remainingMs <= 0 && failure.kind !== 'final') throw deadlineError(call, failure.error)
    const decision = decideRetry(failure, {
      attempts: call.attempts - (call.refreshed ? 1 : 0),
      retries,
      remainingMs,
      random: random(),
    })
    if (!decision.retry) throw stopped(call, failure.error, decision.why)
    if (!this.#budget.take(decision.kind)) throw stopped(call, failure.error, 'budget')
    const { delayMs } = decision
    notify(hooks.onRetry, { ...eventOf(call), error: failure.error, delayMs })
    await clock.sleep(delayMs, { signal: call.signal })
    if (call.signal?.aborted) {
      throw withDetail(abortedError(call.signal.reason), attemptsOf(call))
    }
  }
}

/** The input of a write that waits for witnesses says so. */
function waiting(
  id: OperationId,
  input: Readonly<Record<string, unknown>>,
  { waitFor }: CallOptions,
): Readonly<Record<string, unknown>> {
  if (waitFor === undefined || operationTable[id].method === 'GET') return input
  return { ...input, wait: waitFor }
}

function eventOf(call: Call): RequestEvent {
  const { operation, method, path } = call.request
  return { operation, method, path, attempt: call.attempts }
}

function attemptsOf(call: Call): { readonly attempts: number } {
  return { attempts: call.attempts }
}

/** The last failure, with how often it was tried and why no more. */
function stopped(call: Call, error: CatalogError, why: StopReason): CatalogError {
  return withDetail(error, { ...attemptsOf(call), ...(why === 'final' ? {} : { gaveUp: why }) })
}

function deadlineError(call: Call, cause: CatalogError): CatalogError {
  return new CatalogError(
    'DEADLINE_EXCEEDED',
    `The call did not end within its deadline of ${call.timeoutMs} ms (${call.attempts} attempts): see the cause.`,
    { cause, detail: { ...attemptsOf(call), fromCatalog: false } },
  )
}

/** The catalog is trusted to keep to its contract; what is no JSON at all did not come from it. */
function parseAnswer<Id extends OperationId>(answer: Answer): Operations[Id]['response'] {
  try {
    return JSON.parse(new TextDecoder().decode(answer.bytes)) as Operations[Id]['response']
  } catch {
    // The parser's own error quotes the body, which may be anything.
    throw new CatalogError(
      'MALFORMED_JSON',
      `The answer had status ${answer.status} and a body that is no JSON: check that "url" leads to the catalog.`,
      { detail: { status: answer.status, fromCatalog: false } },
    )
  }
}
