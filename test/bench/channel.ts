import { once } from 'node:events'
import { connect } from 'node:net'

/** A response's head fits in its first bytes; a longer one is a mistake of the server's. */
const HEAD_MAX_BYTES = 4_096

/** One keep-alive connection with one request at a time; of responses only status and length are looked at. */
export interface Channel {
  /** Calls back when the whole response is here, or when there will be none. */
  send(request: Buffer, onDone: (error?: Error) => void): void
  close(): void
}

/** Opens a connection to a server on this machine; any status but the expected ones is an error. */
export async function openChannel(port: number, expected: readonly number[]): Promise<Channel> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  let onDone: ((error?: Error) => void) | undefined
  let received: Buffer | undefined
  let missingBytes = 0
  const finish = (error?: Error): void => {
    const done = onDone
    onDone = undefined
    received = undefined
    missingBytes = 0
    done?.(error)
  }
  socket.on('data', (chunk: Buffer) => {
    if (missingBytes > 0) {
      missingBytes -= chunk.length
      if (missingBytes === 0) finish()
      return
    }
    received = received === undefined ? chunk : Buffer.concat([received, chunk])
    const head = readHead(received)
    if (head === undefined) return
    if (!expected.includes(head.status) || head.totalBytes === undefined) {
      return finish(unexpected(received))
    }
    missingBytes = head.totalBytes - received.length
    if (missingBytes === 0) finish()
  })
  socket.on('error', finish)
  socket.on('close', () => finish(new Error('the server closed the connection')))
  return {
    send: (request, done) => {
      onDone = done
      socket.write(request)
    },
    close: () => socket.destroy(),
  }
}

/** Status and length of a response, once its head is complete. */
function readHead(
  bytes: Buffer,
): { readonly status: number; readonly totalBytes: number | undefined } | undefined {
  const text = bytes.toString('latin1', 0, HEAD_MAX_BYTES)
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
  return {
    status: Number(text.slice(9, 12)),
    totalBytes: length === undefined ? undefined : end + 4 + Number(length),
  }
}

const unexpected = (bytes: Buffer): Error =>
  new Error(`an unexpected response: ${bytes.toString('utf8', 0, 1_000)}`)
