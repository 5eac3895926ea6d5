import { connect, type Socket } from 'node:net'

/** A server that has not answered by then hangs: far above any pause of its own. */
const DEADLINE_MS = 20_000

/** A response as it stood on the wire. */
export interface RawResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** A connection on which a test writes what no HTTP client would. */
export interface RawConnection {
  /** Writes a text; parts of one request may come in several. */
  write(text: string): void
  /** The next response, whole; an informational one (1xx) too. `head` when it has no body. */
  response(asked?: { readonly head: boolean }): Promise<RawResponse>
  /** Resolves when the server has closed its end, or the whole connection is gone. */
  ended(): Promise<void>
  /** Says that nothing more will come. */
  end(): void
  /** Goes away as a killed process does: with a reset. */
  reset(): void
}

/** Opens a connection to a port of this machine. */
export async function openConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const wire = new Wire(socket)
  await wire.until(() => wire.connected, 'the connection')
  return {
    write: (text) => void socket.write(text, 'latin1'),
    response: async ({ head } = { head: false }) => {
      const found = await wire.until(() => parseResponse(wire.text, head), 'a response')
      wire.text = wire.text.slice(found.length)
      return found.response
    },
    ended: async () => {
      await wire.until(() => wire.over, 'the end')
      socket.destroy()
    },
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
  }
}

/** What has arrived on a socket and was not yet taken. */
class Wire {
  text = ''
  connected = false
  over = false
  readonly #watchers = new Set<() => void>()

  constructor(socket: Socket) {
    const wake = (): void => {
      for (const watcher of this.#watchers) watcher()
    }
    socket.on('connect', () => {
      this.connected = true
      wake()
    })
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1')
      wake()
    })
    const finish = (): void => {
      this.over = true
      wake()
    }
    socket.on('end', finish)
    socket.on('close', finish)
    // A reset is one way of ending; what was to come and did not fails its own wait.
    socket.on('error', finish)
  }

  /** Waits until something holds, and fails when the connection or the time is over. */
  until<Found>(look: () => Found | undefined | false, what: string): Promise<Found> {
    return new Promise((resolve, reject) => {
      const settle = (done: () => void): void => {
        clearTimeout(timer)
        this.#watchers.delete(watch)
        done()
      }
      const watch = (): void => {
        const found = look()
        if (found !== undefined && found !== false) settle(() => resolve(found))
        else if (this.over) settle(() => reject(new Error(`${what} did not come before the end`)))
      }
      const timer = setTimeout(() => {
        settle(() => reject(new Error(`${what} did not come in ${DEADLINE_MS} ms`)))
      }, DEADLINE_MS)
      this.#watchers.add(watch)
      watch()
    })
  }
}

interface Parsed {
  readonly response: RawResponse
  readonly length: number
}

/** The response at the beginning of a text; undefined while it is not yet whole. */
function parseResponse(text: string, head: boolean): Parsed | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Headers(
    lines.map((line): [string, string] => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  const status = Number(first.split(' ')[1])
  const start = end + 4
  const rest = text.slice(start)
  const bodyless = head || status < 200 || status === 204 || status === 304
  const framed = headers.has('transfer-encoding') ? readChunks(rest) : readLength(rest, headers)
  const body = bodyless ? { text: '', length: 0 } : framed
  if (body === undefined) return undefined
  const response = { status, headers, body: Buffer.from(body.text, 'latin1').toString() }
  return { response, length: start + body.length }
}

interface Body {
  readonly text: string
  /** Characters on the wire, framing included. */
  readonly length: number
}

function readLength(rest: string, headers: Headers): Body | undefined {
  const length = Number(headers.get('content-length') ?? 0)
  return rest.length < length ? undefined : { text: rest.slice(0, length), length }
}

function readChunks(rest: string): Body | undefined {
  let text = ''
  let at = 0
  while (at < rest.length) {
    const end = rest.indexOf('\r\n', at)
    if (end < 0) return undefined
    const size = Number.parseInt(rest.slice(at, end), 16)
    const next = end + 2 + size + 2
    if (!(next <= rest.length)) return undefined
    if (size === 0) return { text, length: next }
    text += rest.slice(end + 2, end + 2 + size)
    at = next
  }
  return undefined
}
