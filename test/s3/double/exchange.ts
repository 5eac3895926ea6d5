import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { newOpaqueId, type Store } from './bucket-state.ts'
import { S3Failure } from './failure.ts'
import type { Fault, Faults } from './faults.ts'
import { handlers, operationOf, type S3Operation } from './operations.ts'
import { parseRequest, type Answer, type AnswerBody, type S3Request } from './s3-request.ts'
import { checkSignature, type S3Credentials } from './signature.ts'
import type { RecordedTraffic } from './traffic.ts'
import { writeXml } from './xml.ts'

/** What a double answers with. */
export interface Exchanges {
  readonly store: Store
  readonly faults: Faults
  readonly traffic: RecordedTraffic
  readonly credentials: S3Credentials
  readonly region: string
  /** The clock by which signatures are checked and answers dated. */
  wallMs(): number
}

interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly socket: Socket
  readonly requestId: string
  request: S3Request | undefined
  operation: S3Operation | undefined
  fault: Fault | undefined
  receivedBytes: number
}

/** Answers one request. */
export async function answerRequest(
  double: Exchanges,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const exchange: Exchange = {
    incoming,
    outgoing,
    socket: incoming.socket,
    requestId: newOpaqueId(),
    request: undefined,
    operation: undefined,
    fault: undefined,
    receivedBytes: 0,
  }
  let status = 0
  try {
    const answer = await answerOf(double, exchange)
    // What was refused early must still be read, or the client cannot hear the answer.
    incoming.resume()
    status = answer === undefined ? 0 : await send(double, exchange, answer)
  } catch {
    // The connection is gone, and nobody hears what is wrong with it.
    exchange.socket.destroy()
  }
  record(double, exchange, status)
}

async function answerOf(double: Exchanges, exchange: Exchange): Promise<Answer | undefined> {
  try {
    const request = parseRequest(exchange.incoming, readIncoming(exchange))
    exchange.request = request
    exchange.operation = operationOf(request)
    const { bucket, key } = request
    const partNumber = partNumberOf(request)
    const target = { operation: exchange.operation, bucket, key, partNumber }
    exchange.fault = double.faults.take(target)
    return await perform(double, exchange, { request, operation: exchange.operation })
  } catch (error) {
    if (exchange.socket.destroyed) throw error
    return failureAnswer(error, exchange)
  }
}

const partNumberOf = (request: S3Request): number | undefined => {
  const text = request.query.get('partNumber')
  return text === undefined ? undefined : Number(text)
}

async function perform(
  double: Exchanges,
  exchange: Exchange,
  asked: { readonly request: S3Request; readonly operation: S3Operation },
): Promise<Answer | undefined> {
  const { fault, socket, incoming } = exchange
  const { request, operation } = asked
  if (fault?.kind === 'reset') {
    socket.resetAndDestroy()
    return undefined
  }
  if (fault?.kind === 'hang') {
    incoming.resume()
    await once(socket, 'close')
    return undefined
  }
  if (fault?.kind === 'delay') await setTimeout(fault.ms)
  if (fault?.kind === 'error') throw new S3Failure(fault.code, fault.message)
  const { credentials, region } = double
  checkSignature(request, { credentials, region, nowMs: double.wallMs() })
  const answer = await handlers[operation](double.store, request)
  if (fault?.kind === 'lost-answer') {
    socket.resetAndDestroy()
    return undefined
  }
  if (fault?.kind === 'error-in-200') {
    return { ...failureAnswer(new S3Failure(fault.code), exchange), status: 200 }
  }
  return answer
}

/** The body as it comes, counted; leaving it early does not end the connection. */
async function* readIncoming(exchange: Exchange): AsyncGenerator<Uint8Array> {
  for await (const piece of exchange.incoming.iterator({ destroyOnReturn: false })) {
    const bytes = parsePiece(piece)
    exchange.receivedBytes += bytes.length
    const { fault } = exchange
    if (fault?.kind === 'reset-upload' && exchange.receivedBytes >= fault.afterBytes) {
      exchange.socket.resetAndDestroy()
      throw new Error('the connection was reset')
    }
    yield bytes
  }
}

function parsePiece(piece: unknown): Uint8Array {
  return piece as Uint8Array
}

function failureAnswer(error: unknown, exchange: Exchange): Answer {
  const failure =
    error instanceof S3Failure
      ? error
      : new S3Failure('InternalError', `The double failed: ${String(error)}`)
  const body = writeXml('Error', {
    Code: failure.code,
    Message: failure.message,
    ...failure.details,
    Resource: exchange.request?.rawPath,
    RequestId: exchange.requestId,
    HostId: 'double',
  })
  const headers = { ...failure.headers, 'content-type': 'application/xml' }
  return { status: failure.status, headers, body }
}

/** Writes the answer, and gives its status back. */
async function send(double: Exchanges, exchange: Exchange, answer: Answer): Promise<number> {
  const { outgoing, incoming, requestId } = exchange
  const body = bodyOf(answer)
  outgoing.writeHead(answer.status, {
    date: new Date(double.wallMs()).toUTCString(),
    server: 'AmazonS3',
    'x-amz-request-id': requestId,
    'x-amz-id-2': 'double',
    ...(answer.status === 204 || answer.status === 304
      ? {}
      : { 'content-length': String(body.sizeBytes) }),
    ...answer.headers,
  })
  if (incoming.method !== 'HEAD' && answer.status !== 204 && answer.status !== 304) {
    await sendBody(exchange, body)
  }
  outgoing.end()
  if (!outgoing.writableFinished && !outgoing.destroyed) {
    await Promise.race([once(outgoing, 'finish'), once(outgoing, 'close')])
  }
  return answer.status
}

function bodyOf(answer: Answer): AnswerBody {
  if (answer.body === undefined) return { sizeBytes: 0, pieces: [] }
  if (typeof answer.body !== 'string') return answer.body
  const bytes = Buffer.from(answer.body)
  return { sizeBytes: bytes.length, pieces: [bytes] }
}

async function sendBody(exchange: Exchange, body: AnswerBody): Promise<void> {
  const { fault, outgoing, socket } = exchange
  const stopsAfter =
    fault?.kind === 'truncate' || fault?.kind === 'stall' ? fault.afterBytes : undefined
  const gone = once(outgoing, 'close')
  let sent = 0
  for (const piece of body.pieces) {
    const whole = fault?.kind === 'corrupt' ? corrupted(piece, fault.offset - sent) : piece
    const part = stopsAfter === undefined ? whole : whole.subarray(0, stopsAfter - sent)
    sent += part.length
    const flows = outgoing.write(part)
    if (outgoing.destroyed) throw new Error('the client went away')
    if (!flows) await Promise.race([once(outgoing, 'drain'), gone])
    if (sent === stopsAfter) break
  }
  if (fault?.kind === 'truncate') socket.destroySoon()
  if (stopsAfter !== undefined) await gone
}

function corrupted(piece: Uint8Array, offset: number): Uint8Array {
  if (offset < 0 || offset >= piece.length) return piece
  const changed = Buffer.from(piece)
  changed[offset] = (changed[offset] ?? 0) ^ 1
  return changed
}

function record(double: Exchanges, exchange: Exchange, status: number): void {
  const { request, operation, receivedBytes } = exchange
  double.traffic.record({
    operation,
    bucket: request?.bucket,
    key: request?.key,
    versionId: request?.query.get('versionId'),
    partNumber: request && partNumberOf(request),
    headers: request?.headers ?? new Map(),
    receivedBytes,
    status,
  })
}
