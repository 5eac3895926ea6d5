import process from 'node:process'

/** Signals that ask a program at a terminal to end. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A watch for the wish to end. */
export interface Interrupts {
  /** Resolves with the first signal. */
  readonly caught: Promise<NodeJS.Signals>
  /** Stops watching; if a signal came, the process now ends by it, as whoever sent it expects. */
  release(): void
}

/** Keeps signals from ending the process until what it has begun is cleaned up. */
export function catchInterrupts(): Interrupts {
  const first = Promise.withResolvers<NodeJS.Signals>()
  let received: NodeJS.Signals | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    received ??= signal
    first.resolve(signal)
  }
  for (const signal of signals) process.on(signal, onSignal)
  return {
    caught: first.promise,
    release: () => {
      for (const signal of signals) process.off(signal, onSignal)
      if (received !== undefined) process.kill(process.pid, received)
    },
  }
}
