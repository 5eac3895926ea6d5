import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { behindTheBack, type BehindTheBack } from './behind-the-back.ts'
import { createBucket, type Bucket, type BucketLie, type Store } from './bucket-state.ts'
import { answerRequest } from './exchange.ts'
import { openFaults, type Faults } from './faults.ts'
import type { S3Credentials } from './signature.ts'
import { openBodyStore } from './stored-body.ts'
import { openTraffic, type Traffic } from './traffic.ts'

/** How a double begins. */
export interface S3DoubleOptions {
  /** Default `us-east-1`; a signature for another region is refused. */
  readonly region?: string
  /** Smallest part of a multipart upload but the last, default 5 MiB as in S3. */
  readonly partMinBytes?: number
  /** False: only sizes and checksums of bodies are kept, and reading an object is an error. Default true. */
  readonly keepsBytes?: boolean
}

/** How a bucket begins. */
export interface BucketOptions {
  /** Default `Enabled`. */
  readonly versioning?: 'Enabled' | 'Suspended' | 'none'
  /** Object lock, default off. */
  readonly lock?: boolean
  readonly lies?: readonly BucketLie[]
}

/** The clocks of a double; both begin as the machine's. */
export interface DoubleClock {
  /** Lets time pass for what is stored: retention, restored copies, dates of versions. */
  advance(ms: number): void
  /** Sets the clock that checks signatures and dates answers off by so much. */
  skew(ms: number): void
}

/**
 * A strict S3 in memory, path style, on the loopback interface.
 *
 * It follows what AWS documents; what only AWS can show, it cannot prove.
 */
export interface S3Double {
  /** Such as `http://127.0.0.1:41234`. */
  readonly endpoint: string
  readonly region: string
  readonly credentials: S3Credentials
  readonly faults: Pick<Faults, 'add' | 'clear'>
  readonly traffic: Traffic
  readonly clock: DoubleClock
  readonly behindTheBack: BehindTheBack
  /** Makes a bucket; versioned unless told otherwise. Its `lies` and settings may be changed later. */
  createBucket(name: string, options?: BucketOptions): Bucket
  /** Ends every connection and listens no more, until `resume`; what is stored stays. */
  pause(): Promise<void>
  resume(): Promise<void>
  stop(): Promise<void>
}

/** Starts a double on a free port. */
export async function startS3Double(options: S3DoubleOptions = {}): Promise<S3Double> {
  const region = options.region ?? 'us-east-1'
  const credentials = { accessKeyId: 'DOUBLEACCESSKEY', secretAccessKey: 'double/secret+key' }
  let advancedMs = 0
  let skewMs = 0
  const store: Store = {
    buckets: new Map(),
    bodies: openBodyStore({ keepsBytes: options.keepsBytes ?? true }),
    partMinBytes: options.partMinBytes ?? 5 * 1024 * 1024,
    nowMs: () => Date.now() + advancedMs,
  }
  const faults = openFaults(() => performance.now())
  const traffic = openTraffic()
  const wallMs = (): number => Date.now() + skewMs
  const double = { store, faults, traffic, credentials, region, wallMs }
  const server = createServer((incoming, outgoing) => {
    void answerRequest(double, incoming, outgoing)
  })
  const port = await listen(server, 0)
  const pause = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region,
    credentials,
    faults,
    traffic,
    clock: {
      advance: (ms) => {
        advancedMs += ms
      },
      skew: (ms) => {
        skewMs = ms
      },
    },
    behindTheBack: behindTheBack(store),
    createBucket: (name, bucketOptions) => newBucket(store, name, bucketOptions),
    pause,
    resume: async () => {
      await listen(server, port)
    },
    stop: pause,
  }
}

function newBucket(store: Store, name: string, options: BucketOptions = {}): Bucket {
  const bucket = createBucket(name, store.nowMs())
  const versioning = options.versioning ?? 'Enabled'
  if (versioning !== 'none') bucket.versioning = versioning
  bucket.hasLock = options.lock ?? false
  for (const lie of options.lies ?? []) bucket.lies.add(lie)
  store.buckets.set(name, bucket)
  return bucket
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the double has no port')
  return address.port
}
