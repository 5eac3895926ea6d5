import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { BlobReference, Receipt } from '../../client-sdk/api.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import type { ShardInput } from '../../client-sdk/reservation.ts'
import type { Target } from './http.ts'

/** What a worker has to do. */
export interface WorkerOptions {
  /** Compiled code that all workers share, or each would begin by making its own. */
  readonly cacheDirectory: string
  readonly target: Target
  readonly reservation: string
  readonly round: number
  readonly rank: number
  /** Between being told to put and putting. */
  readonly pauseMs: number
}

/** What a worker was promised, or the code with which it was refused. */
export type WorkerMessage =
  | {
      readonly rank: number
      readonly reservation: string
      readonly digest: string
      readonly receipt?: Receipt
    }
  | { readonly rank: number; readonly refused: string }

/** One round: what its workers were told. */
export interface Round {
  readonly number: number
  readonly reservation: string
  readonly messages: readonly WorkerMessage[]
  readonly killedCount: number
}

/** A worker in a process of its own. */
export interface ShardWorker {
  /** Resolves when it has found the reservation and waits, or has ended. */
  readonly begun: Promise<unknown>
  /** Lets it put its shard. */
  put(): void
  /** Resolves when it has ended, by itself or killed: what it said, if it came to that. */
  readonly ended: Promise<WorkerMessage | undefined>
  /** Ends it in the middle of whatever it does. */
  kill(): void
}

/** The shard that a rank puts in a round; whoever puts it again puts the same. */
export function shardOf(
  round: number,
  rank: number,
): ShardInput & {
  readonly blobs: readonly BlobReference[]
} {
  const name = `shard-${rank}.bin`
  const digest = digestOf(`${round}/${rank}`)
  const blob = {
    name,
    uri: `s3://states/${round}/${name}`,
    versionId: 'v1',
    sizeBytes: rank,
    digest,
  }
  return { blobs: [blob], seeds: [{ generator: 'numpy.pcg64', seed: rank }] }
}

/** Starts a worker. */
export function startShardWorker(options: WorkerOptions): ShardWorker {
  const child = fork(new URL('shard-child.ts', import.meta.url), [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
    env: { ...process.env, NODE_COMPILE_CACHE: options.cacheDirectory },
  })
  let said: WorkerMessage | undefined
  const begun = Promise.withResolvers<undefined>()
  child.on('message', (message: WorkerMessage | 'begun') => {
    if (message === 'begun') begun.resolve(undefined)
    else said = message
  })
  const ended = once(child, 'close').then(() => said)
  return {
    begun: Promise.race([begun.promise, ended]),
    put: () => {
      if (child.connected) child.send('put')
    },
    ended,
    kill: () => void child.kill('SIGKILL'),
  }
}
