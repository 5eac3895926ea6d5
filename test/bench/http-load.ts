import { openChannel, type Channel } from './channel.ts'
import { quantile } from './statistics.ts'

/** What a request of the bench may be answered with. */
const EXPECTED = [200, 201] as const

/** How one load went. */
export interface Sample {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly count: number
  /** Time in which answers came in, as a part of the whole: near 1 this process is what limits. */
  readonly busyPart?: number
  /** Processor time that one request took the server, where it was asked; steady on a busy machine, too. */
  readonly serverMicros?: number
}

/** The next request's bytes; undefined when there is nothing more to send. */
export type NextRequest = () => Buffer | undefined

/** A minimal HTTP/1.1 client: requests are bytes made beforehand, of responses only the status is looked at. */
export interface LoadClient {
  /** Every connection sends its next request when its last one is answered; all are answered at the end. */
  closedLoop(next: NextRequest, durationMs: number): Promise<Sample>
  /** Requests start on a schedule whatever the server does; latency counts from when one was due. */
  openLoop(next: NextRequest, load: OfferedLoad): Promise<Sample>
}

/** A schedule of requests. */
export interface OfferedLoad {
  readonly perSecond: number
  readonly durationMs: number
}

/** A client of a server on this machine; each load has keep-alive connections of its own. */
export function loadClient(port: number, connectionCount: number): LoadClient {
  const withChannels = async (
    load: (channels: readonly Channel[]) => Promise<Sample>,
  ): Promise<Sample> => {
    // Opened before time is taken: servers close what stays idle between rounds.
    const channels = await Promise.all(
      Array.from({ length: connectionCount }, () => openChannel(port, EXPECTED)),
    )
    try {
      return await load(channels)
    } finally {
      channels.forEach((channel) => channel.close())
    }
  }
  return {
    closedLoop: (next, durationMs) =>
      withChannels((channels) => closedLoop(channels, next, durationMs)),
    openLoop: (next, load) => withChannels((channels) => openLoop(channels, next, load)),
  }
}

function closedLoop(
  channels: readonly Channel[],
  next: NextRequest,
  durationMs: number,
): Promise<Sample> {
  return new Promise((resolve, reject) => {
    const latencies: number[] = []
    const awake = stayAwake(() => latencies.length)
    const startMs = performance.now()
    const deadlineMs = startMs + durationMs
    let openCount = channels.length
    let lastMs = startMs
    const end = (): void => {
      openCount -= 1
      if (openCount > 0) return
      const elapsedMs = lastMs - startMs
      const busyPart = Math.max(0, 1 - awake.stop() / elapsedMs)
      resolve({ ...sampleOf(latencies, elapsedMs), busyPart })
    }
    const turn = (channel: Channel): void => {
      const sentMs = performance.now()
      const request = sentMs < deadlineMs ? next() : undefined
      if (request === undefined) return end()
      channel.send(request, (error) => {
        if (error !== undefined) {
          awake.stop()
          return reject(error)
        }
        lastMs = performance.now()
        latencies.push(lastMs - sentMs)
        turn(channel)
      })
    }
    channels.forEach(turn)
  })
}

/**
 * Keeps this process from sleeping between answers. On a virtual machine waking a sleeper costs who wakes it,
 * the server, more than a small answer does; a server as fast as the references never lets the load sleep.
 * `stop` gives the milliseconds of turns in which nothing was answered.
 */
function stayAwake(answeredCount: () => number): { stop(): number } {
  let isOn = true
  let idleMs = 0
  let turnMs = performance.now()
  let seenCount = answeredCount()
  const turn = (): void => {
    if (!isOn) return
    const nowMs = performance.now()
    if (answeredCount() === seenCount) idleMs += nowMs - turnMs
    seenCount = answeredCount()
    turnMs = nowMs
    setImmediate(turn)
  }
  setImmediate(turn)
  return {
    stop: () => {
      isOn = false
      return idleMs
    },
  }
}

function openLoop(
  channels: readonly Channel[],
  next: NextRequest,
  load: OfferedLoad,
): Promise<Sample> {
  return new Promise((resolve, reject) => {
    const latencies: number[] = []
    const idle = [...channels]
    const waiting: number[] = []
    const startMs = performance.now()
    const totalCount = Math.round((load.perSecond * load.durationMs) / 1_000)
    let dueCount = 0
    const dispatch = (): void => {
      while (waiting.length > 0) {
        const channel = idle.pop()
        const dueMs = waiting[0]
        if (channel === undefined || dueMs === undefined) {
          if (channel !== undefined) idle.push(channel)
          return
        }
        waiting.shift()
        const request = next()
        if (request === undefined) return reject(new Error('too few requests were made beforehand'))
        channel.send(request, (error) => {
          if (error !== undefined) return reject(error)
          latencies.push(performance.now() - dueMs)
          idle.push(channel)
          if (latencies.length === totalCount) resolve(sampleOf(latencies, load.durationMs))
          else dispatch()
        })
      }
    }
    const tick = (): void => {
      const nowMs = performance.now()
      while (dueCount < totalCount) {
        const dueMs = startMs + (dueCount * 1_000) / load.perSecond
        if (dueMs > nowMs) break
        waiting.push(dueMs)
        dueCount += 1
      }
      dispatch()
      if (dueCount < totalCount) setTimeout(tick, 1)
    }
    tick()
  })
}

function sampleOf(latencies: readonly number[], elapsedMs: number): Sample {
  const ascending = Float64Array.from(latencies).sort()
  return {
    perSecond: (latencies.length * 1_000) / elapsedMs,
    p50Ms: quantile(ascending, 0.5),
    p99Ms: quantile(ascending, 0.99),
    count: latencies.length,
  }
}
